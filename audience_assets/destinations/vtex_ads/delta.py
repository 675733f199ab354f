"""VTEX Ads' delta: whole rows of who joined or changed, and the setting's row for who left the extract."""

from audience_assets.delta.changes import LEFT, ROW_KEY
from audience_assets.destinations.column import Destination
from audience_assets.destinations.delta_files import FileForm
from audience_assets.destinations.upserts import (
    UpsertPlanner,
    delivered_columns,
    everyone_sql,
    present_rows_sql,
)
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.sql import identifier, listed, literal

SUFFIX = ".parquet.snappy"


def planner(destination: Destination, settings: VtexAdsSettings) -> UpsertPlanner:
    """What VTEX Ads decides about its delta."""
    parts = [present_rows_sql(destination), _withdrawn_rows_sql(destination)]
    if settings.departed != "keep":
        parts.append(_departed_rows_sql(destination, settings))
    by_key = f"\norder by {identifier(destination.key.name)}"
    return UpsertPlanner(
        form=FileForm(destination.name, destination.columns, settings.rows_per_file, SUFFIX),
        first_rows_sql=everyone_sql(destination),
        rows_sql="\nunion all\n".join(parts) + by_key,
        removes=settings.departed != "keep",
    )


def _withdrawn_rows_sql(destination: Destination) -> str:
    """Who withdrew consent or was erased must not stay there, whatever becomes of those who left the extract."""
    columns = [
        f"cast({'held_rows.' + identifier(column.name) if column is destination.key else 'null'} as {column.delivered_type})"
        f" as {identifier(column.name)}"
        for column in destination.columns
    ]
    return (
        f"select\n{listed(columns)}\nfrom withdrawn\n"
        f"join held_rows on held_rows.{ROW_KEY} = withdrawn.customer_id"
    )


def _departed_rows_sql(destination: Destination, settings: VtexAdsSettings) -> str:
    """A removal is not documented by the partner: a blank row, or the last row without its audiences."""
    columns = [
        f"cast(null as {column.delivered_type}) as {identifier(column.name)}"
        if column is not destination.key and (settings.departed == "blank" or column.name == "AUDIENCES")
        else held
        for column, held in zip(destination.columns, delivered_columns(destination, "held_rows"), strict=True)
    ]
    return (
        f"select\n{listed(columns)}\nfrom net_changes\n"
        f"join held_rows on held_rows.{ROW_KEY} = net_changes.customer_id\n"
        f"where net_changes.change = {literal(LEFT)}\n"
        "  and net_changes.customer_id not in (select customer_id from withdrawn)"
    )
