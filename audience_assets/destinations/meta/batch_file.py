"""A planned batch as Meta gets it: the file's columns are the schema, its rows the people, its first column stays here."""

from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.destinations.audience_files import CUSTOMER
from audience_assets.destinations.column import Column, Destination, schema_of
from audience_assets.destinations.meta.feeds import OPTION_COLUMNS, OPTIONS, OPTIONS_COUNTRY, option
from audience_assets.destinations.meta.payload import Payload, payload_of
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.storage import parquet


@dataclass(frozen=True, slots=True)
class BatchFile:
    """The people of one batch, and whose rows they are."""

    customers: list[str]
    payload: Payload

    def of(self, places: list[int]) -> Payload:
        """Some of the people."""
        return replaced(self.payload, rows=[self.payload.rows[place] for place in places])


def read(path: Path, settings: MetaSettings) -> BatchFile:
    """The file as a payload with the settings' apps and page, where a key needs them."""
    table = pq.read_table(path)
    options = {name: table[name][0].as_py() for name in OPTION_COLUMNS if name in table.column_names}
    people = table.drop_columns([CUSTOMER.name, *options])
    return BatchFile(
        customers=table[CUSTOMER.name].to_pylist(),
        payload=payload_of(
            people,
            constants={name: [value] if name == OPTIONS else value for name, value in options.items()},
            app_ids=settings.app_ids if "APPUID" in people.column_names else (),
            page_ids=settings.page_ids if "PAGEUID" in people.column_names else (),
            customer_consent=OPTIONS_COUNTRY in options,
        ),
    )


def columns_of(path: Path) -> list[str]:
    """The schema that a file's people are sent with."""
    names: list[str] = pq.read_schema(path).names
    return [name for name in names if name != CUSTOMER.name]


def check(path: Path, destination: Destination, rows: int) -> None:
    """Re-open a planned file and compare names, types and the number of rows with what Meta can be told.

    Raises:
        ContractError: It is something else.
    """
    known = {column.name: column for column in destination.columns}
    known |= {name: option(name) for name in OPTION_COLUMNS}
    columns: list[Column] = [CUSTOMER, *(known[name] for name in columns_of(path) if name in known)]
    expected: pa.Schema = schema_of(columns)
    parquet.verify(path, expected, rows)
