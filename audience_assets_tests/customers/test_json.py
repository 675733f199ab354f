"""JSON extracts: arrays or one object a line; every key of every record is seen, and nesting is refused by name."""

import gzip
import json
from typing import Any

import pytest

from audience_assets.errors import ExtractError
from audience_assets_tests.customers.extracts import MARKER, Extracts

ROWS: list[dict[str, Any]] = [
    {"customer_id": "007", "social_id": "01234567890", "audiences": ["a", "b;c"], "consent": True},
    {"customer_id": 8, "social_id": 1234567890, "audiences": "a;b", "consent": None},
    {"customer_id": 9.0, "value": 10.5, "nbo_products": [101, 7.0, None, True]},
]


@pytest.mark.parametrize("shape", ["lines", "array", "indented array", "indented objects", "BOM", "gzip"])
def test_arrays_and_lines_of_objects(extracts: Extracts, shape: str) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in ROWS)
    content = {
        "lines": lines.encode(),
        "array": json.dumps(ROWS).encode(),
        "indented array": b" \n" + json.dumps(ROWS, indent=2).encode() + b"\n\n",
        "indented objects": "\n".join(json.dumps(row, indent=2) for row in ROWS).encode(),
        "BOM": b"\xef\xbb\xbf" + lines.encode(),
        "gzip": gzip.compress(lines.encode()),
    }[shape]
    customers = extracts.write("2026-01-05.json", content).customers()
    assert set(customers) == {"007", "8", "9"}
    assert [customers[name]["social_id"] for name in ("007", "8", "9")] == [
        "01234567890",
        "01234567890",
        None,
    ]
    assert [customers[name]["audiences"] for name in ("007", "8", "9")] == [["a", "b;c"], ["a", "b"], None]
    assert [customers[name]["consent"] for name in ("007", "8", "9")] == [True, None, None]
    assert customers["9"]["nbo_products"] == ["101", "7", "true"]
    assert customers["9"]["value"] == "10.5"


def test_a_key_that_appears_late_is_not_overlooked(extracts: Extracts) -> None:
    rows: list[dict[str, Any]] = [{"customer_id": number} for number in range(25_000)]
    rows.append({"customer_id": "last", "email": "a@b.c", "audiences": ["x"]})
    assert extracts.write_json(rows).customers()["last"]["audiences"] == ["x"]
    rows[-1] = {"customer_id": "last", "Email": MARKER}
    assert "'Email'" in extracts.write_json(rows).refusal(ExtractError)


def test_large_numbers_keep_every_digit(extracts: Extracts) -> None:
    extracts.write(
        "2026-01-05.json", '{"customer_id": 123456789012345678901234567890}\n{"customer_id": "x"}\n'
    )
    assert set(extracts.fingerprints()) == {"123456789012345678901234567890", "x"}


@pytest.mark.parametrize("nested", [{"street": MARKER}, [MARKER], [{"street": MARKER}]])
@pytest.mark.parametrize("beside", ["Rio", None], ids=["text", "null"])
def test_an_object_or_a_list_in_a_field_of_one_value_is_refused_by_name(
    extracts: Extracts, nested: object, beside: object
) -> None:
    extracts.write_json([{"customer_id": 1, "city": beside}, {"customer_id": 2, "city": nested}])
    said = extracts.refusal(ExtractError)
    assert "'city'" in said
    assert "holds an object or a list" in said


@pytest.mark.parametrize("nested", [{"a": MARKER}, [{"a": MARKER}], [[MARKER]]])
def test_an_object_in_a_list_field_is_refused_by_name(extracts: Extracts, nested: object) -> None:
    extracts.write_json([{"customer_id": 1, "audiences": ["a"]}, {"customer_id": 2, "audiences": nested}])
    assert "'audiences'" in extracts.refusal(ExtractError)


def test_an_object_in_an_unused_key_does_not_matter(extracts: Extracts) -> None:
    extracts.write_json([{"customer_id": 1, "address": {"street": "x"}, "city": "Rio"}])
    assert extracts.read().unused_columns == ["address"]
    assert extracts.one()["city"] == "Rio"


LINE = json.dumps({"customer_id": MARKER, "email": MARKER})
BROKEN = {
    "a line cut off": f"{LINE}\n{LINE[:-9]}\n",
    "an array cut off inside": f"[{LINE}, {LINE[:-9]}",
    "an array cut off behind a comma": f"[{LINE}, {LINE},",
    "an array cut off behind a record": f"[{LINE}, {LINE}\n",
    "text between records": f"{LINE}\n{MARKER}\n{LINE}\n",
    "a missing comma": f"[{LINE} {LINE}]",
    "a key twice": f'{LINE}\n{{"customer_id": "1", "customer_id": "{MARKER}"}}\n',
    "numbers": "1\n2\n",
    "a text": f'"{MARKER}"\n',
    "lists": f'["{MARKER}"]\n["{MARKER}"]\n',
    "a list in a list": f"[[{LINE}]]",
    "a lone surrogate": f'{LINE}\n{{"customer_id": "{MARKER}\\ud800"}}\n',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_broken_json_is_refused(extracts: Extracts, content: str) -> None:
    extracts.write("2026-01-05.json", content)
    assert "2026-01-05.json" in extracts.refusal(ExtractError)


def test_an_invalid_byte_is_refused(extracts: Extracts) -> None:
    extracts.write("2026-01-05.json", LINE.encode() + b'\n{"customer_id": "' + MARKER.encode() + b'\xff"}\n')
    assert "UTF-8" in extracts.refusal(ExtractError)


@pytest.mark.parametrize("content", ["", "[]", "[ ]\n", "\n"])
def test_no_record_at_all_is_an_empty_extract(extracts: Extracts, content: str) -> None:
    extracts.write("2026-01-05.json", content)
    assert "no usable customer (0 rows read)" in extracts.refusal(ExtractError)


def test_a_null_record_has_no_customer_id(extracts: Extracts) -> None:
    extracts.write("2026-01-05.json", 'null\n{"customer_id": 1}\n{"customer_id": null}\n')
    assert extracts.read().set_aside == {"no customer_id": 2}


def test_two_used_keys_that_differ_only_in_case_are_refused(extracts: Extracts) -> None:
    extracts.write_json([{"customer_id": "1", "Email": MARKER, "email": MARKER}])
    extracts.source["columns"] = {"external_id": "Email"}
    assert "differ only in case" in extracts.refusal(ExtractError)
