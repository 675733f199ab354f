"""Meta's keys are those of the partner's page, and their strings and digests are those that the page and its examples give."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Any, get_args

import duckdb
import pytest

from audience_assets.customers.hashed import hashed_sql
from audience_assets.destinations.column import Destination, schema_of
from audience_assets.destinations.meta.columns import destination
from audience_assets.destinations.meta.settings import Key, MetaSettings
from audience_assets.rules import engine
from audience_assets_tests.rules.canonical_customers import Row, view

EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ACCOUNT = {
    "type": "meta",
    "ad_account": "123",
    "access_token": {"env": "META_TOKEN"},
    "app_ids": ("1",),
    "page_ids": ("2",),
}

GOLDEN: list[tuple[str, Row, str, str]] = [
    ("EMAIL", {"email": " Mary@Example.com "}, "mary@example.com", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
    ("EMAIL", {"email": "John_Smith@gmail.com"}, "john_smith@gmail.com", "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f"),
    ("EMAIL", {"email": "Mary.Smith+News@Example.com"}, "mary.smith+news@example.com", "7526e4b535d7d9af7d3a7701432abef9862ba61f47ab687dab06cfec9487c90f"),
    ("PHONE", {"phone": "+1 555 987-6543"}, "15559876543", "1ef970831d7963307784fa8688e8fce101a15685d62aa765fed23f3a2c576a4e"),
    ("PHONE", {"phone": "(650)555-1212", "country": "US"}, "16505551212", "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176"),
    ("PHONE", {"phone": "(212) 555-1234", "country": "US"}, "12125551234", "4b4fb60638907d714a7207905d24b5e09de607ff2d776623c998b47eeb31c309"),
    ("GEN", {"gender": "Female"}, "f", "252f10c83610ebca1a059c0bae8255eba2f95be4d1d7bcfa89d7248a82d9f111"),
    ("DOBY", {"birth_date": "1997-02-16"}, "1997", "0985b889a1fe4f4e1fb925061ac6fb2247f10875f5fcbe63eec2ab55ed68970e"),
    ("DOBM", {"birth_date": "16/2/1997"}, "02", "a953f09a1b6b6725b81956e9ad0b1eb49e3ad40004c04307ef8af6246a054116"),
    ("DOBD", {"birth_date": "16/2/1997"}, "16", "b17ef6d19c7a5b1ee83b907c595526dcb1eb06db8227d650d5dda0a9f4ce8cd9"),
    ("FN", {"first_name": "Mary"}, "mary", "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
    ("FN", {"first_name": "Vale\u0301ry"}, "val\u00e9ry", "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
    ("FN", {"first_name": "정"}, "정", "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
    ("FN", {"first_name": "Ana-Lu\u00edsa"}, "analu\u00edsa", "a3636599b8bd072ba83784ee33851230a30582ed6abe726c8569f64112bfea43"),
    ("LN", {"last_name": "O'Brien"}, "obrien", "b4cb6cb33fe4b865868de825023a1e2790dc12ac01ecc8d7c5afe8254071c8ba"),
    ("FI", {"first_name": "Mary"}, "m", "62c66a7a5dd70c3146618063c344e531e6d4b59e379808443ce962b3abd63c5a"),
    ("CT", {"city": "New York"}, "newyork", "350c754ba4d38897693aa077ef43072a859d23f613443133fecbbd90a3512ca5"),
    ("CT", {"city": "S\u00e3o Paulo"}, "saopaulo", "8f7f2f7ccd3f2898cf4850905346e8fb333d00aac1c974f8f37326e068cf7b1e"),
    ("ST", {"state": "California", "country": "US"}, "ca", "6959097001d10501ac7d54c0bdb8db61420f658f2922cc26e46d536119a31126"),
    ("ZIP", {"postal_code": "94035-1234", "country": "US"}, "94035", "1794327a4d443904421f5ca1f3d72d0a62ba2f0770d80755ec2220fc0efb052e"),
    ("ZIP", {"postal_code": "M1 1AE", "country": "UK"}, "m11ae", "1dc694c2070e697769fb959b50671d76cafd430d8ca191fbdd0affcaea344ac5"),
    ("ZIP", {"postal_code": "01310-100"}, "01310100", "9a4a139dfbfcd2fc89a3cb4302dad65a35abd8d29a56c09a962b69c5cf3bca40"),
    ("COUNTRY", {"country": "US"}, "us", "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621"),
]  # fmt: skip
"""Raw values, Meta's string and its SHA-256, as the page, its examples and Meta's own code have them."""

IN_CLEAR: list[tuple[str, Row, str]] = [
    ("MADID", {"mobile_ad_id": "AECE52E7-03EE-455A-B3C4-E57283966239"}, "aece52e7-03ee-455a-b3c4-e57283966239"),
    ("EXTERN_ID", {"external_id": " CUST-0001 "}, "CUST-0001"),
    ("APPUID", {"app_user_id": "0123456789"}, "0123456789"),
    ("PAGEUID", {"page_user_id": "9876543210"}, "9876543210"),
    ("LOOKALIKE_VALUE", {"value": "5.00"}, "5"),
]  # fmt: skip


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        engine.install(opened)
        yield opened


def account(**given: Any) -> Destination:
    """An ad account with every key and a value-based audience, unless told otherwise."""
    everything = {"keys": get_args(Key), "audiences": {"worth": {"value_based": True}}}
    return destination("meta", MetaSettings.model_validate(ACCOUNT | everything | given))


def normalize(
    connection: duckdb.DuckDBPyConnection, rows: list[Row], hashed: frozenset[str] = frozenset(), **given: Any
) -> None:
    """The table `normalized` of these rows."""
    view(connection, rows, as_of=date(2026, 11, 5), hashed=hashed, **given)
    connection.execute("create or replace temp table normalized as from canonical_customers")


def delivered(
    connection: duckdb.DuckDBPyConnection, told: Destination, hashed: frozenset[str] = frozenset()
) -> list[dict[str, Any]]:
    """What Meta gets of `normalized`, through the pipeline's own SQL."""
    columns = [
        f'{column.delivered_sql(f"""stored."{told.stored_name(column)}" """)} as "{column.name}"'
        for column in told.columns
    ]
    found: list[dict[str, Any]] = (
        connection.sql(
            f"select {', '.join(columns)} from ({hashed_sql([told], hashed)}) as stored"
            " order by cast(stored.customer_id as integer)"
        )
        .to_arrow_table()
        .to_pylist()
    )
    return found


def strings(
    connection: duckdb.DuckDBPyConnection, told: Destination, key: str, hashed: frozenset[str] = frozenset()
) -> list[tuple[Any, Any]]:
    """A key's string before hashing in each row of `normalized`, and the reason why there is none."""
    column = told.column(key)
    assert column is not None
    return connection.sql(
        f"select {column.text_sql(hashed)}, {column.refusal_sql} from normalized order by cast(customer_id as integer)"
    ).fetchall()


def test_every_key_of_the_page_has_a_golden_value() -> None:
    told = {column.name for column in account().columns}
    assert {key for key, *_ in GOLDEN} | {key for key, *_ in IN_CLEAR} == told
    assert {column.name for column in account().columns if column.hashed} == {key for key, *_ in GOLDEN}


def test_each_digest_is_that_of_the_page(connection: duckdb.DuckDBPyConnection) -> None:
    normalize(connection, [raw for _, raw, _, _ in GOLDEN])
    found = delivered(connection, account())
    for number, (key, raw, normalized, digest) in enumerate(GOLDEN):
        assert strings(connection, account(), key)[number] == (normalized, None), raw
        assert found[number][key] == digest == sha256(normalized.encode()).hexdigest(), raw


def test_own_ids_device_ids_and_the_value_go_in_clear(connection: duckdb.DuckDBPyConnection) -> None:
    normalize(connection, [raw for _, raw, _ in IN_CLEAR])
    found = delivered(connection, account())
    told = [(key, raw, row[key]) for (key, raw, _), row in zip(IN_CLEAR, found, strict=True)]
    assert told == IN_CLEAR


def test_a_city_s_accents_are_written_in_a_to_z_or_their_letters_are_dropped(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    cities = ["S\u00e3o Paulo", "Gro\u00dfenhain", "\u0130zmir", "I\u011fd\u0131r", "\u0141\u00f3d\u017a", "St. John's 2", "\u6771\u4eac"]  # fmt: skip
    normalize(connection, [{"city": city, "state": city} for city in cities])
    refused = (None, "no letter a to z")
    written = ["saopaulo", "grossenhain", "izmir", "igdir", "lodz", "stjohns"]
    dropped = ["sopaulo", "groenhain", "izmir", "idr", "d", "stjohns"]
    for key in ("CT", "ST"):
        assert strings(connection, account(), key) == [*((text, None) for text in written), refused]
        assert strings(connection, account(city="drop"), key) == [
            *((text, None) for text in dropped),
            refused,
        ]
    digest = "4a287883aa51936209f313e4c62d9b38b41b7df896dfdff33b98dc1a86607668"
    assert delivered(connection, account(city="drop"))[0]["CT"] == digest


def test_american_states_and_zip_codes_follow_the_row_s_country_else_the_default(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows: list[Row] = [
        {"state": "new york", "postal_code": "10001-0001", "country": "USA"},
        {"state": "Bayern", "postal_code": "D-80331", "country": "DE"},
        {"state": "D.C.", "postal_code": "2139"},
        {"state": "Bayern", "postal_code": "123456"},
        {"state": "TX", "postal_code": "501.0"},
        {"state": "TX", "postal_code": "2139-1234"},
        {"state": "Minho", "postal_code": "\u2013", "country": "PT"},
    ]
    normalize(connection, rows, default_country="US")
    assert strings(connection, account(), "ST") == [
        ("ny", None),
        ("bayern", None),
        ("dc", None),
        (None, "not a US state"),
        ("tx", None),
        ("tx", None),
        ("minho", None),
    ]
    assert strings(connection, account(), "ZIP") == [
        ("10001", None),
        ("d80331", None),
        ("02139", None),
        (None, "not a US ZIP code"),
        ("00501", None),
        ("02139", None),
        (None, "nothing but dashes"),
    ]


NAMES = [
    ("D\u2019Angelo Jr.", "dangelojr", "d"),
    ("\u0130brahim", "i\u0307brahim", "i"),
    ("a-\u0301", "\u00e1", "\u00e1"),
    ("\u0391\u03a3-\u0391\u03a3", "\u03b1\u03c3\u03b1\u03c2", "\u03b1"),
    ("\u5c71\u7530\u30fb\u592a\u90ce", "\u5c71\u7530\u592a\u90ce", "\u5c71"),
    ("\U00010400nn", "\U00010428nn", "\U00010428"),
    ("Ke$ha 2", "keha2", "k"),
]
"""Raw names, what FN and LN are made of, and FI."""


def test_a_name_keeps_letters_marks_and_digits_of_any_script(connection: duckdb.DuckDBPyConnection) -> None:
    normalize(connection, [{"first_name": given, "last_name": given} for given, _, _ in NAMES])
    for key in ("FN", "LN"):
        assert strings(connection, account(), key) == [(normalized, None) for _, normalized, _ in NAMES]
    assert strings(connection, account(), "FI") == [(initial, None) for _, _, initial in NAMES]


def test_a_gender_other_than_male_and_female_is_blank_with_a_reason(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    normalize(connection, [{"gender": "masculino"}, {"gender": "outro"}, {"gender": "n/a"}, {}])
    refused = (None, "neither m nor f")
    assert strings(connection, account(), "GEN") == [("m", None), refused, (None, None), (None, None)]


def test_what_has_no_form_is_null_and_never_the_digest_of_nothing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    row: Row = {"first_name": "...", "last_name": "-", "city": "\u6771\u4eac", "state": "1", "postal_code": "-", "country": "PT"}  # fmt: skip
    normalize(connection, [row, {}])
    found = delivered(connection, account())
    assert {key for key, value in found[0].items() if value is not None} == {"COUNTRY"}
    assert {key for key, value in found[1].items() if value is not None} == set()
    assert EMPTY not in str(found)
    for key, reason in (("FN", "nothing but punctuation"), ("FI", "nothing but punctuation")):
        assert strings(connection, account(), key) == [(None, reason), (None, None)]


def test_a_ready_made_digest_stands_for_its_whole_field_and_for_no_part_of_it(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fields = ("email", "phone", "first_name", "last_name", "gender", "birth_date", "state", "city")
    hashed = frozenset({*fields, "postal_code", "country", "mobile_ad_id"})
    normalize(connection, [dict.fromkeys(hashed, "AB" * 32)], hashed, default_country="US")
    whole = {"EMAIL", "PHONE", "GEN", "LN", "FN", "CT", "ST", "ZIP", "COUNTRY"}
    found = delivered(connection, account(), hashed)[0]
    assert {key: value for key, value in found.items() if value is not None} == dict.fromkeys(
        whole, "ab" * 32
    )
    for key in ("DOBY", "DOBM", "DOBD", "FI"):
        assert strings(connection, account(), key, hashed) == [(None, "only a digest of the whole field")]
    for key in whole:
        assert strings(connection, account(), key, hashed) == [(None, None)]


def test_only_the_keys_in_use_are_columns_in_the_page_s_order() -> None:
    used = account(keys=("ZIP", "EMAIL"), audiences={"a": {"keys": ("EXTERN_ID", "FN")}, "b": {}})
    assert [column.name for column in used.columns] == ["EXTERN_ID", "EMAIL", "FN", "ZIP"]
    assert [column.name for column in account().columns] == [*get_args(Key), "LOOKALIKE_VALUE"]


def test_a_column_says_whether_it_names_a_person_alone() -> None:
    roles = {column.name: column.role for column in account().columns}
    alone = {"EXTERN_ID", "EMAIL", "PHONE", "MADID", "APPUID", "PAGEUID"}
    assert {key for key, role in roles.items() if role == "identifier"} == alone
    assert {key for key, role in roles.items() if role == "value"} == {"LOOKALIKE_VALUE"}


def test_everything_is_optional_text() -> None:
    assert {(str(field.type), field.nullable) for field in schema_of(account().columns)} == {("string", True)}


def test_a_description_names_the_field_and_not_the_context_that_its_form_needs() -> None:
    column = account().column("ZIP")
    assert column is not None
    assert column.description.startswith("Postal code. SHA-256 of postal_code: lower case")


def test_the_two_readings_of_a_city_have_different_signatures() -> None:
    assert {form.split("=")[0] for form in account().forms - account(city="drop").forms} == {
        "meta/CT",
        "meta/ST",
    }
