import json
from decimal import Decimal

import pyarrow as pa
import pytest

from audience_assets.destinations.meta.payload import Payload, payload_of
from audience_assets_tests.destinations.meta.scripted import DIGEST


def sent(payload: Payload) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(payload.encoded())
    return decoded


def test_a_payload_is_compact_json_with_nested_rows_also_for_one_key() -> None:
    encoded = Payload(("EMAIL",), ((DIGEST,), ("",))).encoded()
    assert encoded == f'{{"schema":["EMAIL"],"is_raw":true,"data":[["{DIGEST}"],[""]]}}'.encode()


def test_an_unknown_cell_is_an_empty_text() -> None:
    assert sent(Payload(("EMAIL", "PHONE"), ((None, DIGEST), (DIGEST, None))))["data"] == [
        ["", DIGEST],
        [DIGEST, ""],
    ]


def test_app_and_page_ids_stand_beside_the_schema_where_there_are_any() -> None:
    payload = Payload(("APPUID", "PAGEUID"), (("1", "2"),), app_ids=("11",), page_ids=("22",))
    assert sent(payload) == {
        "schema": ["APPUID", "PAGEUID"],
        "is_raw": True,
        "data": [["1", "2"]],
        "app_ids": ["11"],
        "page_ids": ["22"],
    }


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())]
)
def test_a_table_keeps_its_order_of_columns_and_rows(kind: pa.DataType) -> None:
    table = pa.table(
        {"PHONE": pa.array(["p1", None, "p3"]).cast(kind), "EMAIL": pa.array(["e1", "e2", None])}
    )
    payload = payload_of(table)
    assert payload.schema == ("PHONE", "EMAIL")
    assert sent(payload)["data"] == [["p1", "e1"], ["", "e2"], ["p3", ""]]


def test_a_table_of_several_chunks_is_one_payload() -> None:
    part = pa.table({"EMAIL": ["a"]})
    assert sent(payload_of(pa.concat_tables([part, part])))["data"] == [["a"], ["a"]]


def test_identifiers_of_any_script_and_with_quotes_arrive_as_they_are() -> None:
    odd = ['say "hi"', "back\\slash", "정 é 😀", "line\nend\u2028", "a&b=c+d%20", "\x00"]
    assert sent(payload_of(pa.table({"EXTERN_ID": odd})))["data"] == [[each] for each in odd]


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["5", "12.5", "0", None, ""]),
        pa.array([5, 12.5, 0, None, None]),
        pa.array([Decimal("5.00"), Decimal("12.50"), Decimal(0), None, None]),
    ],
)
def test_a_customers_value_is_a_json_number_and_a_missing_one_is_0(column: pa.Array) -> None:
    encoded = payload_of(pa.table({"LOOKALIKE_VALUE": column})).encoded()
    assert encoded.endswith(b'"data":[[5],[12.5],[0],[0],[0]]}')


@pytest.mark.parametrize("value", ["secret-value", "inf", "nan"])
def test_a_value_that_is_no_number_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(ValueError, match="LOOKALIKE_VALUE holds a value that is not a number") as error:
        payload_of(pa.table({"LOOKALIKE_VALUE": [value]}))
    assert value not in str(error.value)
    assert error.value.__cause__ is None


def test_constants_stand_in_every_row() -> None:
    payload = payload_of(
        pa.table({"EMAIL": ["a", "b"]}),
        constants={
            "DATA_PROCESSING_OPTIONS": ["LDU"],
            "DATA_PROCESSING_OPTIONS_COUNTRY": 1,
            "DATA_PROCESSING_OPTIONS_STATE": 1000,
        },
        customer_consent=True,
    )
    assert sent(payload) == {
        "schema": [
            "EMAIL",
            "DATA_PROCESSING_OPTIONS",
            "DATA_PROCESSING_OPTIONS_COUNTRY",
            "DATA_PROCESSING_OPTIONS_STATE",
        ],
        "is_raw": True,
        "data": [["a", ["LDU"], 1, 1000], ["b", ["LDU"], 1, 1000]],
    }
    assert payload.customer_consent


def test_an_empty_table_is_an_empty_payload() -> None:
    assert sent(payload_of(pa.table({"EMAIL": pa.array([], pa.string())}), constants={"X": 1}))["data"] == []
