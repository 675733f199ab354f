"""Golden values of every rule: what comes in, its canonical form, and why it is refused (docs/fields.md)."""

from datetime import date
from typing import Any

import duckdb
import pytest

from audience_assets.rules.canonical import RULES
from audience_assets_tests.rules.canonical_customers import Row, view

DIGEST = "AB" * 32
ALREADY = "already hashed"
GOLDEN: dict[str, list[tuple[Any, Any, str | None]]] = {
    "email": [
        (" Mary @Example.com\u200b", "Mary@Example.com", None),
        ("mary", None, "no @"),
        ("a@b@c", None, "more than one @"),
        ("@b", None, "nothing before @"),
        ("a@", None, "nothing after @"),
        (DIGEST, None, ALREADY),
        (" ", None, None),
    ],
    "phone": [
        ("(11) 98765-4321", "+5511987654321", None),
        ("11987654321.0", "+5511987654321", None),
        ("98765-4321", None, "no area code"),
        (DIGEST, None, ALREADY),
    ],
    "social_id": [
        ("529.982.247-25", "52998224725", None),
        ("52998224725.0", "52998224725", None),
        ("191", None, "wrong length"),
        ("00000000191", "00000000191", None),
        ("111.111.111-11", None, "repeated digit"),
        ("52998224726", None, "wrong check digits"),
        ("5299822472X", None, "unexpected character"),
        (DIGEST, None, ALREADY),
    ],
    "first_name": [(" Jose\u0301 ", "José", None), ("\u00ad", None, None), (DIGEST, None, ALREADY)],
    "last_name": [("da  Silva", "da  Silva", None), (DIGEST, None, ALREADY)],
    "gender": [
        ("Feminino", "F", None),
        ("HOMBRE", "M", None),
        ("Não-binário", "O", None),
        ("n/a", None, None),
        ("-", None, None),
        ("?", None, None),
        ("azul", None, "unknown word"),
    ],
    "birth_date": [
        ("1990-01-02", date(1990, 1, 2), None),
        ("02/01/1990", date(1990, 1, 2), None),
        ("19900102", date(1990, 1, 2), None),
        ("2.1.1990 0:00", date(1990, 1, 2), None),
        ("1990-01-02T00:00:00.000Z", date(1990, 1, 2), None),
        ("31/02/1990", None, "no such day"),
        ("02/01/90", None, "two-digit year"),
        ("1899-12-31", None, "before 1900"),
        ("2026-11-06", None, "in the future"),
        ("2026-11-05", date(2026, 11, 5), None),
        ("02/01-1990", None, "not a date"),
    ],
    "age": [
        ("36", 36, None),
        ("036.0", 36, None),
        ("0", 0, None),
        ("131", None, "out of range"),
        ("-1", None, "out of range"),
        ("36 anos", None, "not a whole number"),
    ],
    "postal_code": [
        ("01310-100", "01310100", None),
        ("1310100.0", "01310100", None),
        ("1310", None, "not a CEP"),
        (DIGEST, None, ALREADY),
    ],
    "country": [
        ("Brasil", "BR", None),
        ("USA", "US", None),
        ("aut", "AT", None),
        ("Narnia", None, "unknown country"),
    ],
    "state": [("São Paulo", "São Paulo", None), (DIGEST, None, ALREADY)],
    "city": [(" Santos ", "Santos", None), (DIGEST, None, ALREADY)],
    "neighborhood": [("Sé", "Sé", None), (DIGEST, DIGEST, None)],
    "audiences": [
        ("vip; churn;vip; ;", ["vip", "churn"], None),
        (["vip", " ", "a;b", "vip"], ["vip", "a;b"], None),
        ([], None, None),
        (";", None, None),
    ],
    "nbo_products": [(["2", "1"], ["2", "1"], None)],
    "nbo_categories": [("Tablets;Beverages > Water", ["Tablets", "Beverages > Water"], None)],
    "mobile_ad_id": [
        ("AECE52E7-03EE-455A-B3C4-E57283966239", "aece52e7-03ee-455a-b3c4-e57283966239", None),
        ("00000000-0000-0000-0000-000000000000", None, "all zeros"),
        ("aece52e7", None, "not a device id"),
    ],
    "external_id": [(" CUST-1 ", "CUST-1", None), (DIGEST, DIGEST, None)],
    "app_user_id": [(" 0012345678901234\u200b", "0012345678901234", None), (" ", None, None)],
    "page_user_id": [("PSID-1", "PSID-1", None), ("1.0", "1.0", None)],
    "value": [
        ("0012.500", "12.5", None),
        ("3.000", "3", None),
        ("0", "0", None),
        ("-1", None, "negative"),
        ("1,5", None, "not a number"),
    ],
    "legal_basis": [(" Consentimento ", "Consentimento", None)],
    "legal_basis_date": [(" 03/04/2025 ", "03/04/2025", None)],
    "consent": [
        ("Sí", True, None),
        ("opt-in", True, None),
        ("NÃO", False, None),
        ("maybe", None, "not yes or no"),
        ("", None, None),
    ],
}


def test_every_field_has_golden_values() -> None:
    assert GOLDEN.keys() == {rule.field for rule in RULES}


@pytest.mark.parametrize("field", GOLDEN)
def test_each_rules_golden_values(rules: duckdb.DuckDBPyConnection, field: str) -> None:
    rows: list[Row] = [{field: given} for given, _, _ in GOLDEN[field]]
    view(rules, rows, as_of=date(2026, 11, 5))
    refusal = f"{field}_refusal" if any(rule.field == field and rule.refuses for rule in RULES) else "null"
    found = rules.execute(
        f"select {field}, {refusal} from canonical_customers order by cast(customer_id as integer)"
    ).fetchall()
    assert [(given, *answer) for (given, _, _), answer in zip(GOLDEN[field], found, strict=True)] == GOLDEN[
        field
    ]


def test_the_rows_country_steers_state_code_postal_code_and_phone(rules: duckdb.DuckDBPyConnection) -> None:
    rows: list[Row] = [
        {"country": "US", "state": "new york", "postal_code": "ny 10001", "phone": "(212) 555-1234"},
        {"country": "Narnia", "state": "sp", "postal_code": "01310-100", "phone": "11 98765-4321"},
        {"country": "Portugal", "state": "SP"},
    ]
    view(rules, rows, as_of=date(2026, 11, 5))
    found = rules.execute(
        "select country, state_code, postal_code, phone from canonical_customers order by cast(customer_id as integer)"
    ).fetchall()
    assert found == [
        ("US", "NY", "NY 10001", "+12125551234"),
        (None, "SP", "01310100", "+5511987654321"),
        ("PT", None, None, None),
    ]
