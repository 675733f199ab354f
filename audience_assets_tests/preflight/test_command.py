"""`audience-assets preflight`: a table or JSON on standard output, and an exit code that a script can go by."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from audience_assets.cli import app
from audience_assets.settings import SETTINGS_VARIABLE
from audience_assets_tests.preflight.looking import Deployed, OnMeta, OnTikTok

Run = Callable[..., Result]


def toml(declared: dict[str, Any], at: str) -> str:
    """A table of the settings file."""
    plain = {name: each for name, each in declared.items() if not isinstance(each, dict) or "env" in each}
    lines = [f"{name} = {_value(each)}" for name, each in plain.items()]
    tables = [toml(each, f"{at}.{name}") for name, each in declared.items() if name not in plain]
    return "\n".join([f"[{at}]", *lines, *tables])


def _value(given: object) -> str:
    return f'{{ env = "{given["env"]}" }}' if isinstance(given, dict) else json.dumps(given)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, meta: OnMeta, tiktok: OnTikTok) -> Run:
    """Runs the command in a deployment with two destinations."""
    both: tuple[Deployed, ...] = (meta, tiktok)
    sections = [toml(each.declared, f"destinations.{each.name}") for each in both]
    (tmp_path / "settings.toml").write_text(
        "\n".join(['[source]\npath = "extract/{day}/customers.parquet"', *sections])
    )
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "settings.toml"))

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(
            app, ["preflight", *arguments], env=dict(os.environ), catch_exceptions=False
        )

    return call


def test_all_destinations_are_looked_at_in_one_table(run: Run, meta: OnMeta, tiktok: OnTikTok) -> None:
    ended = run()
    assert ended.exit_code == 0, ended.output
    lines = ended.stdout.splitlines()
    assert all(word in lines[1] for word in ("destination", "check", "result", "what was seen"))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]
    assert ["meta", "terms", "passed", "the customer-list terms are accepted"] in rows
    assert ["tiktok", "credentials", "passed", "TikTok accepts the access token"] in rows
    assert meta.sent == tiktok.sent == []


def test_an_error_is_in_the_table_and_ends_with_1(run: Run, meta: OnMeta) -> None:
    meta.account.terms_accepted = False
    ended = run("meta")
    assert ended.exit_code == 1
    assert "failed" in ended.stdout
    assert "tiktok" not in ended.stdout
    assert ended.stderr == ""


def test_a_warning_ends_with_0(run: Run, meta: OnMeta) -> None:
    meta.account.usage_percent = 80
    ended = run("meta")
    assert ended.exit_code == 0
    assert "warning" in ended.stdout


def test_json_has_an_object_for_each_check(run: Run, meta: OnMeta) -> None:
    meta.account.permissions = {"ads_read"}
    ended = run("--json", "--day", "2026-01-05", "meta")
    assert ended.exit_code == 1
    found = {each["check"]: each for each in json.loads(ended.stdout)}
    assert found["token_scopes"]["destination"] == "meta"
    assert (found["token_scopes"]["passed"], found["token_scopes"]["severity"]) == (False, "error")
    assert (found["account"]["passed"], found["account"]["sentence"]) == (
        None,
        "not looked at: token_scopes failed",
    )
    assert found["extract"]["passed"] is False
    assert meta.account.access_token not in ended.stdout


def test_a_destination_that_is_not_there_is_one_line(run: Run) -> None:
    ended = run("nobody")
    assert ended.exit_code == 1
    assert ended.stderr == "audience-assets: there is no destination nobody; there is meta, tiktok\n"
    assert ended.stdout == ""
