"""Brings the rules into a DuckDB connection: macros, look-up tables, and what the canonical query reads."""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from hashlib import sha256
from typing import Any

import duckdb
import phonenumbers
import pyarrow as pa

from audience_assets.rules import (
    amount,
    birth_date,
    canonical,
    consent,
    device_id,
    email,
    gender,
    latin,
    lists,
    name,
    phone,
    place,
    tax_id,
    text,
)
from audience_assets.rules.canonical import CanonicalQuery
from audience_assets.rules.rule import CanonicalRule

MACROS = (text, email, tax_id, birth_date, device_id, lists, amount, name, latin, place, phone)
"""Modules with macros, each after those it builds on."""

LOOKUPS: dict[str, tuple[tuple[str, ...], Any]] = {
    "country_names": (("name", "code"), place.country_names),
    "state_names": (("country", "name", "code"), place.state_names),
    "gender_words": (("word", "gender"), gender.words),
    "consent_words": (("word", "answer"), consent.words),
}
"""Look-up tables: columns and the function that lists the rows."""


def install(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every macro and look-up table that the rules' expressions use."""
    for module in MACROS:
        connection.execute(module.MACROS)
    for table, rows in _lookups().items():
        connection.register("look_up", rows)
        connection.execute(f"create table {table} as select * from look_up")
        connection.unregister("look_up")


@cache
def _lookups() -> dict[str, pa.Table]:
    return {
        table: pa.table(list(zip(*rows(), strict=True)), names=list(columns))
        for table, (columns, rows) in LOOKUPS.items()
    }


def clean_customers(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    rules: Sequence[CanonicalRule],
    *,
    hashed: Collection[str] = (),
    brazil_ninth_digit: bool = True,
    few: bool = True,
) -> CanonicalQuery:
    """Create what the canonical query reads: `cleaned_customers` over `source`, and the phones that it looks up.

    `source` is the name of a table or view as `cleaned_sql` describes it. With `few` rows it is read once and kept;
    more are cleaned again by each query, so that memory never holds them all.
    """
    kind = "table" if few else "view"
    cleaned = canonical.cleaned_sql(rules, source, hashed, brazil_ninth_digit=brazil_ninth_digit)
    connection.execute(f"create or replace temp {kind} cleaned_customers as {cleaned}")
    if "phone" in {rule.field for rule in rules} - set(hashed):
        phone.parse_residue(connection, "cleaned_customers", brazil_ninth_digit=brazil_ninth_digit)
    return CanonicalQuery(rules, hashed)


def view_canonical_customers(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    rules: Sequence[CanonicalRule],
    *,
    hashed: Collection[str] = (),
    brazil_ninth_digit: bool = True,
) -> CanonicalQuery:
    """Create the temporary view `canonical_customers` over the few rows of `source`, for queries of any kind."""
    query = clean_customers(connection, source, rules, hashed=hashed, brazil_ninth_digit=brazil_ninth_digit)
    connection.execute(f"create or replace temp view canonical_customers as {query.sql}")
    return query


def signature(rules: Sequence[CanonicalRule], forms: Collection[str], settings: Sequence[str]) -> str:
    """A short digest of everything besides the row that decides its digests.

    It is part of each row's fingerprint, so a new rule version, another default country, a new libphonenumber or a new
    word in a look-up table (country names come with Babel) normalizes every customer again; what comes out the same is
    not delivered again.
    """
    parts = [f"{rule.name}@{rule.version}" for rule in rules]
    parts += sorted(forms)
    parts += [f"{table}={_words_digest(rows)}" for table, (_, rows) in LOOKUPS.items()]
    parts += [*settings, f"phonenumbers@{phonenumbers.__version__}"]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _words_digest(rows: Callable[[], Sequence[object]]) -> str:
    return sha256(repr(rows()).encode()).hexdigest()
