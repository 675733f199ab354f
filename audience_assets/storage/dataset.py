"""A dataset of ours: one Parquet file, or a folder with one for each bucket of customers, published as a whole.

A bucket is a share of the customers by a hash of their id, so that what belongs to one customer is always in one bucket
and no step needs more than one bucket of a dataset in memory.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from audience_assets.errors import StateError
from audience_assets.sql import identifier, literal
from audience_assets.storage import files

CONTENTS = "contents.json"

FORMAT = "format parquet, parquet_version v2, dictionary_size_limit 5000"
"""How files of ours are written: a third cheaper and a little smaller than by default. A digest is rarely met twice."""


def bucket_sql(customer_id: str, buckets: int) -> str:
    """SQL for the bucket of a customer, from 0; MD5, because DuckDB's own hash may change with its version."""
    return f"cast(md5_number_lower({customer_id}) % {buckets} as integer)"


@dataclass(frozen=True, slots=True)
class Dataset:
    """The files of a dataset by bucket."""

    buckets: tuple[tuple[Path, ...], ...]

    @classmethod
    def existing(cls, path: Path, asset: str) -> "Dataset":
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

    @property
    def files(self) -> list[Path]:
        """All files, bucket by bucket."""
        return [file for files in self.buckets for file in files]

    @property
    def rows(self) -> int:
        """How many rows all files have together."""
        return sum(pq.read_metadata(file).num_rows for file in self.files)

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


def publish(parts: Sequence[Iterable[Path]], final: Path) -> Path:
    """Make finished drafts durable as the dataset `final`, a path without suffix, and return where it is.

    A dataset of one file is that file; of more, its contents are named last, so that it is there as a whole or not.
    """
    listed = [list(drafts) for drafts in parts]
    if len(listed) == 1 and len(listed[0]) == 1:
        return files.publish(listed[0][0], final.with_name(f"{final.name}.parquet")).path
    folder = files.private_folder(final)
    names = [
        [
            files.publish(draft, folder / f"{bucket:04d}-{number:04d}.parquet").path.name
            for number, draft in enumerate(drafts)
        ]
        for bucket, drafts in enumerate(listed)
    ]
    files.write_text(folder / CONTENTS, json.dumps(names, indent=2) + "\n")
    return folder


def read(
    connection: duckdb.DuckDBPyConnection, found: Sequence[Path], nothing: str
) -> duckdb.DuckDBPyRelation:
    """The rows of Parquet files; those of the query `nothing` where there is no file."""
    if not found:
        return connection.sql(nothing)
    return connection.read_parquet([str(file) for file in found], hive_partitioning=False)


def write(connection: duckdb.DuckDBPyConnection, query: str, file: Path, compression: str) -> int:
    """Write a query's rows to a file and return how many there are; DuckDB plans the query once, its relations twice."""
    written = connection.execute(
        f"copy ({query}) to {literal(str(file))} ({FORMAT}, compression {compression})"
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
        f"copy (select *, {bucket} as bucket from ({query})) to {literal(str(folder))}"
        f" ({FORMAT}, compression {compression}, partition_by (bucket), overwrite_or_ignore true)"
    )
    return int(written.fetchall()[0][0])


def bucket_files(folder: Path, bucket: int) -> list[Path]:
    """The files that `write_buckets` wrote for a bucket, none where it has no rows."""
    return sorted((folder / f"bucket={bucket}").glob("*.parquet"))


def _checked(found: Dataset, asset: str) -> Dataset:
    for file in found.files:
        if not file.is_file():
            raise _missing(file, asset)
    return found


def _missing(path: Path, asset: str) -> StateError:
    return StateError(
        f"{path} is missing: materialize {asset} for that day again, or restore the state directory"
    )
