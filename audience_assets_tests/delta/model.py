"""What a delta is, in plain Python: dictionaries of customers, the log they stand in, and the net effect between two days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.storage import dataset
from audience_assets.storage.dataset import Dataset

COLUMNS = ("CITY", "AGE")
CONSENT = "x/consent"
TYPES: dict[str, pa.DataType] = {"x/CITY": pa.string(), "x/AGE": pa.int32(), CONSENT: pa.bool_()}

Value = str | int | bool | None
Index = Mapping[str, tuple[int, str]]
"""Customer to fingerprint and segment."""


@dataclass(frozen=True)
class Stored:
    """A segment of the log: the columns that it has, and its customers' values."""

    columns: tuple[str, ...]
    rows: Mapping[str, Mapping[str, Value]]


Log = Mapping[str, Stored]


def held(index: Index, log: Log) -> dict[str, tuple[Value, ...]]:
    """What a partner has of each customer who did not say no; a column that the segment lacks is blank."""
    customers = {}
    for customer, (_, segment) in index.items():
        stored = log[segment]
        row = {name: stored.rows[customer][name] if name in stored.columns else None for name in TYPES}
        if row[CONSENT] is not False:
            customers[customer] = tuple(row[f"x/{name}"] for name in COLUMNS)
    return customers


def net_changes(before: Index, after: Index, log: Log) -> dict[str, str]:
    """Who joined, changed or left."""
    had, has = held(before, log), held(after, log)
    return (
        dict.fromkeys(has.keys() - had.keys(), "joined")
        | dict.fromkeys(had.keys() - has.keys(), "left")
        | {name: "changed" for name in has.keys() & had.keys() if has[name] != had[name]}
    )


def next_full(
    today: Mapping[str, int], kept: Iterable[str], parent: Index, segment: str
) -> dict[str, tuple[int, str]]:
    """The index after a full extract: today's customers, and those that are kept as they were."""
    index = {name: parent[name] for name in kept if name in parent}
    for name, fingerprint in today.items():
        same = name in parent and parent[name][0] == fingerprint
        index[name] = parent[name] if same else (fingerprint, segment)
    return index


def next_incremental(
    today: Mapping[str, tuple[int, bool]], parent: Index, segment: str
) -> dict[str, tuple[int, str]]:
    """The index after an incremental extract: everyone as they were, but who is in it."""
    index = {name: entry for name, entry in parent.items() if name not in today}
    present = {name: fingerprint for name, (fingerprint, departed) in today.items() if not departed}
    return index | next_full(present, (), parent, segment)


def write_index(folder: Path, index: Index | None, buckets: int = 1) -> Dataset:
    """The index as the pipeline keeps it, in so many buckets; none before the first day."""
    if index is None:
        return Dataset(())
    table = pa.table(
        {
            "customer_id": pa.array(sorted(index), pa.string()),
            "fingerprint": pa.array([index[name][0] for name in sorted(index)], pa.uint64()),
            "segment": pa.array([index[name][1] for name in sorted(index)], pa.string()),
        }
    )
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("rows", table)
        dataset.write_buckets(connection, "select * from rows", folder, buckets, "snappy")
    return Dataset(tuple(tuple(dataset.bucket_files(folder, bucket)) for bucket in range(buckets)))


def write_log(folder: Path, log: Log) -> dict[str, Path]:
    """Each segment's file."""
    paths = {}
    for segment, stored in log.items():
        names = sorted(stored.rows)
        columns = {
            "customer_id": pa.array(names, pa.string()),
            "segment": pa.array([segment] * len(names), pa.string()),
        }
        columns |= {
            column: pa.array([stored.rows[name][column] for name in names], TYPES[column])
            for column in stored.columns
        }
        paths[segment] = folder / f"segment={segment}.parquet"
        pq.write_table(pa.table(columns), paths[segment])
    return paths
