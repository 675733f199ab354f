"""Writes a partner's Parquet files under an explicit schema, and reads each one back before it may leave."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.errors import ContractError

ROWS_PER_GROUP = 122_880

CHECKED_TOGETHER = 100_000
"""How many rows pass a check at once, some 90 MB of digests: it costs 20 ms and more however few they are."""


def write_in_parts(
    batches: Iterable[pa.RecordBatch],
    schema: pa.Schema,
    repeating: list[str],
    rows_per_file: int,
    drafts: Callable[[], Path],
    check: Callable[[pa.Table], None],
) -> Iterator[tuple[Path, int]]:
    """Write the rows into files of at most `rows_per_file`; yields each closed file with its row count.

    Every batch passes `check` as it came, with others and however many files it is cut into, before it is cast to `schema`
    and written. Only `repeating` columns are dictionary-encoded: a digest is rarely met twice. Without rows there is no
    file.
    """
    for rows in _parts(_checked(batches, check), rows_per_file):
        path, written = drafts(), 0
        with ExitStack() as stack:
            writer = stack.enter_context(
                pq.ParquetWriter(path, schema, compression="snappy", use_dictionary=repeating)
            )
            for batch in rows:
                table = pa.Table.from_batches([batch])
                writer.write_table(table.cast(schema), row_group_size=ROWS_PER_GROUP)
                written += table.num_rows
        yield path, written


def verify(path: Path, schema: pa.Schema, rows: int) -> None:
    """Re-open a written file and compare it with what was meant.

    Raises:
        ContractError: Names, order, types, optionality, row count or compression differ; the sentence names which.
    """
    try:
        with pq.ParquetFile(path) as file:
            metadata, found = file.metadata, file.schema_arrow
            codecs = {
                metadata.row_group(group).column(column).compression
                for group in range(metadata.num_row_groups)
                for column in range(metadata.num_columns)
            }
    except (OSError, ValueError, pa.ArrowException):
        raise ContractError(
            f"{path.name} is not a readable Parquet file: materialize the delta again"
        ) from None
    problems = []
    if not found.equals(schema, check_metadata=False):
        problems.append(f"its columns are {_described(found)} and should be {_described(schema)}")
    if metadata.num_rows != rows:
        problems.append(f"it has {metadata.num_rows} rows and should have {rows}")
    if codecs - {"SNAPPY"}:
        problems.append(f"it is compressed with {sorted(codecs)} and should be with SNAPPY only")
    if problems:
        raise ContractError(f"{path.name} was written wrong and is not delivered: {'; '.join(problems)}")


def _checked(
    batches: Iterable[pa.RecordBatch], check: Callable[[pa.Table], None]
) -> Iterator[pa.RecordBatch]:
    """The batches that have rows, after some of them together passed the check."""
    for together in _together(batch for batch in batches if batch.num_rows):
        check(pa.Table.from_batches(together))
        yield from together


def _together(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """The batches in groups that have enough rows for a check; the last one may have fewer."""
    group: list[pa.RecordBatch] = []
    for batch in batches:
        group.append(batch)
        if sum(each.num_rows for each in group) >= CHECKED_TOGETHER:
            yield group
            group = []
    if group:
        yield group


def _parts(batches: Iterator[pa.RecordBatch], rows_per_file: int) -> Iterator[Iterator[pa.RecordBatch]]:
    """The stream cut into pieces of `rows_per_file` rows; each piece must be read before the next is asked for."""
    left_over: list[pa.RecordBatch] = []

    def piece() -> Iterator[pa.RecordBatch]:
        room = rows_per_file
        while room:
            batch = left_over.pop() if left_over else next(batches, None)
            if batch is None:
                return
            if batch.num_rows > room:
                left_over.append(batch.slice(room))
                batch = batch.slice(0, room)
            room -= batch.num_rows
            yield batch

    while True:
        first = left_over.pop() if left_over else next(batches, None)
        if first is None:
            return
        left_over.append(first)
        yield piece()


def _described(schema: pa.Schema) -> str:
    return ", ".join(f"{field.name} {field.type}{'' if field.nullable else ' required'}" for field in schema)
