"""Ten mistakes in the example's settings: the command that meets each first says it in one sentence, with place and mend.

`test_mistakes.py` has every mistake that loading finds; here a person edits the file and runs what they would run next.
"""

import json
from pathlib import Path

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from audience_assets import settings
from audience_assets.cli import app
from audience_assets.definitions import JOB, build_defs
from audience_assets_tests.assets.deployment import RAW, failure

EXAMPLE = Path(__file__).parents[2] / "examples/settings.toml"
DAY = "2026-01-05"
PATH = 'path = "/data/crm/{day}/customers-*.parquet"'


def mistake(file: Path, *edits: tuple[str, str]) -> int:
    """Write the example with these edits, each to the first place that has the words; the line of the last one."""
    text = EXAMPLE.read_text(encoding="utf-8").replace('".audience_assets"', '"state"')
    line = 0
    for before, after in edits:
        begin, found, rest = text.partition(before)
        assert found, before
        line = begin.count("\n") + 1
        text = begin + after + rest
    file.write_text(text, encoding="utf-8")
    return line


def preflight(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of the command; a traceback would fail the test."""
    ended = CliRunner().invoke(app, ["preflight", *arguments], catch_exceptions=False)
    return ended.exit_code, ended.stdout, ended.stderr


def failed_checks(file: Path) -> list[str]:
    """What the command says of each check of VTEX Ads that failed."""
    code, told, errors = preflight("--json", "--settings", str(file), "vtex_ads")
    assert (code, errors) == (1, "")
    return [each["sentence"] for each in json.loads(told) if each["passed"] is False]


def day_failed(file: Path) -> str:
    """Materialize the day's extract; what the failed run says of the day."""
    job = build_defs(settings.load(file)).resolve_job_def(JOB)
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance,
            partition_key=DAY,
            raise_on_error=False,
            asset_selection=[dg.AssetKey(RAW)],
        )
    asset, said = failure(result)
    assert asset == RAW
    assert "\n" not in said
    assert said.startswith(f"{RAW} {DAY}: ")
    return said.removeprefix(f"{RAW} {DAY}: ")


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        pytest.param(
            'access_token = { env = "META',
            'acces_token = { env = "META',
            "destinations.meta.acces_token: there is no such key; did you mean access_token?",
            id="wrong key",
        ),
        pytest.param(
            "rows_per_file = 1000000",
            'rows_per_file = "a million"',
            "destinations.vtex_ads.rows_per_file: Input should be a valid integer, unable to parse string as an integer",
            id="wrong type",
        ),
        pytest.param(
            'type = "tiktok"',
            'type = "tik-tok"',
            "destinations.tiktok.type: there is no such type; there are vtex_ads, meta, tiktok",
            id="unknown destination type",
        ),
        pytest.param(
            'timezone = "America/Sao_Paulo"',
            'timezone = "America/Brasilia"',
            "partitions.timezone: there is no time zone 'America/Brasilia'; use a name such as America/Sao_Paulo",
            id="bad time zone",
        ),
        pytest.param(
            "path =",
            "path",
            "this is not valid TOML (Expected '=' after a key in a key/value pair): text stands in quotes, a table's name in"
            " [brackets]",
            id="not TOML",
        ),
    ],
)
def test_what_loading_finds_names_file_line_key_and_mend(
    tmp_path: Path, before: str, after: str, sentence: str
) -> None:
    file = tmp_path / "settings.toml"
    line = mistake(file, (before, after))
    assert preflight("--settings", str(file)) == (
        1,
        "",
        f"audience-assets: {file}, line {line}: {sentence}\n",
    )


def test_two_destinations_with_one_name_are_told_with_both_lines(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    line = mistake(file, ("[destinations.tiktok]", "[destinations.meta]"))
    lines = EXAMPLE.read_text(encoding="utf-8").split("\n")
    first = 1 + next(at for at, each in enumerate(lines) if each.startswith("[destinations.meta]"))
    assert preflight("--settings", str(file)) == (
        1,
        "",
        f"audience-assets: {file}, line {line}: [destinations.meta] stands on line {first} already: give each table a name of"
        " its own, or make them one\n",
    )


def test_a_missing_secret_names_the_variable_and_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VTEX_ADS_ACCESS_KEY_ID", raising=False)
    file = tmp_path / "settings.toml"
    mistake(file)
    assert failed_checks(file) == [
        "the environment variable VTEX_ADS_ACCESS_KEY_ID is not set: set it where Dagster runs; the settings read a secret from"
        ' it with { env = "VTEX_ADS_ACCESS_KEY_ID" }'
    ]


def test_a_missing_bucket_names_the_key_and_who_knows_it(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    mistake(file, ('bucket = "newtail-audiences"', "#"))
    assert failed_checks(file) == [
        "destinations.vtex_ads.bucket is not set: name the bucket that your Newtail contact gave you"
    ]


def test_a_column_in_another_case_is_told_with_the_line_to_write(tmp_path: Path) -> None:
    extract = tmp_path / "crm.2026-01-05.parquet"
    pq.write_table(pa.table({"ID do Cliente": ["1"]}), extract)
    file = tmp_path / "settings.toml"
    mistake(
        file,
        (PATH, 'path = "crm.{day}.parquet"'),
        ('# customer_id = "ID do Cliente"', 'customer_id = "id do cliente"'),
    )
    assert day_failed(file) == (
        f"{extract}: the column 'ID do Cliente' differs from 'id do cliente' only in case or white space: rename it, or map it"
        ' in source.columns with customer_id = "ID do Cliente"'
    )


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (
            "no such folder/{day}/*.csv",
            "the extract of 2026-01-05 has not landed: there is no file at {place}; wait for it, or mend source.path",
        ),
        (
            "settings.toml/{day}",
            "{place} cannot be read (NotADirectoryError): mend source.path, or give this process the right to read it",
        ),
    ],
)
def test_a_path_that_cannot_be_read_names_the_path_and_its_key(tmp_path: Path, path: str, told: str) -> None:
    file = tmp_path / "settings.toml"
    mistake(file, (PATH, f'path = "{path}"'))
    assert day_failed(file) == told.format(place=tmp_path / path.format(day=DAY))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "selec * from crm where day = $day",
            'does not run: Parser Error: syntax error at or near "selec"; mend the query',
        ),
        (
            "select * from crm",
            "is not one SELECT with the parameter $day and no other: write one SELECT with $day outside of quotes, such as"
            " '/data/' || $day || '/*.parquet'",
        ),
    ],
)
def test_a_query_that_does_not_run_says_which_word_is_wrong(tmp_path: Path, query: str, said: str) -> None:
    file = tmp_path / "settings.toml"
    mistake(file, (PATH, f'query = "{query}"'))
    assert day_failed(file) == f"source.query {said}"
