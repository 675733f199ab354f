"""The rules that the pipeline runs in SQL give what a plain-Python reading of the same specification gives."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import duckdb
import pytest

from audience_assets.customers.hashed import hashed_sql
from audience_assets.destinations.column import Destination
from audience_assets.destinations.meta import columns as meta_columns
from audience_assets.destinations.meta.settings import Key, MetaSettings
from audience_assets.destinations.tiktok import columns as tiktok_columns
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.vtex_ads.columns import destination
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.rules import email, engine
from audience_assets_tests.reference import corpus
from audience_assets_tests.reference import meta as reference_meta
from audience_assets_tests.reference import tiktok as reference_tiktok
from audience_assets_tests.reference import vtex_ads as reference_vtex_ads
from audience_assets_tests.reference.canonical import Canonical, canonical
from audience_assets_tests.reference.refusal import HASHED_FIELDS
from audience_assets_tests.rules.canonical_customers import RULES, Row, view

AS_OF = date(2026, 11, 5)
VTEX_ADS = destination("vtex_ads", VtexAdsSettings())
EVERYTHING = {
    "type": "meta",
    "ad_account": "1",
    "access_token": {"env": "META_TOKEN"},
    "keys": get_args(Key),
    "app_ids": ("1",),
    "page_ids": ("2",),
    "audiences": {"worth": {"value_based": True}},
}
META: dict[reference_meta.City, Destination] = {
    city: meta_columns.destination("meta", MetaSettings.model_validate(EVERYTHING | {"city": city}))
    for city in get_args(reference_meta.City)
}
ADVERTISER = {"type": "tiktok", "advertiser_id": "1", "access_token": {"env": "TIKTOK_TOKEN"}}
TIKTOK: dict[reference_tiktok.Reading, Destination] = {
    reading: tiktok_columns.destination(
        "tiktok",
        TikTokSettings.model_validate(ADVERTISER | {"email": reading.email, "phone": reading.phone}),
        also=tiktok_columns.HEADERS,
    )
    for reading in (reference_tiktok.Reading("seed", "both"), reference_tiktok.Reading("plain", "digits"))
}
VALUES_PER_FIELD = 10_500
"""For each of the 23 fields: more than 200,000 values together."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        engine.install(opened)
        yield opened


def normalize(connection: duckdb.DuckDBPyConnection, rows: Sequence[Row], **setting: Any) -> list[Canonical]:
    """The table `normalized`, as the pipeline's SQL makes it of these rows; and what it should hold."""
    view(connection, rows, as_of=AS_OF, **setting)
    connection.execute("create or replace temp table normalized as from canonical_customers")
    return [canonical(row, as_of=AS_OF, **setting) for row in rows]


def assert_canonical(
    connection: duckdb.DuckDBPyConnection, expected: Sequence[Canonical], rows: Sequence[Row]
) -> None:
    result = connection.sql("select * from normalized order by cast(customer_id as integer)")
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


def delivered(
    connection: duckdb.DuckDBPyConnection, told: Destination, hashed: frozenset[str]
) -> list[tuple[Any, ...]]:
    """What a destination gets of the normalized customers, through the pipeline's own SQL."""
    columns = [
        f'{column.delivered_sql(f"""stored."{told.stored_name(column)}" """)} as "{column.name}"'
        for column in told.columns
        if column.name != "CUSTOMER_ID"
    ]
    return connection.sql(
        f"select {', '.join(columns)} from ({hashed_sql([told], hashed)}) as stored "
        "order by cast(stored.customer_id as integer)"
    ).fetchall()


def assert_vtex_ads(
    connection: duckdb.DuckDBPyConnection, expected: Sequence[Canonical], hashed: frozenset[str] = frozenset()
) -> None:
    found = delivered(connection, VTEX_ADS, hashed)
    wanted = [tuple(reference_vtex_ads.row(each).values())[1:] for each in expected]
    assert_same(found, wanted)


def assert_meta(
    connection: duckdb.DuckDBPyConnection,
    expected: Sequence[Canonical],
    told: Destination,
    hashed: frozenset[str] = frozenset(),
    city: reference_meta.City = "transliterate",
) -> None:
    """Digests of these keys, and the reasons why there is none."""
    wanted = []
    for each in expected:
        values, refused = reference_meta.normalized(each, city)
        wanted.append((reference_meta.digests(each, values), refused))
    assert_columns(connection, wanted, told, hashed)


def assert_tiktok(
    connection: duckdb.DuckDBPyConnection,
    expected: Sequence[Canonical],
    reading: reference_tiktok.Reading,
    hashed: frozenset[str] = frozenset(),
) -> None:
    """Digests of every column, and the reasons why there is none."""
    wanted = []
    for each in expected:
        values, refused = reference_tiktok.normalized(each, reading)
        wanted.append((reference_tiktok.digests(each, values), refused))
    assert_columns(connection, wanted, TIKTOK[reading], hashed)


def assert_columns(
    connection: duckdb.DuckDBPyConnection,
    wanted: Sequence[tuple[dict[str, str | None], dict[str, str]]],
    told: Destination,
    hashed: frozenset[str],
) -> None:
    """What a destination gets of each customer, and why it does not get the rest."""
    reasons = connection.sql(
        f"select {', '.join(column.refusal_sql for column in told.columns)} from normalized "
        "order by cast(customer_id as integer)"
    ).fetchall()
    names = [column.name for column in told.columns]
    digests = [tuple(values[name] for name in names) for values, _ in wanted]
    refusals = [tuple(refused.get(name) for name in names) for _, refused in wanted]
    assert_same(delivered(connection, told, hashed), digests)
    assert_same(reasons, refusals)


def assert_same(found: Sequence[tuple[Any, ...]], wanted: Sequence[tuple[Any, ...]]) -> None:
    differences = [
        (number, *pair)
        for number, (ours, theirs) in enumerate(zip(found, wanted, strict=True))
        if ours != theirs
        for pair in zip(ours, theirs, strict=True)
        if pair[0] != pair[1]
    ]
    assert not differences, f"{len(differences)} differ: {[ascii(each) for each in differences[:5]]}"


@pytest.mark.parametrize("field", corpus.FIELDS)
def test_each_field_over_generated_and_fuzzed_values(
    connection: duckdb.DuckDBPyConnection, field: str
) -> None:
    rows = corpus.values(field, VALUES_PER_FIELD, seed=11)
    given: list[Row] = [value if isinstance(value, dict) else {field: value} for value in rows]
    expected = normalize(connection, given)
    assert_canonical(connection, expected, given)
    assert_vtex_ads(connection, expected)
    for city, told in META.items():
        fed = tuple(column for column in told.columns if field in column.fields)
        if fed and (city == "transliterate" or field in ("city", "state")):
            assert_meta(connection, expected, replace(told, columns=fed), city=city)
    if field in reference_tiktok.FIELDS.values():
        for reading in TIKTOK:
            assert_tiktok(connection, expected, reading)


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
    expected = normalize(connection, rows, **setting)
    assert_canonical(connection, expected, rows)
    assert_vtex_ads(connection, expected, setting.get("hashed", frozenset()))
    assert_meta(connection, expected, META["transliterate"], setting.get("hashed", frozenset()))
    assert_tiktok(connection, expected, next(iter(TIKTOK)), setting.get("hashed", frozenset()))


def test_american_states_and_postal_codes(connection: duckdb.DuckDBPyConnection) -> None:
    values = [corpus.values(field, VALUES_PER_FIELD, seed=13) for field in ("state", "postal_code")]
    rows = [{"state": state, "postal_code": code} for state, code in zip(*values, strict=True)]
    expected = normalize(connection, rows, default_country="US")
    told = META["transliterate"]
    fed = tuple(column for column in told.columns if column.name in ("ST", "ZIP"))
    assert_meta(connection, expected, replace(told, columns=fed))


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
        "select spaceless_name(first_name), lower_text(email), city, "
        "bare_name(first_name), transliterated_letters(city), undecorated_letters(city), "
        f"{email.LOWER_BARE.sql(('email',))} "
        "from canonical_customers order by cast(customer_id as integer)"
    ).fetchall()
    wanted = []
    for row in rows:
        values = canonical(row, as_of=AS_OF)
        reference = reference_vtex_ads.normalized(values)
        name, city = values.values["first_name"], values.values["city"]
        wanted.append(
            (
                *(reference["FIRST_NAME_HASHED"], reference["EMAIL_HASHED"], reference["CITY"]),
                reference_meta.name(name),
                *(reference_meta.letters(city, reading) for reading in META),
                reference_tiktok.normalized(values, next(iter(TIKTOK)))[0]["email_SHA256"],
            )
        )
    assert_same(found, wanted)
