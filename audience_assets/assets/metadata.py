"""What all assets have in common when they tell the Dagster UI something: tables, columns, places. Never a customer's value."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from audience_assets.storage.object_path import Place

Metadata = dict[str, Any]

MEGABYTE = 1_000_000
NONE = dg.MetadataValue.text("none")
FIRST = ("result", "stopped by a guard", "let through", "audiences")
"""What a person looks for before all counts, where there is something to say; the UI keeps the order it is given."""


def in_reading_order(told: Metadata) -> Metadata:
    """The same, what matters most first."""
    loud = {name: told[name] for name in FIRST if told.get(name, NONE) != NONE}
    return loud | {name: value for name, value in told.items() if name not in loud}


def table(header: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> dg.MetadataValue[Any]:
    """A small Markdown table, or the word "none"."""
    if not rows:
        return NONE
    lines = [header, tuple("---" for _ in header), *rows]
    return dg.MetadataValue.md(
        "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)
    )


def counts(counted: Mapping[str, int], what: str) -> dg.MetadataValue[Any]:
    """A table of counts by what was counted."""
    return table((what, "count"), list(counted.items()))


def counts_by(counted: Mapping[str, Mapping[str, int]], header: tuple[str, ...]) -> dg.MetadataValue[Any]:
    """A table of counts by two things, such as field and reason."""
    rows = [(one, other, count) for one, each in counted.items() for other, count in each.items()]
    return table(header, rows)


def columns(
    described: Iterable[dg.TableColumn], upstream: str, sources: Mapping[str, Iterable[str]]
) -> Metadata:
    """An asset's columns, and from which columns of the asset before each comes."""
    asset = dg.AssetKey(upstream)
    return {
        "dagster/column_schema": dg.TableSchema(list(described)),
        "dagster/column_lineage": dg.TableColumnLineage(
            {
                name: [dg.TableColumnDep(asset_key=asset, column_name=source) for source in each]
                for name, each in sources.items()
            }
        ),
    }


def lies_at(place: Place) -> Metadata:
    """Where an asset's files are."""
    return {"dagster/uri": place.absolute().as_uri() if isinstance(place, Path) else str(place)}


def size_of(size: int) -> str:
    """A size in bytes for people."""
    return f"{size:,} bytes" if size < MEGABYTE else f"{size / MEGABYTE:,.1f} MB"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|")
