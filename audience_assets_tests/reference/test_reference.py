"""The reference against published digests and the traps, every refusal reason, and the reach of the corpora."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from datetime import date
from functools import cache
from hashlib import sha256

import pytest

from audience_assets_tests.reference import corpus, vtex_ads
from audience_assets_tests.reference.canonical import Canonical, canonical
from audience_assets_tests.reference.places import country_words, state_words
from audience_assets_tests.reference.refusal import HASHED_FIELDS, REASONS
from audience_assets_tests.reference.text import FORMAT, WHITE, text, word
from audience_assets_tests.reference.unicode14 import assigned, planes

AS_OF = date(2026, 11, 22)
HEX = "0123456789abcdef" * 4


def one(field: str, value: str | list[str] | None, **row: str) -> Canonical:
    return canonical({"customer_id": "1", **row, field: value}, as_of=AS_OF)


def form(field: str, value: str | list[str] | None, **row: str) -> object:
    result = one(field, value, **row)
    assert not result.refusals
    return result.values[field]


def reason(field: str, value: str, **row: str) -> str:
    result = one(field, value, **row)
    assert result.values[field] is None
    return result.refusals[field]


@pytest.mark.parametrize(
    ("column", "field", "value", "country", "normalized", "digest"),
    [
        ("EMAIL_HASHED", "email", " Mary@Example.com ", "", "mary@example.com", "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"),
        ("EMAIL_HASHED", "email", "Mary.Smith+News@Example.com", "", "mary.smith+news@example.com", "7526e4b535d7d9af7d3a7701432abef9862ba61f47ab687dab06cfec9487c90f"),
        ("PHONE_HASHED", "phone", "212 555-1234", "US", "+12125551234", "b7532e84c87df1f9f6bc4097cea3fa27db1b990bdc8d1211e59586349e5cce82"),
        ("PHONE_HASHED", "phone", "11 98765-4321", "BR", "+5511987654321", "38225ec3dccec4189659c110ddc4f3dc9c27539850cb6a9ddae31ae03a5cf441"),
        ("SOCIAL_ID_HASHED", "social_id", "529.982.247-25", "", "52998224725", "7281dfb5e8becca0a1c5e77c1268baacb0f983572b8c204fd8df72b24175b231"),
        ("FIRST_NAME_HASHED", "first_name", " Allan ", "", "allan", "5fd726bc56c3e86906cba8814a9b97d97f2ab209c48d2441ca5ac9e52b09e630"),
        ("FIRST_NAME_HASHED", "first_name", "JOSÉ", "", "josé", "d994e1d001886fe5b45b1267bd1fa2b752ac50742579bd3dad7b2a2aa0ed6866"),
        ("FIRST_NAME_HASHED", "first_name", "JOSE\u0301", "", "josé", "d994e1d001886fe5b45b1267bd1fa2b752ac50742579bd3dad7b2a2aa0ed6866"),
        ("FIRST_NAME_HASHED", "first_name", "Ana-Luísa", "", "ana-luísa", "358ded422c54283e1db6628125cc0c1d5a0781734fdc908650766d20a1e504c2"),
        ("FIRST_NAME_HASHED", "first_name", "e\u0301", "", "é", "4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"),
        ("LAST_NAME_HASHED", "last_name", "da Silva", "", "dasilva", "3d05da4b552607e09bdc258939666d6b32fedc74392e38ea504c83a06ab3ec44"),
    ],
)  # fmt: skip
def test_published_digests_of_vtex(
    column: str, field: str, value: str, country: str, normalized: str, digest: str
) -> None:
    result = one(field, value, country=country)
    assert vtex_ads.normalized(result)[column] == normalized
    assert vtex_ads.row(result)[column] == digest == sha256(normalized.encode()).hexdigest()


def test_two_equal_names_do_not_share_a_hash_object() -> None:
    result = canonical({"customer_id": "1", "first_name": " Allan ", "last_name": " Allan "}, as_of=AS_OF)
    row = vtex_ads.row(result)
    assert row["FIRST_NAME_HASHED"] == row["LAST_NAME_HASHED"]
    assert row["LAST_NAME_HASHED"].startswith("5fd726bc")  # not 70977c0a (V1), not 8c01ade3 (V2)


def test_a_whole_vtex_row_in_order() -> None:
    raw: dict[str, str | list[str] | None] = {
        "customer_id": "C-001",
        "gender": "feminino",
        "age": "36",
        "postal_code": "1310-100",
        "country": "Brasil",
        "state": "sao paulo",
        "city": " São Paulo ",
        "neighborhood": "Bela Vista",
        "audiences": "vip; churn risk;vip",
        "nbo_products": ["a;b"],
        "nbo_categories": ["Tablets", "x;y", "Beverages > Non-Alcoholic Beverages", "", "Tablets"],
    }
    row = vtex_ads.row(canonical(raw, as_of=AS_OF))
    assert list(row.items()) == [
        ("CUSTOMER_ID", "C-001"),
        ("EMAIL_HASHED", None),
        ("PHONE_HASHED", None),
        ("SOCIAL_ID_HASHED", None),
        ("FIRST_NAME_HASHED", None),
        ("LAST_NAME_HASHED", None),
        ("GENDER", "F"),
        ("AGE", 36),
        ("CEP", "01310100"),
        ("COUNTRY", "BR"),
        ("STATE", "SP"),
        ("CITY", "São Paulo"),
        ("NEIGHBORHOOD", "Bela Vista"),
        ("AUDIENCES", "vip;churn risk"),
        ("NBO_PRODUCTS", None),
        ("NBO_CATEGORIES", "Tablets;Beverages > Non-Alcoholic Beverages"),
    ]


@pytest.mark.parametrize(
    ("born", "as_of", "years"),
    [
        ("29/02/2000", date(2026, 2, 28), 25),
        ("29/02/2000", date(2026, 3, 1), 26),
        ("29/02/2000", date(2024, 2, 29), 24),
        ("22/11/1990", AS_OF, 36),
        ("23/11/1990", AS_OF, 35),
        ("22/11/2026", AS_OF, 0),
        ("", AS_OF, 77),
        ("30/02/2000", AS_OF, 77),
    ],
)
def test_age_is_of_full_years(born: str, as_of: date, years: int) -> None:
    result = canonical({"customer_id": "1", "birth_date": born, "age": "77"}, as_of=as_of)
    assert vtex_ads.row(result)["AGE"] == years


@pytest.mark.parametrize(
    ("value", "country", "expected"),
    [
        ("0055 11 98765-4321", "BR", "+5511987654321"),
        ("001 212 555 1234", "US", "+12125551234"),
        ("06 6982 1234", "IT", "+390669821234"),
        ("+52 1 55 1234 5678", "BR", "+525512345678"),
        ("+15559876543", "BR", "+15559876543"),
        ("+447700900123", "BR", "+447700900123"),
        ("+5411987654321", "BR", "+5411987654321"),
        ("(11) 3333-4444 ramal 12", "", "+551133334444"),
        ("(11) 3333-4444 r. 12", "", "+551133334444"),
        ("11987654321.0", "", "+5511987654321"),
        ("11 8765-4321", "", "+5511987654321"),
        ("0 15 11 98765-4321", "", "+5511987654321"),
        ("\uff11\uff11 98765\u00a04321", "", "+5511987654321"),
    ],
)
def test_phone_traps(value: str, country: str, expected: str) -> None:
    assert form("phone", value, country=country) == expected


def test_ninth_digit_can_be_turned_off() -> None:
    result = canonical({"customer_id": "1", "phone": "11 8765-4321"}, as_of=AS_OF, brazil_ninth_digit=False)
    assert result.values["phone"] == "+551187654321"


REFUSED = [
    ("email", "mary", "no @"),
    ("email", "m@@x", "more than one @"),
    ("email", " @ x", "nothing before @"),
    ("email", "m @ ", "nothing after @"),
    ("phone", "98765-4321", "no area code"),
    ("phone", "190", "too short"),
    ("phone", "11 98765-43210", "too long"),
    ("phone", "9" * 300, "too long"),
    ("phone", "+999 1234 5678", "unknown country code"),
    ("phone", "não tem", "not a phone number"),
    ("social_id", "CPF 529.982.247-25", "unexpected character"),
    ("social_id", "1234567", "wrong length"),
    ("social_id", "529982247250", "wrong length"),
    ("social_id", "00000000", "repeated digit"),
    ("social_id", "111.111.111-11", "repeated digit"),
    ("social_id", "52998224724", "wrong check digits"),
    ("gender", "nb", "unknown word"),
    ("birth_date", "1990", "not a date"),
    ("birth_date", "1990-01/02", "not a date"),
    ("birth_date", "1990-01-02 banana", "not a date"),
    ("birth_date", "01/02/90", "two-digit year"),
    ("birth_date", "29/02/1990", "no such day"),
    ("birth_date", "31.12.1899", "before 1900"),
    ("birth_date", "2026-11-23", "in the future"),
    ("age", "36.5", "not a whole number"),
    ("age", "131", "out of range"),
    ("age", "-1", "out of range"),
    ("age", "9" * 5000, "out of range"),
    ("postal_code", "013101", "not a CEP"),
    ("country", "Atlantis", "unknown country"),
    ("country", "XK", "unknown country"),
    ("mobile_ad_id", "0" * 32, "not a device id"),
    ("mobile_ad_id", "00000000-0000-0000-0000-000000000000", "all zeros"),
    ("value", "12,50", "not a number"),
    ("value", "-0.01", "negative"),
    ("consent", "maybe", "not yes or no"),
    *((field, HEX.upper(), "already hashed") for field in sorted(HASHED_FIELDS)),
]


@pytest.mark.parametrize(("field", "value", "expected"), REFUSED)
def test_refusals(field: str, value: str, expected: str) -> None:
    assert reason(field, value) == expected


def test_every_reason_has_an_example() -> None:
    shown = {(field, expected) for field, _, expected in REFUSED} | {("customer_id", "no customer_id")}
    assert shown == {(field, expected) for field, reasons in REASONS.items() for expected in reasons}


def test_customer_id_is_as_it_is_or_the_row_is_set_aside() -> None:
    assert form("customer_id", " e\u0301\u200b ") == " e\u0301\u200b "
    for blank in (None, "", " \u200b\u00a0"):
        result = one("customer_id", blank)
        assert result.values["customer_id"] is None
        assert result.refusals == {"customer_id": "no customer_id"}


def test_digests_of_declared_columns_are_passed_on_in_lower_case() -> None:
    raw: dict[str, str | list[str] | None] = {
        "customer_id": "1",
        "email": f" {HEX.upper()}",
        "phone": "11 98765-4321",
    }
    result = canonical(raw, as_of=AS_OF, hashed=frozenset({"email", "phone", "first_name"}))
    assert vtex_ads.row(result)["EMAIL_HASHED"] == HEX
    assert result.refusals == {"phone": "not a SHA-256 digest"}
    assert result.values["first_name"] is None


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("social_id", "52998224725.0", "52998224725"),
        ("social_id", "1234567-97", "00123456797"),
        ("gender", "Não-binário", "O"),
        ("gender", "N/A", None),
        ("gender", " - ", None),
        ("birth_date", "1990/1/2 00:00:00", date(1990, 1, 2)),
        ("birth_date", "19900102T10:11:12.5Z", date(1990, 1, 2)),
        ("birth_date", "2.1.1990", date(1990, 1, 2)),
        ("postal_code", "1.310-100", "01310100"),
        ("postal_code", "1310100.0", "01310100"),
        ("country", "U.S.A.", "US"),
        ("country", "ÁFRICA DO SUL", "ZA"),
        ("mobile_ad_id", "AECE52E7-03EE-455A-B3C4-E57283966239", "aece52e7-03ee-455a-b3c4-e57283966239"),
        ("value", "007.50", "7.5"),
        ("consent", "Opt-In", True),
        ("consent_tiktok", "NÃO", False),
        ("audiences", "a;\u037e b ;A;a", ["a", "b", "A"]),
        ("audiences", ["a;b", " a;b"], ["a;b"]),
        ("audiences", None, []),
        ("city", "\u200b", None),
    ],
)
def test_canonical_forms(field: str, value: str | list[str] | None, expected: object) -> None:
    assert form(field, value) == expected


def test_date_order() -> None:
    result = canonical({"customer_id": "1", "birth_date": "02/01/1990"}, as_of=AS_OF, date_order="mdy")
    assert result.values["birth_date"] == date(1990, 2, 1)


def test_the_default_country_steers_but_is_not_delivered() -> None:
    raw: dict[str, str | list[str] | None] = {
        "customer_id": "1",
        "country": "Atlantis",
        "state": "new york",
        "phone": "212 555-1234",
    }
    result = canonical(raw, as_of=AS_OF, default_country="US")
    assert result.values["phone"] == "+12125551234"
    assert result.values["state_code"] == "NY"
    assert result.values["country"] is None


def test_case_is_pythons_lower() -> None:
    def lowered(name: str) -> object:
        return vtex_ads.normalized(one("first_name", name))["FIRST_NAME_HASHED"]

    assert lowered("İ") == "i\u0307"
    assert lowered("Straße") == "straße"
    assert (
        lowered("\u039f\u03a3 \u0391\u03a3") == "\u03bf\u03c3\u03b1\u03c2"
    )  # the blank is gone before sigma looks around


def test_white_space_and_format_characters() -> None:
    assert set(WHITE) == {chr(code) for code in range(0x110000) if re.match(r"\s", chr(code))}
    known = {chr(code) for code in assigned() if unicodedata.category(chr(code)) == "Cf"}
    assert known <= FORMAT
    assert {c for c in FORMAT if unicodedata.category(c) not in ("Cf", "Cn")} == set()
    assert text("\u200b e\u00ad\u0301\u3000") == "é"


def test_countries_and_states() -> None:
    assert len(set(country_words().values())) == 249
    assert (len(state_words("BR")), len(state_words("US"))) == (54, 102)
    assert word("São-Tomé & Príncipe") == "saotome&principe"


COUNT = 12_000


@cache
def reached(field: str) -> frozenset[str]:
    results = (
        canonical({"customer_id": "1", field: value}, as_of=AS_OF).refusals.get(field)
        for value in corpus.values(field, COUNT, 1)
    )
    return frozenset(entry for entry in results if entry)


@pytest.mark.parametrize("field", sorted(REASONS))
def test_corpora_reach_every_reason(field: str) -> None:
    assert reached(field) == REASONS[field]


def test_records_reach_every_reason_and_many_countries() -> None:
    reasons: dict[str, set[str]] = {}
    codes = set()
    for raw in corpus.records(10_000, 2):
        assert tuple(raw) == corpus.COLUMNS
        result = canonical(raw, as_of=AS_OF)
        for field, entry in result.refusals.items():
            reasons.setdefault(field, set()).add(entry)
        if phone := result.values["phone"]:
            codes.add(phone[:3])
        vtex_ads.row(result)
    assert {field: reasons[field] for field in REASONS} == REASONS
    assert len(codes) > 15


def test_corpora_reach_every_plane_and_kind_of_character() -> None:
    found = {
        ord(c) for value in corpus.values("first_name", 60_000, 3) if isinstance(value, str) for c in value
    }
    assert {code >> 16 for code in found} == set(range(17))
    assert set(map(ord, WHITE)) <= found
    assert {code for code in map(ord, FORMAT) if unicodedata.category(chr(code)) == "Cf"} <= found
    assert (set(range(1, 0x20)) | set(range(0x7F, 0xA0))) <= found
    assert not found & {0, *range(0xD800, 0xE000)}
    assert found <= {*assigned(), *(code for plane in planes()[4:14] for code in plane), *map(ord, FORMAT)}


def test_corpora_are_the_same_in_another_process() -> None:
    script = (
        "import hashlib; from audience_assets_tests.reference import corpus; "
        "print(hashlib.sha256(repr([[corpus.values(f, 300, 5) for f in corpus.FIELDS], corpus.records(50, 5)])"
        ".encode('utf-8', 'backslashreplace')).hexdigest())"
    )
    runs = {
        subprocess.run([sys.executable, "-c", script], check=True, capture_output=True).stdout
        for _ in range(2)
    }
    assert len(runs) == 1
    assert corpus.values("phone", 50, 1) != corpus.values("phone", 50, 2)


def test_every_code_point() -> None:
    entries = list(corpus.every_code_point())
    assert len(entries) == len(set(entries)) == 282_229
    assert {ord(entry[1]) >> 16 for entry in entries} == {0, 1, 2, 3, 14, 15, 16}
