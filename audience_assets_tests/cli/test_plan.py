"""`audience-assets plan`: what a day would send to whom and what that takes; no partner needs to be there."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets import settings as settings_file
from audience_assets.pipeline import Pipeline
from audience_assets_tests.cli.conftest import Command, one_line_error
from audience_assets_tests.three_partners import EVERYBODY

DAY = "2026-01-05"
SETTINGS = """
state_dir = "state"
[source]
path = "extract/{day}.parquet"
[destinations.vtex_ads]
type = "vtex_ads"
bucket = "nobody"
[destinations.meta]
type = "meta"
ad_account = "1"
access_token = { env = "NOT_SET" }
keys = ["EMAIL"]
rows_per_batch = 5
calls_per_second = 1
[destinations.tiktok]
type = "tiktok"
advertiser_id = "1"
access_token = { env = "NOT_SET" }
"""


@pytest.fixture
def deployment(tmp_path: Path) -> Path:
    """Twelve customers in one audience, and partners whose secrets are not even set."""
    (tmp_path / "settings.toml").write_text(SETTINGS)
    (tmp_path / "extract").mkdir()
    pq.write_table(pa.Table.from_pylist(EVERYBODY), tmp_path / "extract" / f"{DAY}.parquet")
    return tmp_path


@pytest.fixture
def hashed(deployment: Path) -> Pipeline:
    """The same, up to what no partner is concerned with."""
    pipeline = Pipeline(settings_file.load(deployment / "settings.toml"))
    for step in (pipeline.read_extract, pipeline.normalize, pipeline.hash):
        step(date.fromisoformat(DAY))
    return pipeline


def plan(command: Command, *more: str) -> Any:
    return command("plan", "--day", DAY, "--settings", "settings.toml", *more)


@pytest.mark.usefixtures("hashed")
def test_as_json_every_audience_has_its_figures(command: Command) -> None:
    ended = plan(command, "--json")
    assert (ended.returncode, ended.stderr) == (0, b"")
    told = {each["destination"]: each for each in json.loads(ended.stdout)}
    [meta] = told["meta"]["parts"]
    assert (meta["audience"], meta["mode"], meta["rows"], meta["files"], meta["calls"]) == (
        "vip",
        "update",
        12,
        3,
        6,
    )
    assert told["meta"]["minutes"] == pytest.approx(5 / 60)  # six calls at one a second
    assert (told["vtex_ads"]["calls"], told["vtex_ads"]["minutes"]) == (1, 0)
    [tiktok] = told["tiktok"]["parts"]
    assert "takes 1000 or more" in tiktok["not_sent"]
    assert tiktok["calls"] == told["tiktok"]["calls"] == 0


def test_the_table_says_it_for_people_and_the_day_s_delta_stays_as_it_is(
    command: Command, hashed: Pipeline, deployment: Path
) -> None:
    hashed.plan("meta", date.fromisoformat(DAY), purpose="plan_only")
    [made] = deployment.rglob("delta/*/manifest.json")
    before = made.read_bytes()
    shown = plan(command, "meta").stdout.decode()
    assert [word for word in ("destination", "removals", "minutes", "meta", "vip") if word not in shown] == []
    assert "meta: 1 calls a second (calls_per_second)" in shown
    assert "Nothing was sent." in shown
    assert "vtex_ads" not in shown
    assert made.read_bytes() == before
    plan(command, "vtex_ads")
    assert list(deployment.rglob("delta/*/manifest.json")) == [made]


@pytest.mark.usefixtures("deployment")
def test_without_customers_it_says_what_to_materialize(command: Command) -> None:
    one_line_error(plan(command), "materialize hashed_customers", DAY)


@pytest.mark.usefixtures("deployment")
def test_a_destination_that_is_not_there_is_named(command: Command) -> None:
    one_line_error(plan(command, "nowhere"), "there is no destination nowhere")
