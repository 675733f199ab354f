"""TikTok's columns are those of the partner's page, and their digests are those that the page and its examples give."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Any

import duckdb
import pytest

from audience_assets.customers.hashed import hashed_sql
from audience_assets.destinations.column import Destination
from audience_assets.destinations.tiktok import columns, feeds
from audience_assets.rules import engine
from audience_assets_tests.destinations.tiktok.declared import settings
from audience_assets_tests.rules.canonical_customers import Row, view

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
US = {"country": "US"}
GOLDEN: list[tuple[dict[str, Any], str, Row, str]] = [
    ({}, "email_SHA256", {"email": "local-part.123+suffix@domain.com"}, "8d771c407c5ac0a6d864156f7f3018b8f3b6f5ce3a6ab66ed8da18a6903f8978"),
    ({}, "email_SHA256", {"email": " John.Doe+News@Gmail.com"}, "06a240d11cc201676da976f7b49341181fd180da37cbe40a77432c0a366c80c3"),
    ({}, "email_SHA256", {"email": "janedoe@gmail.com"}, "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69"),
    ({}, "email_SHA256", {"email": "Mary.Smith+News@Example.com"}, "4f776f9dd5333920c8fd5666dad54f8b45a96165770a5175b1921731a4b1410e"),
    ({"email": "plain"}, "email_SHA256", {"email": "Mary.Smith+News@Example.com"}, "7526e4b535d7d9af7d3a7701432abef9862ba61f47ab687dab06cfec9487c90f"),
    ({}, "phone_SHA256", {"phone": "(657) 777-0000", **US}, "a6e82c2f4091baff57a4f33d01efb65bfbeacbbfbcfaa9d0ff9f57d28d78fedb"),
    ({}, "phone_SHA256", {"phone": "(212) 555-1234", **US}, "b7532e84c87df1f9f6bc4097cea3fa27db1b990bdc8d1211e59586349e5cce82"),
    ({"phone": "digits"}, "phone_SHA256", {"phone": "+37493828222"}, "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4"),
    ({"phone": "both"}, "phone_SHA256", {"phone": "(657) 777-0000", **US}, "a6e82c2f4091baff57a4f33d01efb65bfbeacbbfbcfaa9d0ff9f57d28d78fedb"),
    ({"phone": "both"}, "phone_SHA256_digits", {"phone": "+37493828222"}, "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4"),
    ({}, "MAID", {"mobile_ad_id": " 5F3A2B18-9C4D-4E7F-B8E2-17D3A1E69B25"}, "83dc3f5f32b9472613b0f038d36f22585a609d018af6f6067f50da318bf354bd"),
    ({"maid": "plain"}, "MAID_plain", {"mobile_ad_id": "5F3A2B18-9C4D-4E7F-B8E2-17D3A1E69B25"}, "5f3a2b18-9c4d-4e7f-b8e2-17d3a1e69b25"),
]  # fmt: skip
"""Settings, a column, raw values, and what TikTok gets, as the page, TikTok's help and its printed digests have them."""


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        engine.install(opened)
        yield opened


def delivered(
    connection: duckdb.DuckDBPyConnection,
    told: Destination,
    rows: list[Row],
    hashed: frozenset[str] = frozenset(),
) -> list[dict[str, Any]]:
    """What TikTok gets of these rows, through the pipeline's own SQL."""
    view(connection, rows, as_of=date(2026, 11, 5), hashed=hashed)
    connection.execute("create or replace temp table normalized as from canonical_customers")
    wanted = [
        f'{column.delivered_sql(f"""stored."{told.stored_name(column)}" """)} as "{column.name}"'
        for column in told.columns
    ]
    found: list[dict[str, Any]] = (
        connection.sql(
            f"select {', '.join(wanted)} from ({hashed_sql([told], hashed)}) as stored"
            " order by cast(stored.customer_id as integer)"
        )
        .to_arrow_table()
        .to_pylist()
    )
    return found


def names(told: Destination) -> list[str]:
    return [column.name for column in told.columns]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["email_SHA256", "phone_SHA256", "MAID"]),
        ({"identifiers": ["maid", "email"]}, ["email_SHA256", "MAID"]),
        ({"identifiers": ["phone"]}, ["phone_SHA256"]),
        ({"phone": "both"}, ["email_SHA256", "phone_SHA256", "phone_SHA256_digits", "MAID"]),
        ({"maid": "plain"}, ["email_SHA256", "phone_SHA256", "MAID_plain"]),
    ],
)
def test_the_columns_are_those_of_the_identifiers_in_the_pages_order(
    given: dict[str, Any], expected: list[str]
) -> None:
    told = columns.destination("tiktok", settings(**given))
    assert (names(told), told.audiences) == (expected, True)
    assert {column.role for column in told.columns} == {"identifier"}


def test_a_header_is_tiktoks_whatever_the_form() -> None:
    said = [columns.header_of(name) for name in columns.HEADERS]
    assert said == ["email_SHA256", "phone_SHA256", "phone_SHA256", "MAID", "MAID"]


def test_every_column_there_is_has_a_header() -> None:
    told = columns.destination("tiktok", settings(), also=columns.HEADERS)
    assert names(told) == list(columns.HEADERS)


@pytest.mark.parametrize(
    "given", [{}, {"phone": "both"}, *({"identifiers": [one]} for one in ("email", "phone", "maid"))]
)
def test_the_kind_of_a_file_is_the_settings(given: dict[str, Any]) -> None:
    said = settings(**given)
    assert columns.calculate_type_of(names(columns.destination("tiktok", said))) == said.calculate_type


@pytest.mark.parametrize(("given", "column", "row", "sent"), GOLDEN)
def test_what_is_sent_is_what_the_page_and_its_examples_give(
    connection: duckdb.DuckDBPyConnection, given: dict[str, Any], column: str, row: Row, sent: str
) -> None:
    found = delivered(connection, columns.destination("tiktok", settings(**given)), [row])[0]
    assert {name: value for name, value in found.items() if value is not None}[column] == sent


def test_nothing_is_ever_hashed_from_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    rows: list[Row] = [
        {
            "email": "+tag@example.com",
            "phone": "98765-4321",
            "mobile_ad_id": "00000000-0000-0000-0000-000000000000",
        },
        {"email": "...@example.com"},
        {"email": " ", "phone": "", "mobile_ad_id": None},
    ]
    told = columns.destination("tiktok", settings(), also=columns.HEADERS)
    found = delivered(connection, told, rows)
    assert {value for row in found for value in row.values()} == {None}
    assert sha256(b"").hexdigest() == EMPTY


def test_a_ready_made_digest_is_passed_on_and_is_no_device_id_in_clear(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    told = columns.destination("tiktok", settings(), also=columns.HEADERS)
    row: Row = {"email": "AB" * 32, "mobile_ad_id": "CD" * 32}
    found = delivered(connection, told, [row], frozenset({"email", "mobile_ad_id"}))[0]
    assert (found["email_SHA256"], found["MAID"], found["MAID_plain"]) == ("ab" * 32, "cd" * 32, None)


def test_each_audience_is_fed_with_the_advertisers_columns() -> None:
    said = settings(
        identifiers=["email", "maid"],
        unlisted="skip",
        audiences={"vip": {"id": "1", "replace": "never"}, "new": {}},
    )
    told = columns.destination("tiktok", said)
    fed = feeds.TikTokFeeds(told, said)
    vip, new = fed.feed("vip"), fed.feed("new")
    assert vip is not None
    assert new is not None
    assert (vip.pinned, vip.taken_over, vip.replace) == ("email_SHA256,MAID", True, False)
    assert (new.pinned, new.taken_over, new.replace) == ("email_SHA256,MAID", False, True)
    assert fed.feed("other") is None
    assert names(fed.table({"phone_SHA256"})) == ["email_SHA256", "phone_SHA256", "MAID"]


def test_a_planner_cuts_files_by_size_and_knows_how_small_an_audience_may_be() -> None:
    said = settings(smallest_audience=7, below_smallest="delete", replace_above=0.25)
    planned = feeds.planner(columns.destination("tiktok", said), said)
    assert (planned.smallest, planned.below_smallest, planned.replace_above) == (7, "delete", 0.25)
    assert planned.rows_per_batch == feeds.rows_per_file(said) > 200_000
