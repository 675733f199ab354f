"""Runs the SQL rules over plain Python rows, as the pipeline does over an extract."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from audience_assets.rules import canonical, engine, lists
from audience_assets.rules.rule import CanonicalRule

Row = Mapping[str, str | list[str] | None]

RULES = canonical.with_consents(["vtex_ads", "tiktok", "meta"])


def view(
    connection: duckdb.DuckDBPyConnection,
    rows: Sequence[Row],
    *,
    as_of: date,
    default_country: str = "BR",
    date_order: str = "dmy",
    hashed: frozenset[str] = frozenset(),
    brazil_ninth_digit: bool = True,
    rules: Sequence[CanonicalRule] = RULES,
) -> None:
    """Create the view `canonical_customers` over these rows."""
    columns: dict[str, Any] = {"customer_id": pa.array([str(number) for number in range(len(rows))])}
    selected = []
    for field in dict.fromkeys(rule.field for rule in rules):
        if field in lists.LIST_FIELDS:
            columns[f"{field}_list"] = pa.array(
                [row.get(field) if isinstance(row.get(field), list) else None for row in rows],
                pa.list_(pa.string()),
            )
            columns[f"{field}_text"] = pa.array(
                [row.get(field) if isinstance(row.get(field), str) else None for row in rows], pa.string()
            )
            selected.append(f"coalesce({field}_list, split_list({field}_text)) as {field}")
        else:
            columns[field] = pa.array([row.get(field) for row in rows], pa.string())
            selected.append(field)
    connection.register("plain_rows", pa.table(columns))
    connection.execute(f"""
        create or replace temp table plain_customers as
        select
          customer_id,
          date '{as_of}' as as_of,
          '{default_country}' as default_country,
          '{date_order}' as date_order,
          {", ".join(selected)}
        from plain_rows
    """)
    connection.unregister("plain_rows")
    engine.view_canonical_customers(
        connection, "plain_customers", rules, hashed=hashed, brazil_ninth_digit=brazil_ninth_digit
    )
