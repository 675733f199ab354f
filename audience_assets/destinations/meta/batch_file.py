"""A planned batch as Meta gets it: the file's columns are the schema, its rows the people, its first column stays here."""

from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.destinations import audience_files
from audience_assets.destinations.audience_files import CUSTOMER
from audience_assets.destinations.column import Destination
from audience_assets.destinations.meta.feeds import OPTION_COLUMNS, OPTIONS, OPTIONS_COUNTRY, option
from audience_assets.destinations.meta.payload import Payload, payload_of
from audience_assets.destinations.meta.settings import MetaSettings


@dataclass(frozen=True, slots=True)
class BatchFile:
    """The people of one batch, and whose rows they are."""

    customers: pa.ChunkedArray = field(repr=False)
    payload: Payload

    def customers_at(self, places: list[int]) -> list[str]:
        """Whose rows some of them are."""
        customers: list[str] = self.customers.take(pa.array(places, pa.int64())).to_pylist()
        return customers


def read(path: Path, settings: MetaSettings) -> BatchFile:
    """The file as a payload with the settings' apps and page, where a key needs them."""
    table = pq.read_table(path)
    options = {name: table[name][0].as_py() for name in OPTION_COLUMNS if name in table.column_names}
    people = table.drop_columns([CUSTOMER.name, *options])
    return BatchFile(
        customers=table[CUSTOMER.name],
        payload=payload_of(
            people,
            constants={name: [value] if name == OPTIONS else value for name, value in options.items()},
            app_ids=settings.app_ids if "APPUID" in people.column_names else (),
            page_ids=settings.page_ids if "PAGEUID" in people.column_names else (),
            customer_consent=OPTIONS_COUNTRY in options,
        ),
    )


def check(path: Path, destination: Destination, rows: int) -> None:
    """Re-open a planned file and compare names, types and the number of rows with what Meta can be told.

    Raises:
        ContractError: It is something else.
    """
    audience_files.check(path, [*destination.columns, *map(option, OPTION_COLUMNS)], rows)
