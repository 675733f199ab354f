import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from audience_assets.destinations.meta.payload import Payload, payload_of
from audience_assets_tests.destinations.meta.scripted import DIGEST, people_of


def sent(payload: Payload) -> dict[str, object]:
    decoded: dict[str, object] = json.loads(payload.encoded())
    return decoded


def test_a_payload_is_compact_json_with_nested_rows_also_for_one_key() -> None:
    encoded = people_of(("EMAIL",), [DIGEST], [""]).encoded()
    assert encoded == f'{{"schema":["EMAIL"],"is_raw":true,"data":[["{DIGEST}"],[""]]}}'.encode()


def test_an_unknown_cell_is_an_empty_text() -> None:
    assert sent(people_of(("EMAIL", "PHONE"), [None, DIGEST], [DIGEST, None]))["data"] == [
        ["", DIGEST],
        [DIGEST, ""],
    ]


def test_app_and_page_ids_stand_beside_the_schema_where_there_are_any() -> None:
    payload = people_of(("APPUID", "PAGEUID"), ["1", "2"], app_ids=("11",), page_ids=("22",))
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


def test_some_of_the_people_are_as_they_were_among_all() -> None:
    everybody = people_of(("EMAIL", "LOOKALIKE_VALUE"), ["a", 1], [None, 2.5], ['"', None])
    assert everybody.rows == [["a", 1], ["", 2.5], ['"', 0]]
    assert everybody.of([2, 0]).rows == [['"', 0], ["a", 1]]
    assert everybody.of([2, 0]).schema == everybody.schema


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\\b\f\n\r\t\x00\x1f\x7f\u2028a0'),
    max_size=12,
)
VALUES = st.none() | st.integers(-(10**12), 10**12).map(str) | st.decimals(-1000, 1000, places=3).map(str)


@st.composite
def tables(draw: st.DrawFn) -> pa.Table:
    """Rows of digests and of texts of any kind, in any number of chunks, with missing cells everywhere."""
    rows = draw(st.integers(0, 6))
    digests = st.none() | st.binary(min_size=4, max_size=4).map(bytes.hex)
    kinds = {"EMAIL": digests, "EXTERN_ID": st.none() | TEXTS, "CT": TEXTS, "LOOKALIKE_VALUE": VALUES}
    names = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, unique=True))
    cells = {name: draw(st.lists(kinds[name], min_size=rows, max_size=rows)) for name in names}
    table = pa.table({name: pa.array(column, pa.string()) for name, column in cells.items()})
    cut = draw(st.integers(0, rows))
    return pa.concat_tables([table.slice(0, cut), table.slice(cut)])


def plainly(name: str, cell: str | None) -> object:
    """A cell as JSON's own encoder is given it."""
    if name != "LOOKALIKE_VALUE":
        return cell or ""
    number = float(cell or 0)
    return int(number) if number.is_integer() else number


@settings(max_examples=300, deadline=None)
@given(table=tables(), constants=st.sampled_from([{}, {"X": 1}, {"X": ['L"U'], "Y": 1000}]))
@example(table=pa.table({"EXTERN_ID": ['"'], "EMAIL": ["a"]}), constants={})
def test_the_bytes_are_those_of_jsons_own_encoder(table: pa.Table, constants: dict[str, Any]) -> None:
    rows = [
        [*(plainly(name, row[name]) for name in table.column_names), *constants.values()]
        for row in table.to_pylist()
    ]
    content = {"schema": [*table.column_names, *constants], "is_raw": True, "data": rows, "app_ids": ["1"]}
    expected = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    assert payload_of(table, constants=constants, app_ids=("1",)).encoded() == expected
