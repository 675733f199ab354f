"""Tables as they leave for VTEX Ads, good ones and ones with a column put in another's place."""

from typing import Any

import pyarrow as pa

from audience_assets.destinations.column import schema_of
from audience_assets.destinations.vtex_ads.columns import destination
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings

VTEX_ADS = destination("vtex_ads", VtexAdsSettings())
SCHEMA = schema_of(VTEX_ADS.columns)


def good(rows: int) -> pa.Table:
    """So many rows that the contract lets pass, typed as DuckDB types them."""
    columns = {}
    for column in VTEX_ADS.columns:
        values: list[Any] = ["0f" * 32 if column.hashed else "x"] * rows
        if column.required:
            values = [f"C-{number}" for number in range(rows)]
        elif column.arrow_type == pa.int32():
            values = [36] * rows
        columns[column.name] = pa.array(values, column.arrow_type)
    return pa.table(columns)


def with_column(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    """The same table with another column of this name."""
    return table.set_column(table.column_names.index(name), name, values)
