"""A dataset of ours: one Parquet file, or a folder with one for each bucket of customers, published as a whole.

A bucket is a share of the customers by a hash of their id, so that what belongs to one customer is always in one bucket
and no step needs more than one bucket of a dataset in memory.
"""

import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

from audience_assets.errors import StateError
from audience_assets.sql import identifier, literal
from audience_assets.storage import files, object_path, state_reading
from audience_assets.storage.object_path import ObjectPath, Place

CONTENTS = "contents.json"

FORMAT = "format parquet, parquet_version v2, dictionary_size_limit 5000"
"""How files of ours are written: a third cheaper and a little smaller than by default. A digest is rarely met twice."""

AT_ONCE = 8
"""How many requests to S3 are under way together."""

Parts = tuple[tuple[Place, ...], ...]
"""Files by bucket."""


def bucket_sql(customer_id: str, buckets: int) -> str:
    """SQL for the bucket of a customer, from 0; MD5, because DuckDB's own hash may change with its version."""
    return f"cast(md5_number_lower({customer_id}) % {buckets} as integer)"


@dataclass(frozen=True, slots=True)
class Dataset:
    """The files of a dataset by bucket."""

    buckets: Parts

    @classmethod
    def existing(cls, path: Place, asset: str) -> "Dataset":
        """What was published at a path.

        Raises:
            StateError: It is not there, or not whole.
        """
        if path.suffix == ".parquet":
            return _checked(cls(((path,),)), asset)
        try:
            contents = json.loads((path / CONTENTS).read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            raise _missing(path / CONTENTS, asset) from None
        return _checked(cls(tuple(tuple(path / name for name in names) for names in contents)), asset)

    @classmethod
    def published(cls, final: Place, asset: str) -> "Dataset":
        """What `publish` made of a path without suffix, whether it is one file there or more.

        Raises:
            StateError: It is not there, or not whole.
        """
        if isinstance(final, Path) and (one := final.with_name(f"{final.name}.parquet")).exists():
            return cls.existing(one, asset)
        return cls.existing(final, asset)

    @property
    def files(self) -> list[Place]:
        """All files, bucket by bucket."""
        return [file for files in self.buckets for file in files]

    def rows(self, connection: duckdb.DuckDBPyConnection) -> int:
        """How many rows all files have together."""
        return state_reading.rows(connection, self.files)

    def columns(self, connection: duckdb.DuckDBPyConnection) -> list[str]:
        """The names of the columns; none where there are no files."""
        return state_reading.columns(connection, self.files[0]) if self.files else []

    def view(
        self,
        connection: duckdb.DuckDBPyConnection,
        name: str,
        nothing: str,
        bucket: int = 0,
        buckets: int = 1,
    ) -> None:
        """Create a view over the rows whose customers are in one of so many buckets, as a whole in the only one.

        Args:
            connection: Where the view is made.
            name: The view's name.
            nothing: A query without rows that has the dataset's columns; the view where there are no files.
            bucket: The bucket, from 0.
            buckets: How many there are; the dataset may have been written with another number.
        """
        alike = len(self.buckets) == buckets
        found = self.buckets[bucket] if alike else self.files
        rows = read(connection, found, nothing)
        if not alike and buckets > 1:
            rows = rows.filter(f"{bucket_sql(identifier('customer_id'), buckets)} = {bucket}")
        rows.create_view(name, replace=True)


def publish(parts: Sequence[Iterable[Place]], final: Place) -> Place:
    """Make finished drafts durable as the dataset `final`, a path without suffix, and return where it is.

    A dataset of one file is that file; of more, its contents are named last, so that it is there as a whole or not. On S3,
    where no object is replaced, files are named by their bytes, and a dataset of one file has its contents too.
    """
    listed = [list(drafts) for drafts in parts]
    if isinstance(final, ObjectPath):
        names = _sent(listed, final)
    elif len(listed) == 1 and len(listed[0]) == 1:
        return files.publish(listed[0][0], final.with_name(f"{final.name}.parquet")).path
    else:
        names = _renamed(listed, files.private_folder(final))
    files.write_text(final / CONTENTS, json.dumps(names, indent=2) + "\n")
    return final


def _renamed(parts: Sequence[Sequence[Place]], folder: Path) -> list[list[str]]:
    return [
        [
            files.publish(draft, folder / f"{bucket:04d}-{number:04d}.parquet").path.name
            for number, draft in enumerate(drafts)
        ]
        for bucket, drafts in enumerate(parts)
    ]


def _sent(parts: Sequence[Sequence[Place]], folder: ObjectPath) -> list[list[str]]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        sent = [
            [
                threads.submit(files.publish_by_content, draft, folder, f"{bucket:04d}-{number:04d}")
                for number, draft in enumerate(drafts)
            ]
            for bucket, drafts in enumerate(parts)
        ]
        return [[each.result().path.name for each in bucket] for bucket in sent]


def read(
    connection: duckdb.DuckDBPyConnection, found: Sequence[Place], nothing: str
) -> duckdb.DuckDBPyRelation:
    """The rows of Parquet files; those of the query `nothing` where there is no file."""
    if not found:
        return connection.sql(nothing)
    return connection.read_parquet(state_reading.names(connection, found), hive_partitioning=False)


def write(connection: duckdb.DuckDBPyConnection, query: str, file: Path, compression: str) -> int:
    """Write a query's rows to a file and return how many there are; DuckDB plans the query once, its relations twice."""
    written = connection.execute(
        f"copy ({query}) to {_target(connection, file)} ({FORMAT}, compression {compression})"
    )
    return int(written.fetchall()[0][0])


def write_buckets(
    connection: duckdb.DuckDBPyConnection, query: str, folder: Path, buckets: int, compression: str
) -> int:
    """Write the rows of a query, which has customer_id, below a folder as `bucket_files` finds them; return how many."""
    if buckets == 1:
        return write(
            connection, query, files.private_folder(folder / "bucket=0") / "data.parquet", compression
        )
    files.private_folder(folder)
    bucket = bucket_sql("coalesce(customer_id, '')", buckets)
    written = connection.execute(
        f"copy (select *, {bucket} as bucket from ({query})) to {_target(connection, folder)}"
        f" ({FORMAT}, compression {compression}, partition_by (bucket), overwrite_or_ignore true)"
    )
    return int(written.fetchall()[0][0])


def _target(connection: duckdb.DuckDBPyConnection, path: Path) -> str:
    """Where DuckDB writes, sealed where the connection seals."""
    return literal(*state_reading.names(connection, [path]))


def bucket_files(folder: Path, bucket: int) -> list[Path]:
    """The files that `write_buckets` wrote for a bucket, none where it has no rows."""
    return sorted((folder / f"bucket={bucket}").glob("*.parquet"))


def hand_over(workshop: Path, folder: Place, buckets: int) -> Parts:
    """The files that `write_buckets` wrote in a workshop, moved below `folder`, where all workers see them."""
    found = [bucket_files(workshop, bucket) for bucket in range(buckets)]
    with ThreadPoolExecutor(AT_ONCE) as threads:
        moved = [[threads.submit(files.handed_over, file, folder) for file in each] for each in found]
        return tuple(tuple(each.result() for each in bucket) for bucket in moved)


def _checked(found: Dataset, asset: str) -> Dataset:
    if (gone := object_path.missing(found.files)) is not None:
        raise _missing(gone, asset)
    return found


def _missing(path: Place, asset: str) -> StateError:
    return StateError(
        f"{path} is missing: materialize {asset} for that day again, or restore the state directory. What is older than "
        "retention.state_days is removed; such a day is not built again, a newer one carries every change"
    )
