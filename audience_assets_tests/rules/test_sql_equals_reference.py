"""The rules that the pipeline runs in SQL give what a plain-Python reading of the same specification gives."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import duckdb
import pytest

from audience_assets.customers.hashed import hashed_sql
from audience_assets.destinations.vtex_ads.columns import destination
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.rules import engine
from audience_assets_tests.reference import corpus
from audience_assets_tests.reference import vtex_ads as reference_vtex_ads
from audience_assets_tests.reference.canonical import Canonical, canonical
from audience_assets_tests.reference.refusal import HASHED_FIELDS
from audience_assets_tests.rules.canonical_customers import RULES, Row, view

AS_OF = date(2026, 11, 5)
VTEX_ADS = destination("vtex_ads", VtexAdsSettings())
VALUES_PER_FIELD = 10_500
"""For each of the 21 fields: more than 200,000 values together."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        engine.install(opened)
        yield opened


def assert_canonical(
    connection: duckdb.DuckDBPyConnection, expected: Sequence[Canonical], rows: Sequence[Row]
) -> None:
    result = connection.sql("select * from canonical_customers order by cast(customer_id as integer)")
    names = result.columns
    differences = []
    for row, found, reference in zip(rows, result.fetchall(), expected, strict=True):
        values: dict[str, Any] = dict(zip(names, found, strict=True))
        for rule in RULES:
            wanted = reference.values.get(rule.name)
            if (values[rule.name] or None) != (wanted or None) and values[rule.name] != wanted:
                differences.append((rule.name, row.get(rule.field), values[rule.name], wanted))
            if rule.refuses and values[f"{rule.field}_refusal"] != reference.refusals.get(rule.field):
                differences.append(
                    (
                        rule.field,
                        row.get(rule.field),
                        values[f"{rule.field}_refusal"],
                        reference.refusals.get(rule.field),
                    )
                )
    assert not differences, f"{len(differences)} differ: {differences[:10]!r}"


def assert_vtex_ads(
    connection: duckdb.DuckDBPyConnection, expected: Sequence[Canonical], hashed: frozenset[str] = frozenset()
) -> None:
    connection.execute("create or replace temp view normalized as from canonical_customers")
    columns = [
        f'{column.delivered_sql(f"""stored."{VTEX_ADS.stored_name(column)}" """)} as "{column.name}"'
        for column in VTEX_ADS.columns
    ]
    found = connection.sql(
        f"select {', '.join(columns)} from ({hashed_sql([VTEX_ADS], hashed)}) as stored "
        "order by cast(stored.customer_id as integer)"
    ).fetchall()
    wanted = [tuple(reference_vtex_ads.row(each).values()) for each in expected]
    differences = [
        (ours[1:], theirs[1:]) for ours, theirs in zip(found, wanted, strict=True) if ours[1:] != theirs[1:]
    ]
    assert not differences, f"{len(differences)} differ: {differences[:3]!r}"


@pytest.mark.parametrize("field", corpus.FIELDS)
def test_each_field_over_generated_and_fuzzed_values(
    connection: duckdb.DuckDBPyConnection, field: str
) -> None:
    rows = corpus.values(field, VALUES_PER_FIELD, seed=11)
    given: list[Row] = [value if isinstance(value, dict) else {field: value} for value in rows]
    view(connection, given, as_of=AS_OF)
    expected = [canonical(row, as_of=AS_OF) for row in given]
    assert_canonical(connection, expected, given)
    assert_vtex_ads(connection, expected)


@pytest.mark.parametrize(
    "setting",
    [
        {},
        {"default_country": "US", "date_order": "mdy"},
        {"default_country": "AR", "brazil_ninth_digit": False},
        {"hashed": frozenset({"email", "phone", "first_name", "gender", "birth_date", "state", "country"})},
        {"hashed": HASHED_FIELDS},
    ],
    ids=["default", "united-states", "argentina", "some-hashed", "all-hashed"],
)
def test_whole_rows_under_every_setting(
    connection: duckdb.DuckDBPyConnection, setting: dict[str, Any]
) -> None:
    rows = corpus.records(6_000, seed=5)
    view(connection, rows, as_of=AS_OF, **setting)
    expected = [canonical(row, as_of=AS_OF, **setting) for row in rows]
    assert_canonical(connection, expected, rows)
    assert_vtex_ads(connection, expected, setting.get("hashed", frozenset()))


def test_every_assigned_code_point_in_a_name_and_an_email(connection: duckdb.DuckDBPyConnection) -> None:
    rows: list[Row] = [
        {"first_name": text, "email": f"{text}@exemplo.test", "city": text}
        for text in corpus.every_code_point()
    ]
    assert len(rows) > 280_000
    view(
        connection,
        rows,
        as_of=AS_OF,
        rules=[rule for rule in RULES if rule.field in ("first_name", "email", "city", "country")],
    )
    found = connection.sql(
        "select lower_text(without_whitespace(first_name)), lower_text(email), city "
        "from canonical_customers order by cast(customer_id as integer)"
    ).fetchall()
    wanted = []
    for row in rows:
        reference = reference_vtex_ads.normalized(canonical(row, as_of=AS_OF))
        wanted.append((reference["FIRST_NAME_HASHED"], reference["EMAIL_HASHED"], reference["CITY"]))
    differences = [(ours, theirs) for ours, theirs in zip(found, wanted, strict=True) if ours != theirs]
    assert not differences, f"{len(differences)} differ: {[ascii(each) for each in differences[:10]]}"
