"""`audience-assets quarantine` and `history`: tables for people, CSV and JSON for programs, one sentence for what is not there."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from audience_assets import settings as settings_file
from audience_assets.cli import app
from audience_assets.observed import command
from audience_assets.observed.quarantined import SHOWN
from audience_assets_tests.observed.playing import DAYS, Played
from audience_assets_tests.observed.quarantining import DAYS as DATES
from audience_assets_tests.observed.quarantining import Refusing, customer

Run = Callable[..., Result]
FIRST, SECOND, *_ = DATES


def runner(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Run:
    monkeypatch.setattr(settings_file, "load", lambda _file=None: settings)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


@pytest.fixture
def run(refusing: Refusing, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command for two days on which two customers are refused something."""
    bad = customer("a", email="nobody"), customer("b", phone="1", audiences=["a;b"])
    refusing.day(FIRST, [*bad, customer("c")])
    refusing.day(SECOND, [bad[1], customer("c")])
    return runner(monkeypatch, refusing.run.settings)


@pytest.fixture
def told(played: Played, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command for the three days of the partners."""
    return runner(monkeypatch, played.world.pipeline.settings)


def rows(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_the_newest_quarantine_is_a_table(run: Run) -> None:
    shown = run("quarantine")
    assert shown.exit_code == 0, shown.output
    assert "not a phone number" in shown.stdout
    assert "an element contains ;" in shown.stdout
    assert "no @" not in shown.stdout
    assert f"as of {SECOND}: 2 entries, 0 of them new; 1 are gone" in shown.stdout


def test_as_csv_it_has_a_row_for_each_entry(run: Run) -> None:
    assert rows(run("quarantine", "--csv", "--day", str(FIRST), "--field", "email")) == [
        dict(zip(SHOWN, ("a", "", "", "email", "email@1", "no @", str(FIRST), str(FIRST)), strict=True))
    ]


def test_what_is_asked_for_is_shown(run: Run) -> None:
    everything = rows(run("quarantine", "--csv"))
    assert [row["field"] for row in everything] == ["phone", "AUDIENCES"]
    assert rows(run("quarantine", "--csv", "--destination", "vtex_ads")) == everything
    assert rows(run("quarantine", "--csv", "--reason", "not a phone number")) == everything[:1]
    assert rows(run("quarantine", "--csv", "--field", "AUDIENCES")) == everything[1:]
    assert rows(run("quarantine", "--csv", "--field", "email")) == []


def test_a_table_stays_readable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "MOST", 1)
    assert "1 more are not shown: --csv has all" in run("quarantine").stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--day", "2026-02-01"), "quarantine has nothing for this day yet"),
        (("--destination", "meta"), "there is no destination meta; there is vtex_ads"),
    ],
)
def test_what_is_not_there_is_one_sentence(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    ended = run("quarantine", *arguments)
    assert ended.exit_code == 1
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_before_the_first_day_there_is_none(refusing: Refusing, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = runner(monkeypatch, refusing.run.settings)("quarantine")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert "there is no quarantine yet: materialize quarantine for a day" in ended.stderr


def test_a_history_is_shown_to_people(told: Run) -> None:
    shown = told("history", "c3")
    assert shown.exit_code == 0, shown.output
    for words in (f"among the customers of {DAYS[2]}", "legal basis consent", "refused: badly", "replace"):
        assert words in shown.stdout
    withheld = told("history", "c8").stdout
    assert "withheld from every partner: suppressed" in withheld
    assert "upsert, blank" in withheld
    assert f"not among the customers of {DAYS[2]}" in told("history", "c5").stdout


def test_a_history_is_told_to_programs(told: Run, played: Played) -> None:
    assert json.loads(told("history", "c6", "--json").stdout) == json.loads(
        played.after["c6"].model_dump_json()
    )
    one = json.loads(told("history", "c6", "--destination", "tiktok", "--json").stdout)
    assert {row["destination"] for row in one["sent"]} == {"tiktok"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("c99",), "nothing is known of a customer of this customer_id"),
        (
            ("c3", "--destination", "nowhere"),
            "there is no destination nowhere; there is meta, tiktok, vtex_ads",
        ),
    ],
)
def test_who_is_not_known_is_one_sentence(told: Run, arguments: tuple[str, ...], sentence: str) -> None:
    ended = told("history", *arguments)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert sentence in ended.stderr
    assert "c99" not in ended.stderr
