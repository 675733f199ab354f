"""The contract lets good tables pass and refuses every bad one with columns, rules and counts, never a value."""

import resource
import time

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audience_assets.destinations.contract import Contract
from audience_assets.errors import ContractError
from audience_assets_tests.destinations.tables import SCHEMA, VTEX_ADS, good, with_column

CONTRACT = Contract(VTEX_ADS.name, VTEX_ADS.columns)
DIGEST = "ab" * 32
MANY = 300_000


def refusal(table: pa.Table) -> str:
    with pytest.raises(ContractError) as caught:
        CONTRACT.check(table)
    sentence = str(caught.value)
    beginning = "the rows for vtex_ads break its contract, so nothing was published: "
    assert sentence.startswith(beginning)
    assert caught.value.__cause__ is None
    return sentence.removeprefix(beginning)


@pytest.mark.parametrize("rows", [0, 1, 7])
def test_a_good_table_passes(rows: int) -> None:
    CONTRACT.check(good(rows))
    CONTRACT.check(good(rows).cast(SCHEMA))


def test_everything_but_the_id_may_be_null() -> None:
    nulls = [pa.nulls(2, field.type) for field in list(SCHEMA)[1:]]
    CONTRACT.check(pa.table([pa.array(["a", "b"]), *nulls], names=SCHEMA.names))


def test_a_column_in_another_case_is_missing() -> None:
    names = [name.lower() if name == "EMAIL_HASHED" else name for name in SCHEMA.names]
    assert (
        refusal(good(2).rename_columns(names))
        == "EMAIL_HASHED is missing; email_hashed is none of its columns"
    )


def test_another_order_is_refused() -> None:
    assert refusal(good(2).select(SCHEMA.names[::-1])) == "its columns are in another order"


def test_a_missing_column_is_refused() -> None:
    assert refusal(good(2).drop_columns(["CEP"])) == "CEP is missing"


def test_an_extra_column_is_refused() -> None:
    assert refusal(good(2).append_column("EMAIL", pa.array(["a", "b"]))) == "EMAIL is none of its columns"


def test_a_column_that_stands_twice_is_refused() -> None:
    assert refusal(good(2).append_column("CEP", pa.array(["a", "b"]))) == "CEP stands 2 times"


@pytest.mark.parametrize(
    "value",
    [
        DIGEST.upper(),
        DIGEST[:-1],
        DIGEST + "a",
        DIGEST + "\n",
        "\n" + DIGEST[1:],
        "",
        " " * 64,
        "\uff41" * 21 + "b",
        "g" * 64,
    ],
    ids=["upper", "63", "65", "newline-after", "newline-before", "empty", "blanks", "full-width", "not-hex"],
)
@pytest.mark.parametrize("column", ["EMAIL_HASHED", "LAST_NAME_HASHED"])
def test_a_digest_is_64_lower_case_hex_digits(column: str, value: str) -> None:
    table = with_column(good(3), column, pa.array([DIGEST, value, None]))
    assert refusal(table) == f"{column}: 64 lower-case hex digits (1 of 3 rows)"


@pytest.mark.parametrize("value", ["", " ", "\t\n", "\u00a0\u3000"])
def test_a_blank_id_is_refused(value: str) -> None:
    table = with_column(good(3), "CUSTOMER_ID", pa.array(["a", value, " b "]))
    assert refusal(table) == "CUSTOMER_ID: not blank (1 of 3 rows)"


def test_a_null_id_is_refused() -> None:
    table = with_column(good(3), "CUSTOMER_ID", pa.array(["a", None, None]))
    assert refusal(table) == "CUSTOMER_ID: not null (2 of 3 rows)"


@pytest.mark.parametrize(
    ("column", "other", "told"),
    [
        ("AGE", pa.int64(), "int64 and should be int32"),
        ("AGE", pa.string(), "string and should be int32"),
        ("CITY", pa.large_string(), "large_string and should be string"),
        ("CITY", pa.string_view(), "string_view and should be string"),
        ("EMAIL_HASHED", pa.large_string(), "large_string and should be string"),
        ("EMAIL_HASHED", pa.string_view(), "string_view and should be string"),
        ("EMAIL_HASHED", pa.binary(), "binary and should be string"),
        ("CITY", pa.null(), "null and should be string"),
        (
            "CITY",
            pa.dictionary(pa.int32(), pa.string()),
            "dictionary<values=string, indices=int32, ordered=0> and should be",
        ),
    ],
    ids=str,
)
def test_types_are_exact(column: str, other: pa.DataType, told: str) -> None:
    table = good(3)
    values = pa.nulls(3) if other == pa.null() else table[column].combine_chunks().cast(other)
    assert refusal(with_column(table, column, values)).startswith(f"{column} is {told}")


def test_every_broken_rule_is_named_with_its_count() -> None:
    table = with_column(good(4), "CUSTOMER_ID", pa.array(["a", " ", None, None]))
    table = with_column(table, "EMAIL_HASHED", pa.array(["mary@example.com", "x", "y", None]))
    assert refusal(table) == (
        "CUSTOMER_ID: not blank (1 of 4 rows); CUSTOMER_ID: not null (2 of 4 rows);"
        " EMAIL_HASHED: 64 lower-case hex digits (3 of 4 rows)"
    )


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=80))
def test_no_value_is_ever_repeated(value: str) -> None:
    told = refusal(with_column(good(1), "EMAIL_HASHED", pa.array([f"<{value}>"])))
    assert told == "EMAIL_HASHED: 64 lower-case hex digits (1 of 1 rows)"


def test_300_000_bad_rows_are_counted_in_bounded_time_and_memory() -> None:
    emails = pa.array([f"mary{number}@example.com" for number in range(MANY)])
    table = with_column(with_column(good(MANY), "EMAIL_HASHED", emails), "PHONE_HASHED", emails)
    table = with_column(table, "CUSTOMER_ID", pa.nulls(MANY, pa.string()))
    arrow_before, peak_before = pa.total_allocated_bytes(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    told = refusal(table)
    seconds = time.process_time() - started
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_before
    assert told == (
        f"CUSTOMER_ID: not null ({MANY} of {MANY} rows); EMAIL_HASHED: 64 lower-case hex digits ({MANY} of {MANY} rows);"
        f" PHONE_HASHED: 64 lower-case hex digits ({MANY} of {MANY} rows)"
    )
    assert "mary" not in told
    assert seconds < 20
    assert grown < 400 << 10, "in kilobytes"
    assert pa.total_allocated_bytes() - arrow_before < 64 << 20, "the refused rows are still held"
