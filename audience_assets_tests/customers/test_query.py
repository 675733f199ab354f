"""A DuckDB query as the source, with the day in it as `$day`."""

import pytest

from audience_assets.errors import ExtractError, SettingsError
from audience_assets_tests.customers.extracts import MARKER, Extracts

FIXED = "select '1' as customer_id, $day as external_id"


@pytest.mark.parametrize(
    ("query", "external_id"),
    [
        (FIXED, "2026-01-05"),
        (FIXED + ";", "2026-01-05"),
        (FIXED + " ; -- the end; of $day\n", "2026-01-05"),
        ("/* $day; */ " + FIXED, "2026-01-05"),
        ("select 1 as customer_id, $day || ' ' || $day as external_id", "2026-01-05 2026-01-05"),
        (
            "select 1 as customer_id, 'not $day, '' nor this' as external_id where $day > ''",
            "not $day, ' nor this",
        ),
        ("select 1 as customer_id, {'a': $day}.a as external_id", "2026-01-05"),
        (
            'with "$day" as (select $day as x) select 1 as customer_id, x as external_id from "$day"',
            "2026-01-05",
        ),
        ("select 1 as customer_id, $$of $day$$ as external_id where $day > ''", "of $day"),
        (
            "from (values (1, 'x')) as t(customer_id, external_id) where cast($day as date) = date '2026-01-05'",
            "x",
        ),
    ],
)
def test_the_day_stands_wherever_a_value_may(extracts: Extracts, query: str, external_id: str) -> None:
    extracts.source = {"query": query}
    customer = extracts.one()
    assert (customer["customer_id"], customer["external_id"]) == ("1", external_id)


def test_a_query_reads_files_maps_columns_and_has_types(extracts: Extracts) -> None:
    extracts.write_parquet(
        {"ID": [7], "CPF": [1234567890.0], "tags": [["a", "b"]]}, "in/2026-01-05/a.parquet"
    )
    query = f"select * from read_parquet('{extracts.folder}/in/' || $day || '/*.parquet') where $day = $day"
    extracts.source = {
        "query": query,
        "columns": {"customer_id": "ID", "social_id": "CPF", "audiences": "tags"},
    }
    customer = extracts.one()
    assert customer["customer_id"] == "7"
    assert customer["social_id"] == "01234567890"
    assert customer["audiences"] == ["a", "b"]


@pytest.mark.parametrize(
    "query",
    [
        "selec $day",
        "select $day as customer_id from nowhere",
        "select nothing, $day from (select 1 as x)",
        "select 1 as customer_id",
        "select '$day' as customer_id",
        "select $day as customer_id, $dya as email",
        f"{FIXED}; {FIXED}",
        "create table x as select $day as customer_id",
        "copy (select $day) to 'x.csv'",
        "select $day as customer_id where ?",
        "",
        ";",
        "select '$day as customer_id",
    ],
)
def test_a_query_that_cannot_run_is_refused(extracts: Extracts, query: str) -> None:
    extracts.source = {"query": query}
    assert "source.query" in extracts.refusal(SettingsError)


def test_a_refused_query_shows_no_names_from_a_file_without_header(extracts: Extracts) -> None:
    extracts.write("in.csv", f"{MARKER},emial\nx,y\n")
    for wrong in ("email", '"MARKED"', "a.b", f'"{MARKER[:-1]}"'):
        extracts.source = {"query": f"select {wrong}, $day as customer_id from '{extracts.folder}/in.csv'"}
        extracts.refusal(SettingsError)


def test_missing_files_of_a_query_are_named(extracts: Extracts) -> None:
    for reader in ("read_parquet", "read_csv", "read_json"):
        extracts.source = {"query": f"from {reader}('{extracts.folder}/none/' || $day || '.x')"}
        assert "none/2026-01-05.x" in extracts.refusal(ExtractError)


@pytest.mark.parametrize(
    "expression",
    ["cast(name as integer)", "error(name)", "cast(name as date)", "strptime(name, '%Y')"],
)
def test_what_fails_on_a_value_does_not_show_it(extracts: Extracts, expression: str) -> None:
    extracts.write_parquet({"name": ["x", MARKER, f"line 12345678901 {MARKER}"]}, "in.parquet")
    query = f"select {expression} as customer_id, $day as city from '{extracts.folder}/in.parquet'"
    extracts.source = {"query": query}
    said = extracts.refusal(ExtractError)
    assert "2026-01-05 cannot be read" in said
    assert "12345678901" not in said


@pytest.mark.parametrize(
    "content", [f'{{"customer_id": "{MARKER}', f'{{"customer_id": "{MARKER}"}}\n{MARKER}\n']
)
def test_a_broken_file_behind_a_query_is_refused(extracts: Extracts, content: str) -> None:
    extracts.write("in.json", content)
    extracts.source = {"query": f"select *, $day as x from read_json('{extracts.folder}/in.json')"}
    assert "cannot be read" in extracts.refusal(ExtractError)


def test_a_column_that_a_query_names_twice_is_refused(extracts: Extracts) -> None:
    extracts.source = {"query": "select $day as customer_id, 1 as email, 2 as email"}
    assert "'email' stands there 2 times" in extracts.refusal(ExtractError)
