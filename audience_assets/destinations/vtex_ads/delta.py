"""VTEX Ads' delta: whole rows of who joined or changed, and the setting's row for who left the extract."""

from audience_assets.delta.changes import LEFT
from audience_assets.destinations.column import Destination
from audience_assets.destinations.delta import DeltaWriter, delivered_columns, present_rows_sql
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.sql import identifier, listed, literal

SUFFIX = ".parquet.snappy"


def writer(destination: Destination, settings: VtexAdsSettings) -> DeltaWriter:
    """What VTEX Ads decides about its delta."""
    parts = [present_rows_sql(destination)]
    if settings.departed != "keep":
        parts.append(_departed_rows_sql(destination, settings))
    rows = "\nunion all\n".join(parts) + f"\norder by {identifier(destination.key.name)}"
    return DeltaWriter(destination, rows, settings.rows_per_file, SUFFIX)


def _departed_rows_sql(destination: Destination, settings: VtexAdsSettings) -> str:
    """A removal is not documented by the partner: a blank row, or the last row without its audiences."""
    held = dict(
        zip(
            [column.name for column in destination.columns],
            delivered_columns(destination, "held"),
            strict=True,
        )
    )
    emptied = [
        column.name
        for column in destination.columns[1:]
        if settings.departed == "blank" or column.name == "AUDIENCES"
    ]
    columns = [f"null as {identifier(name)}" if name in emptied else sql for name, sql in held.items()]
    return (
        f"select\n{listed(columns)}\nfrom net_changes\njoin held_rows using (customer_id)\n"
        f"where net_changes.change = {literal(LEFT)}"
    )
