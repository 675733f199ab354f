"""The files of a destination that keeps a list for each audience: one a batch, in the partner's columns, the customer in front."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from audience_assets.delta.membership import Shape
from audience_assets.destinations import delta_files
from audience_assets.destinations.column import VERBATIM, Column, Destination, schema_of
from audience_assets.destinations.delta_files import FileForm
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.manifest import DeltaFile
from audience_assets.sql import identifier, listed
from audience_assets.storage import parquet, state_reading
from audience_assets.storage.object_path import Place

CUSTOMER = Column("customer_id", ("customer_id",), VERBATIM, "Whose row it is; never sent", required=True)
"""The first column of every file, so that a row that the partner refuses can be traced."""

ADD, REMOVE, REPLACE = "add", "remove", "replace"


def write(
    log: HashedLog,
    day: date,
    rows: Iterable[pa.RecordBatch],
    columns: Sequence[Column],
    rows_per_batch: int,
    operation: str,
) -> list[DeltaFile]:
    """Write an audience's rows.

    Args:
        log: Where the files go.
        day: The day that is planned.
        rows: What `rows_sql` gives for the columns.
        columns: What the partner is told of each.
        rows_per_batch: Where files are cut.
        operation: What the partner will be asked to do with them.

    Raises:
        ContractError: The rows or a written file break the contract of the columns; nothing is published.
    """
    form = FileForm(log.destination.name, (CUSTOMER, *columns), rows_per_batch, ".parquet")
    folder = log.layout.delta(log.destination.name, day)
    return delta_files.write_files(log.connection, form, rows, folder, operation)


def rows_sql(rows: str, columns: Sequence[Column]) -> str:
    """The rows of the audience that the variable `audience` names, as the partner gets them.

    `rows` is a relation with audience, customer_id and the columns as the log keeps them.
    """
    listing = ["customer_id", *(_delivered(column) for column in columns)]
    return f"select\n{listed(listing)}\nfrom {rows}\nwhere audience = getvariable('audience')"


def shape_of(destination: Destination) -> Shape:
    """What the set operations need to know of a destination's columns."""
    return Shape(
        types={column.name: column.stored_type for column in destination.columns},
        identifiers=tuple(column.name for column in destination.columns if column.role == "identifier"),
        attributes=tuple(column.name for column in destination.columns if column.role == "attribute"),
        enough=destination.enough,
    )


def removable(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The columns that say who it is."""
    return tuple(column for column in columns if column.role in ("identifier", "attribute"))


def columns_of(file: Place) -> list[str]:
    """The columns that a written file's rows are sent with."""
    return [name for name in state_reading.plain_columns(file) if name != CUSTOMER.name]


def check(path: Path, known: Iterable[Column], rows: int) -> None:
    """Re-open a planned file and compare names, types and the number of rows with what the partner can be told.

    Raises:
        ContractError: It is something else.
    """
    names = columns_of(path)
    parquet.verify(path, schema_of([CUSTOMER, *(column for column in known if column.name in names)]), rows)


def _delivered(column: Column) -> str:
    """SQL for what the partner gets; a column that no field feeds is the same in every row."""
    value = column.delivered_sql(identifier(column.name)) if column.fields else column.form.sql(())
    return f"cast({value} as {column.delivered_type}) as {identifier(column.name)}"
