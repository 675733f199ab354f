"""VTEX Ads' columns are those of the partner's page, and its strings are those that the page describes."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from audience_assets.customers.hashed import hashed_sql
from audience_assets.destinations.column import schema_of
from audience_assets.destinations.vtex_ads.columns import destination
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.rules import engine
from audience_assets_tests.destinations.tables import VTEX_ADS
from audience_assets_tests.rules.canonical_customers import Row, view

PAGE = """
| CUSTOMER_ID       | String | Yes      | Unique customer identifier                               |
| EMAIL_HASHED      | String | No       | PII based on customer email                              |
| PHONE_HASHED      | String | No       | PII based on customer primary phone number               |
| SOCIAL_ID_HASHED  | String | No       | PII based on customer CPF (tax ID)                      |
| FIRST_NAME_HASHED | String | No       | PII based on customer first name                         |
| LAST_NAME_HASHED  | String | No       | PII based on customer last name                          |
| GENDER            | String | No       | Customer gender: `F` (female), `M` (male), `O` (other), `NULL` (not identified) |
| AGE               | Int    | No       | Customer age                                             |
| CEP               | String | No       | Customer address postal code                             |
| COUNTRY           | String | No       | Customer country                                         |
| STATE             | String | No       | Customer state of residence                              |
| CITY              | String | No       | Customer city of residence                               |
| NEIGHBORHOOD      | String | No       | Customer neighborhood of residence                       |
| AUDIENCES         | String | No       | List of audiences separated by semicolon (;)             |
| NBO_PRODUCTS      | String | No       | List of product SKUs separated by semicolon (;)         |
| NBO_CATEGORIES    | String | No       | List of categories separated by semicolon (;).           |
"""
"""The table of the partner's page "Integrating audiences", copied."""
HASHED = ["EMAIL_HASHED", "PHONE_HASHED", "SOCIAL_ID_HASHED", "FIRST_NAME_HASHED", "LAST_NAME_HASHED"]
"""The list under "Field hashing" on the same page."""
TYPES = {"String": pa.string(), "Int": pa.int32()}

UNNORMALIZED = "8c01ade3cb71d3ac7c718ed5a0c565155a4c05a216d9e59013c5d7b49e916914"
SHARED_HASH_OBJECT = "70977c0a38dd0bfb1aa1b3758269ce5d6d25135734e51d372872c18f5abf8151"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        engine.install(opened)
        yield opened


def delivered(
    connection: duckdb.DuckDBPyConnection, rows: list[Row], hashed: frozenset[str] = frozenset(), **given: Any
) -> list[dict[str, Any]]:
    """What VTEX Ads gets of these rows, through the pipeline's own SQL."""
    told = destination("vtex_ads", VtexAdsSettings(**given))
    view(connection, rows, as_of=date(2026, 11, 5), hashed=hashed)
    connection.execute("create or replace temp view normalized as from canonical_customers")
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


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_names_order_case_types_and_requirement_are_the_pages() -> None:
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.strip().splitlines()]
    assert len(lines) == 16
    assert [(field.name, field.type, not field.nullable) for field in schema_of(VTEX_ADS.columns)] == [
        (name, TYPES[kind], required == "Yes") for name, kind, required, _ in lines
    ]


def test_the_hashed_columns_are_the_pages() -> None:
    assert [column.name for column in VTEX_ADS.columns if column.hashed] == HASHED


def test_names_of_columns_are_found_by_exact_case_only() -> None:
    assert VTEX_ADS.column("CEP") is VTEX_ADS.columns[8]
    assert VTEX_ADS.column("cep") is None
    assert VTEX_ADS.key.name == "CUSTOMER_ID"


def test_a_description_says_what_is_hashed_and_from_which_field() -> None:
    email, age = VTEX_ADS.columns[1], VTEX_ADS.columns[7]
    assert (
        email.description
        == "E-mail address. SHA-256 of email: without white space, lower case. Rule email.lower@1."
    )
    assert age.description.startswith("Age. birth_date or age: full years")


def test_every_name_gets_a_hash_object_of_its_own_and_is_normalized(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows: list[Row] = [
        {"first_name": " Allan ", "last_name": "allan"},
        {"first_name": "ALLAN", "last_name": "Al lan"},
    ] * 50
    found = delivered(connection, rows)
    values = {row[name] for row in found for name in ("FIRST_NAME_HASHED", "LAST_NAME_HASHED")}
    assert values == {"5fd726bc56c3e86906cba8814a9b97d97f2ab209c48d2441ca5ac9e52b09e630"}
    everything = {value for row in found for value in row.values()}
    assert not everything & {UNNORMALIZED, SHARED_HASH_OBJECT}
    assert digest(" Allan ") == UNNORMALIZED
    assert digest("allanallan") == SHARED_HASH_OBJECT


def test_each_digest_of_the_destinations_page_is_met(connection: duckdb.DuckDBPyConnection) -> None:
    first, second = delivered(
        connection,
        [
            {
                "email": " Mary@Example.com ",
                "phone": "11 98765-4321",
                "social_id": "529.982.247-25",
                "first_name": "JOSE\u0301",
                "last_name": "da Silva",
                "gender": "feminino",
                "birth_date": "1990-01-02",
                "postal_code": "01310-100",
                "country": "Brasil",
                "state": "São Paulo",
                "city": " São Paulo ",
                "audiences": ["vip", "churn risk"],
                "nbo_categories": "Tablets;Beverages > Non-Alcoholic Beverages",
            },
            {"phone": "(212) 555-1234", "country": "US"},
        ],
    )
    assert first == {
        "CUSTOMER_ID": "0",
        "EMAIL_HASHED": "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79",
        "PHONE_HASHED": "38225ec3dccec4189659c110ddc4f3dc9c27539850cb6a9ddae31ae03a5cf441",
        "SOCIAL_ID_HASHED": "7281dfb5e8becca0a1c5e77c1268baacb0f983572b8c204fd8df72b24175b231",
        "FIRST_NAME_HASHED": "d994e1d001886fe5b45b1267bd1fa2b752ac50742579bd3dad7b2a2aa0ed6866",
        "LAST_NAME_HASHED": "3d05da4b552607e09bdc258939666d6b32fedc74392e38ea504c83a06ab3ec44",
        "GENDER": "F",
        "AGE": 36,
        "CEP": "01310100",
        "COUNTRY": "BR",
        "STATE": "SP",
        "CITY": "São Paulo",
        "NEIGHBORHOOD": None,
        "AUDIENCES": "vip;churn risk",
        "NBO_PRODUCTS": None,
        "NBO_CATEGORIES": "Tablets;Beverages > Non-Alcoholic Beverages",
    }
    assert second["PHONE_HASHED"] == "b7532e84c87df1f9f6bc4097cea3fa27db1b990bdc8d1211e59586349e5cce82"


def test_a_social_id_may_be_hashed_with_its_mask(connection: duckdb.DuckDBPyConnection) -> None:
    rows: list[Row] = [
        {"social_id": "52998224725"},
        {"social_id": "529.982.247-25"},
        {"social_id": "191"},
        {},
    ]
    masked = [row["SOCIAL_ID_HASHED"] for row in delivered(connection, rows, social_id="masked")]
    literal = "e0897535a382b7c5415492caf8ddca242654aee7da083192a70a5eb7723606a4"
    assert masked == [literal, literal, None, None]


def test_blank_and_refused_values_are_null_and_never_the_digest_of_nothing(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = delivered(connection, [{"email": " ", "first_name": "\u200b", "phone": "12"}, {}])
    for row in found:
        assert {value for name, value in row.items() if name != "CUSTOMER_ID"} == {None}
    assert digest("") not in str(found)


def test_a_ready_made_digest_is_passed_on_in_lower_case(connection: duckdb.DuckDBPyConnection) -> None:
    rows: list[Row] = [{"email": "AB" * 32, "birth_date": "cd" * 32}, {"email": "mary@example.com"}]
    ready, plain = delivered(connection, rows, hashed=frozenset({"email", "birth_date"}))
    assert (ready["EMAIL_HASHED"], ready["AGE"]) == ("ab" * 32, None)
    assert plain["EMAIL_HASHED"] is None
