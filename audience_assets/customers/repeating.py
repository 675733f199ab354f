"""Digests each distinct value once where values repeat: a name or a city is hashed once, not once a customer."""

from collections.abc import Collection, Sequence

import duckdb

from audience_assets.destinations.column import Column, Destination
from audience_assets.sql import identifier, listed

DIGESTING = "digesting"
"""The view that has the digests of values that repeat beside the fields."""

FEW = 20_000
"""Of so few rows every value is digested as it comes: looking for repetition would cost more."""

LOOKED_AT = 200_000
"""How many rows are looked at at most, a tenth of them otherwise: among all rows a value repeats no less."""

SHARE = 0.5
"""The share of distinct values among the rows looked at up to which a join is cheaper than digesting each."""

MOST = 50_000
"""How many distinct values there may be among the rows looked at: what has more would fill the memory before the last row."""


def view_digests(
    connection: duckdb.DuckDBPyConnection, destinations: Sequence[Destination], ready_digests: Collection[str]
) -> dict[str, str]:
    """Create the view `DIGESTING` over the view `normalized`.

    Returns:
        SQL over that view for each destination's hashed columns that it has ready, by their name in the log.
    """
    groups = _groups(destinations)
    found = _repeating(connection, list(groups))
    repeating = [fields for fields in groups if fields in found]
    ready: dict[str, str] = {}
    joins = []
    for number, fields in enumerate(repeating):
        table, names = f"repeated_{number}", [identifier(field) for field in fields]
        digests = {name: f"digest_{number}_{at}" for at, name in enumerate(groups[fields])}
        columns = [f"{name} as key_{at}" for at, name in enumerate(names)]
        columns += [
            f"{column.stored_sql(ready_digests)} as {digests[name]}"
            for name, column in groups[fields].items()
        ]
        connection.execute(
            f"create temp table {table} as\nselect\n{listed(columns)}\n"
            f"from (select distinct {', '.join(names)} from normalized)"
        )
        same = " and ".join(
            f"{table}.key_{at} is not distinct from normalized.{name}" for at, name in enumerate(names)
        )
        joins.append(f"left join {table} on {same}")
        ready |= digests
    listing = listed(["normalized.*", *ready.values()])
    connection.execute(
        f"create temp view {DIGESTING} as\nselect\n{listing}\nfrom normalized\n" + "\n".join(joins)
    )
    return ready


def _groups(destinations: Sequence[Destination]) -> dict[tuple[str, ...], dict[str, Column]]:
    """The hashed columns by the fields that feed them, each under its name in the log."""
    groups: dict[tuple[str, ...], dict[str, Column]] = {}
    for destination in destinations:
        for column in destination.columns:
            if column.hashed and column.fields:
                groups.setdefault(column.fields, {})[destination.stored_name(column)] = column
    return groups


def _repeating(
    connection: duckdb.DuckDBPyConnection, groups: Sequence[tuple[str, ...]]
) -> set[tuple[str, ...]]:
    """Those fields whose values repeat already among the first rows."""
    rows = connection.execute("select count(*) from normalized").fetchall()[0][0]
    if rows <= FEW or not groups:
        return set()
    looked_at = min(LOOKED_AT, max(FEW, rows // 10))
    counts = ", ".join(f"count(distinct hash({', '.join(map(identifier, fields))}))" for fields in groups)
    distinct = connection.execute(f"select {counts} from (from normalized limit {looked_at})").fetchall()[0]
    return {
        fields
        for fields, number in zip(groups, distinct, strict=True)
        if number <= min(MOST, SHARE * looked_at)
    }
