"""Where settings come from: defaults, the file, the environment, and what relative paths are relative to."""

import pickle
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audience_assets import settings
from audience_assets.definitions import build_defs
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.rules.canonical import IDENTIFIERS
from audience_assets.settings import SETTINGS_VARIABLE, Settings
from audience_assets_tests.settings.conftest import Load
from audience_assets_tests.settings.declared import vtex_ads


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = settings.load()
    assert loaded.state_dir == tmp_path / ".audience_assets"
    assert loaded.ledger == f"sqlite:///{tmp_path}/.audience_assets/ledger.sqlite"
    assert loaded.owners == ("team:data-engineering",)
    assert (loaded.partitions.start, loaded.partitions.timezone) == (date(2026, 1, 1), "America/Sao_Paulo")
    assert (loaded.source.path, loaded.source.query, loaded.source.extract) == (None, None, "full")
    assert (loaded.rules.default_country, loaded.rules.date_order, loaded.rules.brazil_ninth_digit) == (
        "BR",
        "dmy",
        True,
    )
    assert (loaded.engine.memory_limit, loaded.schedule.hour, loaded.schedule.minute) == ("1GB", 6, 0)
    assert loaded.destinations == {"vtex_ads": VtexAdsSettings()}
    assert (vtex_ads(loaded).departed, vtex_ads(loaded).social_id) == (
        "blank",
        "digits",
    )


def test_the_environment_names_the_file(load: Load, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load("schedule.hour = 3")
    monkeypatch.setenv(SETTINGS_VARIABLE, str(file))
    assert settings.load().schedule.hour == 3


def test_a_file_that_is_given_comes_before_the_one_in_the_environment(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTINGS_VARIABLE, "/nowhere/settings.toml")
    assert load("schedule.hour = 3").schedule.hour == 3


def test_relative_paths_are_relative_to_the_file(
    load: Load, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    loaded = load('state_dir = "state"\n[source]\npath = "extracts/{day}.csv"')
    assert loaded.state_dir == file.parent / "state"
    assert loaded.source.path == f"{file.parent}/extracts/{{day}}.csv"


def test_absolute_paths_and_addresses_stay(load: Load) -> None:
    loaded = load('state_dir = "/state"\n[source]\npath = "s3://bucket/{day:%Y/%m/%d}/*.parquet"')
    assert loaded.state_dir == Path("/state")
    assert loaded.source.path == "s3://bucket/{day:%Y/%m/%d}/*.parquet"
    assert load('source.path = "/in/{day}.csv"').source.path == "/in/{day}.csv"


def test_a_state_on_s3_stays_where_it_is(load: Load, file: Path) -> None:
    loaded = load(
        'state_dir = "s3://bucket/our/state/"\nledger_url = "sqlite:////l.sqlite"\nscratch_dir = "scratch"'
    )
    assert (loaded.state_dir, str(loaded.state)) == ("s3://bucket/our/state", "s3://bucket/our/state")
    assert loaded.scratch == file.parent / "scratch"


def test_settings_can_be_sent_to_another_process(load: Load) -> None:
    loaded = load('engine.workers = 2\n[destinations.x]\ntype = "vtex_ads"')
    assert pickle.loads(pickle.dumps(loaded)) == loaded  # noqa: S301 - of our own making


def test_braces_in_the_files_own_folder_are_no_template(tmp_path: Path) -> None:
    folder = tmp_path / "{env}"
    folder.mkdir()
    (folder / "settings.toml").write_text('source.path = "{day}.csv"')
    path = settings.load(folder / "settings.toml").source.path
    assert path is not None
    assert path.format(day=date(2026, 11, 5)) == f"{folder}/2026-11-05.csv"


def test_the_environment_overrides_single_keys_of_the_file(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIENCE_ASSETS__SCHEDULE__HOUR", "7")
    monkeypatch.setenv("AUDIENCE_ASSETS__DESTINATIONS__VTEX_ADS__BUCKET", "other")
    monkeypatch.setenv("AUDIENCE_ASSETS__OWNERS", '["team:night"]')
    monkeypatch.setenv("audience_assets__engine__threads", "3")
    loaded = load("""
        schedule = { hour = 3, minute = 30 }
        destinations.vtex_ads = { bucket = "b", prefix = "p" }
    """)
    assert (loaded.schedule.hour, loaded.schedule.minute) == (7, 30)
    assert (vtex_ads(loaded).bucket, vtex_ads(loaded).prefix) == ("other", "p")
    assert loaded.owners == ("team:night",)
    assert loaded.engine.threads == 3


def test_a_byte_order_mark_and_windows_line_ends_are_read_over(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"\xef\xbb\xbf[schedule]\r\nhour = 3\r\n")
    assert settings.load(file).schedule.hour == 3


def test_the_example_file_loads() -> None:
    settings.load(Path(__file__).parents[2] / "examples" / "settings.toml")


@pytest.mark.parametrize("timezone", ["UTC", "America/Sao_Paulo", "Asia/Kathmandu"])
def test_time_zones_are_known_by_name(load: Load, timezone: str) -> None:
    assert load(f'partitions.timezone = "{timezone}"').partitions.timezone == timezone


@pytest.mark.parametrize(
    "path", ["{day}", "{day:%Y%m%d}.csv", "{day:%Y/%m/%d}/{day}*.csv", "{day:%y-%j}", "{{x}}{day:%F}"]
)
def test_a_path_may_write_the_day_in_any_way_that_tells_days_apart(load: Load, path: str) -> None:
    assert (load(f'source.path = "/{path}"').source.path or "") == f"/{path}"


def test_every_hashed_field_may_arrive_as_a_digest(load: Load) -> None:
    assert load(f"source.hashed = {sorted(IDENTIFIERS)}").source.hashed == IDENTIFIERS


def test_a_deployment_without_destinations_is_fine(load: Load) -> None:
    loaded = load("[destinations]")
    assert loaded.destinations == {}
    found = {key.to_user_string() for key in build_defs(loaded).resolve_all_asset_keys()}
    customers = {"raw_customers", "normalized_customers", "hashed_customers"}
    assert found == customers | {"quarantine", "retention", "erasure_requests"}


@given(st.sampled_from(["team:a", "team:Data Eng!", "ana@example.com", "a.b+c@x-y.co"]))
def test_owners_that_are_taken_are_owners_for_dagster(owner: str) -> None:
    from dagster._core.definitions.utils import is_valid_owner  # noqa: PLC0415 - only to compare with

    assert Settings(owners=(owner,)).owners == (owner,)
    assert is_valid_owner(owner)
