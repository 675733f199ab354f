"""Writes a delta's files: each is written beside its name, checked, opened again, checked again, and only then published."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import duckdb
import pyarrow as pa

from audience_assets import progress
from audience_assets.destinations.column import Column, schema_of
from audience_assets.destinations.contract import Contract
from audience_assets.destinations.manifest import DeltaFile
from audience_assets.errors import ContractError
from audience_assets.sql import identifier
from audience_assets.storage import files, parquet, state_reading
from audience_assets.storage.object_path import Place


@dataclass(frozen=True, slots=True)
class FileForm:
    """How a destination's files look.

    Attributes:
        destination: The destination's name, for messages.
        columns: The columns in their order; the first one tells whose row it is.
        rows_per_file: Where files are cut.
        suffix: How file names end.
    """

    destination: str
    columns: tuple[Column, ...]
    rows_per_file: int
    suffix: str

    @property
    def schema(self) -> pa.Schema:
        """Names, order and types of the columns."""
        return schema_of(self.columns)


def write_files(
    connection: duckdb.DuckDBPyConnection,
    form: FileForm,
    rows: Iterable[pa.RecordBatch],
    folder: Place,
    operation: str,
) -> list[DeltaFile]:
    """Publish rows, in their order, as files of at most `rows_per_file` rows; without rows there is none.

    Raises:
        ContractError: The rows or a written file break the contract of the columns; nothing is published.
    """
    repeating = [column.name for column in form.columns[1:] if not column.hashed]
    contract = Contract(form.destination, form.columns)
    with _drafts(folder, form.suffix) as next_draft:
        with progress.query(connection):
            told = progress.counted(rows)
            finished = list(
                parquet.write_in_parts(
                    told, form.schema, repeating, form.rows_per_file, next_draft, contract.check
                )
            )
        for path, number in finished:
            parquet.verify(path, form.schema, number)
        _refuse_repeated(connection, [path for path, _ in finished], form)
        return [
            _published(path, number, folder, f"{part:04d}{form.suffix}", operation)
            for part, (path, number) in enumerate(finished, start=1)
        ]


def count_customers(connection: duckdb.DuckDBPyConnection, written_files: Sequence[Place]) -> dict[str, int]:
    """Rows and distinct customers in written files, by their first column."""
    if not written_files:
        return {"rows": 0, "customers": 0}
    written = connection.read_parquet(state_reading.names(connection, written_files), hive_partitioning=False)
    key = identifier(written.columns[0])
    rows, customers = written.aggregate(f"count(*), count(distinct {key})").fetchall()[0]
    return {"rows": rows, "customers": customers}


def first_rows(connection: duckdb.DuckDBPyConnection, file: Place, count: int) -> list[dict[str, Any]]:
    """The first rows of a written file."""
    names = state_reading.names(connection, [file])
    found = connection.read_parquet(names, hive_partitioning=False).limit(count)
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def _refuse_repeated(connection: duckdb.DuckDBPyConnection, paths: Sequence[Path], form: FileForm) -> None:
    """Each customer stands once: which of two rows a partner would keep is not ours to guess."""
    counted = count_customers(connection, paths)
    if counted["rows"] != counted["customers"]:
        raise ContractError(
            f"{counted['rows']} rows for {form.destination} stand for {counted['customers']} customers, so nothing was "
            "published: some customer stands twice"
        )


@contextmanager
def _drafts(folder: Place, suffix: str) -> Iterator[Callable[[], Path]]:
    """As many draft paths as are asked for; what was not published is removed at the end."""
    workplace = files.workplace(folder)
    given: list[Path] = []

    def next_draft() -> Path:
        given.append(workplace / f".draft-{token_hex(8)}{suffix}")
        return given[-1]

    try:
        yield next_draft
    finally:
        for path in given:
            path.unlink(missing_ok=True)


def _published(draft: Path, rows: int, folder: Place, ending: str, operation: str) -> DeltaFile:
    """The name holds the content's hash, so a plan's file is never replaced by another one's."""
    sha256, file_bytes = files.sha256_of(draft), draft.stat().st_size
    final = files.publish(draft, folder / f"{sha256[:16]}-{ending}")
    return DeltaFile(
        name=final.path.name, rows=rows, file_bytes=file_bytes, sha256=sha256, operation=operation
    )
