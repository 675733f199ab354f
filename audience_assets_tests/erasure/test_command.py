"""`audience-assets erase` and the asset carry out requests and show receipts that name nobody."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from typer.testing import CliRunner

from audience_assets import settings as settings_file
from audience_assets.assets import erasure
from audience_assets.cli import app
from audience_assets.erasure import carrying_out
from audience_assets.erasure.requests import ErasureRequest
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.three_partners import EVERYBODY, World


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command for a world."""
    monkeypatch.setattr(settings_file, "load", lambda _file=None: world.pipeline.settings)
    runner = CliRunner()
    return lambda *arguments, lines="": runner.invoke(app, ["erase", *arguments], input=lines)


def test_lines_on_standard_input_are_carried_out_and_receipted(run: Any, world: World) -> None:
    done = run(lines='{"request": "T-1", "email": "person3@example.com"}\n')
    assert done.exit_code == 0, done.output
    receipt = json.loads(done.stdout)
    assert (receipt["request"], receipt["customers"], receipt["overdue"]) == ("T-1", 1, False)
    assert "person3" not in done.output
    assert world.held() == (11, 11, 11)


def test_an_id_may_stand_on_the_command_line_with_a_name(run: Any, world: World) -> None:
    assert "give the request a name" in run("--customer-id", "c3").output
    assert run("--customer-id", "c3", "--request", "T-2").exit_code == 0
    assert world.held() == (11, 11, 11)


def test_receipts_are_shown_again_without_doing_anything(run: Any, world: World) -> None:
    carrying_out.register(world.pipeline, [ErasureRequest(request="T-3", customer_id="c3")])
    shown = run("--receipts")
    assert shown.exit_code == 1  # it is open
    assert json.loads(shown.stdout)["done_at"] is None
    assert world.held() == (12, 12, 12)


def materialize(world: World) -> dg.ExecuteInProcessResult:
    """Materialize the asset."""
    asset = erasure.build(world.pipeline)
    with dg.DagsterInstance.ephemeral() as instance:
        return dg.materialize([asset], instance=instance, raise_on_error=False)


def test_the_asset_carries_out_what_the_table_asks_for(make: Any, tmp_path: Path) -> None:
    (tmp_path / "requests.csv").write_text("request,customer_id\nT-4,c3\nT-5,c5\n")
    world: World = make(erasure={"requests": {"path": "requests.csv"}})
    world.run(DAYS[0], EVERYBODY)
    result = materialize(world)
    assert result.success
    [check] = result.get_asset_check_evaluations()
    assert check.passed
    assert world.held() == (10, 10, 10)
    assert materialize(world).success  # the same table again changes nothing
    assert world.held() == (10, 10, 10)


def test_a_missed_deadline_fails_the_check_and_names_the_place(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = datetime.now(UTC) - timedelta(days=40)
    carrying_out.register(world.pipeline, [ErasureRequest(request="T-6", customer_id="c3", asked_at=asked)])
    monkeypatch.setenv("ASSETS_TESTS_TIKTOK_TOKEN", "another")
    result = materialize(world)
    [check] = result.get_asset_check_evaluations()
    assert (check.check_name, check.passed) == ("erasures_within_deadline", False)
    assert "T-6: open at tiktok vip" in str(check.description)
