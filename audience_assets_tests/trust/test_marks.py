"""The searcher finds a mark in every form in which it could be told; without this the canary would prove nothing."""

import base64
import json
import unicodedata
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets_tests.trust import marks
from audience_assets_tests.trust.marks import CUSTOMERS, Search
from audience_assets_tests.trust.places import columns_of

HIDDEN: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "NFC": lambda text: unicodedata.normalize("NFC", text).encode(),
    "NFD": lambda text: unicodedata.normalize("NFD", text).encode(),
    "lower case": lambda text: text.lower().encode(),
    "upper case": lambda text: text.upper().encode(),
    "URL": lambda text: quote(text, safe="").encode(),
    "JSON": lambda text: json.dumps({"a": text}).encode(),
    "JSON within JSON": lambda text: json.dumps(json.dumps({"a": text})).encode(),
    "repr of bytes": lambda text: text.encode().hex().encode(),
    "UTF-16": lambda text: text.encode("utf-16-le"),
    "base64 from 0": lambda text: base64.b64encode(f"abc{text}z".encode()),
    "base64 from 1": lambda text: base64.b64encode(f"a{text}zz".encode()),
    "base64 from 2": lambda text: base64.urlsafe_b64encode(f"ab{text}".encode()),
}


@pytest.fixture(scope="module")
def searches() -> list[Search]:
    return [Search(marks.needles(row)) for row in CUSTOMERS]


@pytest.mark.parametrize("hide", HIDDEN)
def test_every_field_is_found_in_every_form_and_script(searches: list[Search], hide: str) -> None:
    for row, search in zip(CUSTOMERS, searches, strict=True):
        for field, value in row.items():
            if field not in {"audiences", "gender", "country"}:
                text = value if isinstance(value, str) else str((value or [""])[0])
                told = search.found(b"before \xff" * 3 + HIDDEN[hide](text) + b"after")
                assert any(each.startswith(f"{field}:") for each in told), field


@pytest.mark.parametrize(
    ("field", "written"), [("phone", "5511973107313"), ("social_id", "digits"), ("birth_date", "1930-03-13")]
)
def test_digits_are_found_without_what_is_between_them(field: str, written: str) -> None:
    [row, *_] = CUSTOMERS
    content = "".join(filter(str.isdigit, str(row[field]))) if written == "digits" else written
    assert {each.split(":")[0] for each in Search(marks.needles(row)).found(content.encode())} == {field}


def test_digests_are_found_as_bytes_and_hex() -> None:
    digest = sha256(b"somebody")
    search = Search(marks.digests(["somebody"]))
    for content in (digest.digest(), digest.hexdigest().encode(), digest.hexdigest().upper().encode()):
        assert search.found(b"x" + content)


def test_what_is_allowed_and_what_is_somebody_else_s_is_not_told() -> None:
    search = Search(marks.needles(CUSTOMERS[0]))
    assert search.found(str(CUSTOMERS[0]["city"]).encode(), frozenset({"city"})) == set()
    assert search.found(repr(CUSTOMERS[1]).encode()) == set()


def test_values_are_found_in_the_compressed_columns_of_a_parquet_file(tmp_path: Path) -> None:
    file, text = tmp_path / "a.parquet", str(CUSTOMERS[1]["city"])
    table = pa.table(
        {"texts": [text] * 1000, "lists": [[text]] * 1000, "digests": [sha256(b"a").digest()] * 1000}
    )
    pq.write_table(table, file, compression="zstd")
    columns = dict(columns_of(file))
    search = Search([*marks.needles(CUSTOMERS[1]), *marks.digests(["a"])])
    assert search.found(columns["texts"])
    assert search.found(columns["lists"])
    assert search.found(columns["digests"])
