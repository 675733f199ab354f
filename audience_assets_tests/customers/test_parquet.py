"""Parquet extracts: whatever type a column has, its text is what the CRM meant."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from audience_assets import database
from audience_assets.errors import ExtractError
from audience_assets.settings import Settings
from audience_assets_tests.customers.extracts import MARKER, Extracts, parquet_of

CPF = "01234567890"


def test_texts_keep_their_leading_zeros(extracts: Extracts) -> None:
    extracts.write_parquet({"customer_id": ["007"], "social_id": [CPF], "postal_code": ["01310-100"]})
    customer = extracts.one()
    assert customer["customer_id"] == "007"
    assert customer["social_id"] == CPF
    assert customer["postal_code"] == "01310100"


@pytest.mark.parametrize(
    "kind", [pa.int64(), pa.uint64(), pa.float64(), pa.decimal128(18, 0), pa.decimal128(18, 2)], ids=str
)
def test_a_number_is_its_digits_and_gets_its_lost_zeros_back(extracts: Extracts, kind: pa.DataType) -> None:
    def number(text: str) -> pa.Array:
        return pa.array([Decimal(text)], pa.decimal128(18, 0)).cast(kind)

    extracts.write_parquet(
        {"customer_id": number("42"), "social_id": number(CPF), "postal_code": number("1310100")}
    )
    customer = extracts.one()
    assert customer["customer_id"] == "42"
    assert customer["social_id"] == CPF
    assert customer["postal_code"] == "01310100"


def test_the_largest_whole_double_is_not_written_with_an_exponent(extracts: Extracts) -> None:
    extracts.write_parquet({"customer_id": [9007199254740991.0, 1e15, 1234567.5]})
    assert set(extracts.fingerprints()) == {"9007199254740991", "1000000000000000", "1234567.5"}


def test_large_whole_numbers_stay_exact(extracts: Extracts) -> None:
    extracts.write_parquet({"customer_id": [9007199254740993, 9007199254740992]})
    assert set(extracts.fingerprints()) == {"9007199254740993", "9007199254740992"}


BIRTH_DATES = [
    pa.array([date(1990, 1, 2)]),
    pa.array([date(1990, 1, 2)], pa.date64()),
    pa.array([datetime(1990, 1, 2)], pa.timestamp("s")),  # noqa: DTZ001
    pa.array([datetime(1990, 1, 2)], pa.timestamp("ns")),  # noqa: DTZ001
    pa.array([datetime(1990, 1, 2, 23, 59)], pa.timestamp("us")),  # noqa: DTZ001
    pa.array([datetime(1990, 1, 2, tzinfo=UTC)], pa.timestamp("us", "UTC")),
    pa.array(["02/01/1990"]),
    pa.array([19900102]),
]


@pytest.mark.parametrize("machine", ["America/Sao_Paulo", "Asia/Tokyo"])
def test_a_birth_date_of_any_type_is_the_same_day_on_every_machine(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    connect = database.connect

    @contextmanager
    def elsewhere(settings: Settings, **given: bool) -> Iterator[duckdb.DuckDBPyConnection]:
        with connect(settings, **given) as connection:
            connection.execute(f"set timezone = '{machine}'")
            yield connection

    monkeypatch.setattr(database, "connect", elsewhere)
    for number, values in enumerate(BIRTH_DATES):
        table = pa.table({"customer_id": [str(number)], "birth_date": values})
        extracts.write(f"2026-01-05/{number}.parquet", parquet_of(table), path="{day}/*.parquet")
    customers = extracts.customers()
    assert [customers[str(number)]["birth_date"] for number in range(len(BIRTH_DATES))] == [
        date(1990, 1, 2)
    ] * 8


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([True, False, None]), [True, False, None]),
        (pa.array([1, 0, None]), [True, False, None]),
        (pa.array(["sim", "não", ""]), [True, False, None]),
    ],
    ids=["boolean", "integer", "text"],
)
def test_consent_flags(extracts: Extracts, values: pa.Array, expected: list[bool | None]) -> None:
    extracts.write_parquet({"customer_id": ["1", "2", "3"], "consent": values, "consent_vtex_ads": values})
    customers = extracts.customers()
    assert [customers[name]["consent"] for name in "123"] == expected
    assert [customers[name]["consent_vtex_ads"] for name in "123"] == expected


LISTS: list[tuple[pa.Array, list[str] | None]] = [
    (pa.array([["a", "b;c", None, " "]]), ["a", "b;c"]),
    (pa.array([["a", "b"]], pa.large_list(pa.large_string())), ["a", "b"]),
    (pa.array([["a", "b"]], pa.list_(pa.string(), 2)), ["a", "b"]),
    (pa.array([[101, 7]]), ["101", "7"]),
    (pa.array([[101.0, 7.5]]), ["101", "7.5"]),
    (pa.array([["a", "b"]], pa.list_(pa.dictionary(pa.int32(), pa.string()))), ["a", "b"]),
    (pa.array(["a; b;;a"]), ["a", "b"]),
    (pa.array([7]), ["7"]),
    (pa.array([[]], pa.list_(pa.string())), None),
    (pa.nulls(1), None),
]


def test_lists_are_real_or_joined(extracts: Extracts) -> None:
    for number, (values, _) in enumerate(LISTS):
        table = pa.table({"customer_id": [str(number)], "nbo_products": values, "audiences": values})
        extracts.write(f"2026-01-05/{number}.parquet", parquet_of(table), path="{day}/*.parquet")
    customers = extracts.customers()
    for number, (_, expected) in enumerate(LISTS):
        assert customers[str(number)]["nbo_products"] == expected
        assert customers[str(number)]["audiences"] == expected


@pytest.mark.parametrize(
    "values",
    [
        pa.array(["Ana"], pa.large_string()),
        pa.array(["Ana"], pa.string_view()),
        pa.array(["Ana"]).dictionary_encode(),
    ],
    ids=["large_string", "string_view", "dictionary"],
)
def test_every_kind_of_text_column_is_text(extracts: Extracts, values: pa.Array) -> None:
    extracts.write_parquet({"customer_id": ["1"], "first_name": values})
    assert extracts.one()["first_name"] == "Ana"


@pytest.mark.parametrize("kind", [pa.null(), pa.string(), pa.float64(), pa.int32(), pa.bool_()], ids=str)
def test_a_column_without_any_value_is_blank(extracts: Extracts, kind: pa.DataType) -> None:
    extracts.write_parquet({"customer_id": ["1"], "email": pa.nulls(1, kind), "phone": pa.nulls(1, kind)})
    assert extracts.normalize().usable["email"] == 0
    assert extracts.one()["phone"] is None


def test_nan_is_blank_and_not_refused(extracts: Extracts) -> None:
    extracts.write_parquet(
        {
            "customer_id": [1.0, 2.0, float("nan")],
            "social_id": [float("nan")] * 3,
            "value": [1.5, float("nan"), 1.0],
        }
    )
    assert extracts.read().set_aside == {"no customer_id": 1}
    assert extracts.normalize().refused == {}
    assert extracts.customers()["1"]["value"] == "1.5"


def test_decimals_keep_their_digits(extracts: Extracts) -> None:
    extracts.write_parquet(
        {"customer_id": ["1", "2"], "value": [Decimal("10.50"), Decimal("12345678901.25")]}
    )
    customers = extracts.customers()
    assert [customers["1"]["value"], customers["2"]["value"]] == ["10.5", "12345678901.25"]


UNREADABLE = [
    pa.array([MARKER.encode()]),
    pa.array([{"inner": MARKER}]),
    pa.array([[("key", MARKER)]], pa.map_(pa.string(), pa.string())),
]


@pytest.mark.parametrize("field", ["customer_id", "city", "audiences"])
@pytest.mark.parametrize("values", UNREADABLE, ids=["BLOB", "STRUCT", "MAP"])
def test_a_type_without_a_text_is_refused_by_name(extracts: Extracts, field: str, values: pa.Array) -> None:
    extracts.write_parquet({"customer_id": ["1"], "city": [MARKER]} | {field: values})
    said = extracts.refusal(ExtractError)
    assert repr(field) in said
    assert any(kind in said for kind in ("BLOB", "STRUCT", "MAP"))


def test_a_list_in_a_field_of_one_value_is_refused_by_name(extracts: Extracts) -> None:
    extracts.write_parquet({"customer_id": ["1"], "email": [[MARKER]]})
    assert "'email'" in extracts.refusal(ExtractError)


def test_an_unused_column_of_any_type_does_not_matter(extracts: Extracts) -> None:
    extracts.write_parquet(
        {"customer_id": ["1"], "photo": [b"x"], "address": [{"street": "x"}], "city": ["Rio"]}
    )
    assert extracts.one()["city"] == "Rio"
    assert extracts.read().unused_columns == ["address", "photo"]


def test_files_of_a_day_may_differ_in_types_and_column_order(extracts: Extracts) -> None:
    extracts.write("2026-01-05/a.parquet", parquet_of({"customer_id": [9007199254740993], "city": ["Rio"]}))
    extracts.write(
        "2026-01-05/b.parquet", parquet_of({"city": pa.nulls(1), "customer_id": [9007199254740992.0]})
    )
    extracts.write(
        "2026-01-05/c.parquet",
        parquet_of({"customer_id": ["0042"], "city": ["Belém"], "x": [1]}),
        path="{day}/*.parquet",
    )
    assert set(extracts.fingerprints()) == {"9007199254740993", "9007199254740992.0", "0042"}
    assert extracts.customers()["0042"]["city"] == "Belém"
    assert extracts.read().unused_columns == ["x"]


@pytest.mark.parametrize("other", [{"customer_id": ["2"]}, {"customer_id": ["2"], "Email": [MARKER]}])
def test_files_of_a_day_must_have_the_same_columns(extracts: Extracts, other: dict[str, Any]) -> None:
    extracts.write("2026-01-05/a.parquet", parquet_of({"customer_id": ["1"], "email": [MARKER]}))
    extracts.write("2026-01-05/b.parquet", parquet_of(other), path="{day}/*.parquet")
    said = extracts.refusal(ExtractError)
    assert "b.parquet" in said
    assert "email" in said


def _invalid_text() -> bytes:
    offsets = pa.py_buffer(b"\x00\x00\x00\x00\x0d\x00\x00\x00")
    values = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(MARKER.encode() + b"\xff\xfe"))
    return parquet_of({"customer_id": ["1"], "city": values})


@pytest.mark.parametrize(
    "content",
    [b"", b"PAR1", MARKER.encode() * 50, parquet_of({"customer_id": [MARKER] * 9})[:-20], _invalid_text()],
    ids=["empty", "magic only", "text", "cut off", "not UTF-8"],
)
def test_a_broken_file_is_refused_by_name(extracts: Extracts, content: bytes) -> None:
    extracts.write("2026-01-05.parquet", content)
    said = extracts.refusal(ExtractError)
    assert "2026-01-05" in said
    assert "cannot be read" in said


def test_damaged_pages_are_refused(extracts: Extracts) -> None:
    content = bytearray(parquet_of({"customer_id": [f"{MARKER}-{number}" for number in range(999)]}))
    content[4:400] = b"\xff" * 396
    extracts.write("2026-01-05.parquet", bytes(content))
    assert "cannot be read" in extracts.refusal(ExtractError)
