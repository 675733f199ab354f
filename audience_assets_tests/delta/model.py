"""What a delta is, in plain Python: dictionaries of customers, the log they stand in, and the net effect between two days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

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


def fingerprint(number: int) -> bytes:
    return UUID(int=number).bytes


def write_index(path: Path, index: Index) -> Path:
    names = sorted(index)
    table = {
        "customer_id": pa.array(names, pa.string()),
        "fingerprint": pa.array([fingerprint(index[name][0]) for name in names], pa.uuid()),
        "segment": pa.array([index[name][1] for name in names], pa.string()),
    }
    pq.write_table(pa.table(table), path)
    return path


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
