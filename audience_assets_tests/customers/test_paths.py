"""Which files are the day's: templates, patterns, and what changes between two steps."""

import os

import pytest

from audience_assets.customers import source
from audience_assets.errors import ExtractError, SettingsError
from audience_assets_tests.customers.extracts import DAY, MARKER, Extracts, refusal, settings_from_toml

ONE = "customer_id\n1\n"


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("{day}.csv", "2026-01-05.csv"),
        ("in/{day:%Y/%m/%d}/customers.csv", "in/2026/01/05/customers.csv"),
        ("in/{day:%Y%m%d}-{day}.csv", "in/20260105-2026-01-05.csv"),
        ("in/day={day}/*.csv", "in/day=2026-01-05/part-0.csv"),
        ("in/{day}/**/*.csv", "in/2026-01-05/a/b/c.csv"),
        ("in/{day}/part-?.csv", "in/2026-01-05/part-0.csv"),
        ("in/{day}/*.csv", "in/2026-01-05/odd [1] name's.csv"),
    ],
)
def test_a_template_finds_the_day(extracts: Extracts, path: str, file: str) -> None:
    found = extracts.write(file, ONE, path=path).read()
    assert found.customers == 1
    assert [name.endswith(file) for name in found.files] == [True]


def test_a_name_that_looks_like_a_pattern_is_only_itself(extracts: Extracts) -> None:
    extracts.write("2026-01-05/part[1].csv", ONE)
    extracts.write("2026-01-05/part1.csv", "customer_id\n2\n", path="{day}/part*.csv")
    assert set(extracts.fingerprints()) == {"1", "2"}


def test_all_files_of_a_day_count_and_no_other_day(extracts: Extracts) -> None:
    for number in range(5):
        extracts.write(f"2026-01-05/{number}.csv", f"customer_id\n{number}\n")
    extracts.write("2026-01-06/9.csv", "customer_id\n9\n", path="{day}/*.csv")
    assert extracts.read().customers == 5


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_folders_of_the_hive_kind_add_no_columns(extracts: Extracts, kind: str) -> None:
    file = f"city=Rio/email=x@y.z/day=2026-01-05/a.{kind}"
    if kind == "csv":
        extracts.write(file, ONE)
    elif kind == "json":
        extracts.write_json([{"customer_id": "1"}], file)
    else:
        extracts.write_parquet({"customer_id": ["1"]}, file)
    extracts.source = {"path": f"city=Rio/email=x@y.z/day={{day}}/*.{kind}"}
    customer = extracts.one()
    assert (customer["city"], customer["email"]) == (None, None)
    assert extracts.read().unused_columns == []


@pytest.mark.parametrize("path", ["{dya}.csv", "{}.csv", "{day.nothing}.csv", "{day:%Y.csv", "in/day.csv"])
def test_a_wrong_template_is_refused_when_the_settings_are_read(extracts: Extracts, path: str) -> None:
    said = refusal(SettingsError, lambda: settings_from_toml(extracts.folder, f'[source]\npath = "{path}"\n'))
    assert "source" in said
    assert "{day}" in said


@pytest.mark.parametrize("path", ["in/{day}.csv", "in/{day}/*.csv", "in/{day:%Y/%m/%d}/*.parquet"])
def test_a_day_without_files_names_the_path(extracts: Extracts, path: str) -> None:
    extracts.source = {"path": path}
    said = extracts.refusal(ExtractError)
    assert path.format(day=DAY) in said
    assert "has not landed" in said
    assert not source.has_landed(extracts.pipeline.settings, DAY)


def test_a_folder_is_no_file(extracts: Extracts) -> None:
    extracts.write("2026-01-05/a.csv", ONE, path="{day}")
    assert "has not landed" in extracts.refusal(ExtractError)


def test_without_any_source_the_keys_are_named(extracts: Extracts) -> None:
    extracts.source = {}
    assert "source.path or source.query" in extracts.refusal(SettingsError)


@pytest.mark.parametrize("other", ["_SUCCESS", "notes.md", "b.json"])
def test_a_file_of_another_kind_among_the_days_is_named(extracts: Extracts, other: str) -> None:
    extracts.write("2026-01-05/a.csv", f"customer_id\n{MARKER}\n")
    extracts.write(f"2026-01-05/{other}", MARKER, path="{day}/*")
    said = extracts.refusal(ExtractError)
    assert other in said
    assert "source.path" in said


def test_the_format_may_be_configured(extracts: Extracts) -> None:
    extracts.write("2026-01-05.export", ONE, path="{day}.export", format="csv")
    assert extracts.read().customers == 1
    extracts.source = {"path": "{day}.export"}
    assert "set source.format" in extracts.refusal(ExtractError)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(extracts: Extracts) -> None:
    extracts.write("2026-01-05.csv", ONE)
    (extracts.folder / "2026-01-05.csv").chmod(0)
    assert "2026-01-05.csv" in extracts.refusal(ExtractError)


@pytest.mark.parametrize("change", ["replaced", "gone", "another file"])
def test_an_extract_that_changes_between_two_steps_is_refused(extracts: Extracts, change: str) -> None:
    extracts.write("2026-01-05/a.csv", f"customer_id,city\n1,{MARKER}\n", path="{day}/*.csv")
    extracts.read()
    if change == "replaced":
        (extracts.folder / "2026-01-05/a.csv").write_text(f"customer_id,city\n1,{MARKER}X\n")
    elif change == "gone":
        (extracts.folder / "2026-01-05/a.csv").unlink()
    else:
        (extracts.folder / "2026-01-05/b.csv").write_text("customer_id,city\n2,x\n")
    said = extracts.refusal(ExtractError, lambda: extracts.pipeline.normalize(DAY))
    assert "raw_customers" in said


def test_an_extract_that_changes_while_it_is_read_is_refused(
    extracts: Extracts, monkeypatch: pytest.MonkeyPatch
) -> None:
    extracts.write("2026-01-05.csv", f"customer_id,city\n1,{MARKER}\n")
    view_extract = source.view_extract

    def replaced_behind(*given: object, **named: object) -> source.Columns:
        columns = view_extract(*given, **named)  # type: ignore[arg-type]
        (extracts.folder / "2026-01-05.csv").write_text(f"customer_id,city\n1,{MARKER}\n2,{MARKER}\n")
        return columns

    monkeypatch.setattr(source, "view_extract", replaced_behind)
    assert "was replaced while it was read" in extracts.refusal(ExtractError)
    assert not (extracts.pipeline.layout.raw(DAY) / "manifest.json").exists()
