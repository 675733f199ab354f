"""Values that no CRM should send pass as the text they are, or are refused in their field alone."""

import re
import unicodedata

import pytest

from audience_assets.errors import ExtractError
from audience_assets_tests.customers.extracts import MARKER, Extracts

HOSTILE = {
    "SQL": "'; drop table extract; --",
    "quoted SQL": "\" union select * from 'x' --",
    "a variable": "$day getvariable('day') {day}",
    "NUL": "a\x00b",
    "control characters": "a\x01\x02\x08\x1b[31mb",
    "separators": "a\x1f\x1e\x1db",
    "a line break": "a\nb\r\nc",
    "other planes": "a😀𠀀𐍈\U000e0101\U0010fffdb",
    "private use": "a\ue000\U000f0000b",
    "noncharacters": "a\ufffe\uffff\ufdd0b",
    "a backslash": "a\\n\\x00\\'b",
    "one megabyte": "a" + "x" * 1_000_000 + "b",
    "percent": "%s %d {0} {}",
    "JSON": '{"a": ["b"]}',
    "many accents": "e" + "\u0301" * 500 + "b",
}


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_hostile_texts_pass_as_they_are(extracts: Extracts, kind: str) -> None:
    ids = {name: f"{name} {value[:50]}" for name, value in HOSTILE.items()}
    if kind == "parquet":
        extracts.write_parquet({"customer_id": list(ids.values()), "city": list(HOSTILE.values())})
    else:
        rows = [{"customer_id": ids[name], "city": value} for name, value in HOSTILE.items()]
        extracts.write_csv(rows) if kind == "csv" else extracts.write_json(rows)
    customers = extracts.customers()
    assert set(customers) == set(ids.values())
    for name, value in HOSTILE.items():
        expected = unicodedata.normalize("NFC", re.sub("[\U000e0001-\U000e007f]", "", value))
        assert customers[ids[name]]["city"] == expected, name


def test_hostile_values_are_refused_in_their_field_alone(extracts: Extracts) -> None:
    fields = [
        "email",
        "phone",
        "social_id",
        "gender",
        "birth_date",
        "age",
        "postal_code",
        "country",
        "mobile_ad_id",
        "value",
        "consent",
    ]
    rows = [
        {"customer_id": str(number)} | dict.fromkeys(fields, value) | {"city": "Rio"}
        for number, value in enumerate(HOSTILE.values())
    ]
    found = extracts.write_json(rows).normalize()
    assert found.usable["city"] == len(HOSTILE)
    for name in fields:
        assert sum(found.refused[name].values()) == len(HOSTILE), name


def test_a_line_that_is_too_long_is_refused_with_its_line(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv", f"customer_id,city\n1,Rio\n2,{MARKER * 300_000}\n")
    assert "longer than 2 MB" in extracts.refusal(ExtractError)


def test_hostile_column_names_are_only_names(extracts: Extracts) -> None:
    names = [
        "a\x00b",
        "'; drop table extract; --",
        '" as x, 1/0 as "y',
        "{day}",
        "$day",
        "c0",
        "each",
        "\x1f",
    ]
    extracts.write_parquet({"customer_id": ["1"]} | {name: ["v"] for name in names})
    extracts.source["columns"] = {"city": names[0], "state": names[2], "neighborhood": "c0"}
    customer = extracts.one()
    assert [customer[name] for name in ("city", "state", "neighborhood")] == ["v", "v", "v"]
    assert extracts.read().unused_columns == sorted({*names} - {names[0], names[2], "c0"})
