"""The first rows of a delta for people's eyes: it shows which columns are filled, and nobody's value."""

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from audience_assets.assets.metadata import table
from audience_assets.destinations.column import Destination

SHOWN = 8
"""Characters of a digest: enough to compare two days by eye, too few to look anybody up at a partner."""
MASKED = "•"


def masked(destination: Destination, rows: Sequence[Mapping[str, Any]]) -> dg.MetadataValue[Any]:
    """Rows as the partner gets them: digests shortened, everything else a dot, nothing where there is nothing."""
    if not rows:
        return table((), ())
    names = tuple(rows[0])
    return table(names, [tuple(_masked(destination, name, row[name]) for name in names) for row in rows])


def _masked(destination: Destination, name: str, value: object) -> str:
    if value is None or value == "":
        return ""
    column = destination.column(name)
    return f"{str(value)[:SHOWN]}…" if column is not None and column.hashed else MASKED
