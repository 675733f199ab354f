"""Runs of a real deployment: whoever is named in the settings is told once of what failed, why and what to do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from audience_assets.alerts import slack as slack_way
from audience_assets.alerts.settings import AlertSettings
from audience_assets.assets import alerts
from audience_assets.assets.alerts import AlertNotSentError
from audience_assets.definitions import build_defs
from audience_assets.errors import SettingsError
from audience_assets_tests.alerts.conftest import GONE, Mailbox, Slack
from audience_assets_tests.assets.deployment import (
    DAYS,
    NORMALIZED,
    RAW,
    Bucket,
    Deployment,
    numbered,
    settings_of,
)

MARKER = "marked-7f3a"
UI = "https://dagster.example.com"


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Deployment]:
    """A deployment of which only the first two assets are run, so that it needs no partner."""
    settings = settings_of(tmp_path, {"vtex_ads": {"type": "vtex_ads"}}, guards={"few": 0})
    with dg.DagsterInstance.ephemeral() as instance:
        yield Deployment(settings, Bucket("", None), "", instance)


@dataclass
class Watch:
    """The sensors of some alert settings, ticked as the daemon does; a tick that fails leaves its cursor where it was."""

    sensors: list[dg.SensorDefinition]
    instance: dg.DagsterInstance
    cursors: dict[str, str | None] = field(default_factory=dict)

    def tick(self) -> None:
        for sensor in self.sensors:
            with dg.build_sensor_context(self.instance, cursor=self.cursors.get(sensor.name)) as context:
                self.cursors[sensor.name] = sensor.evaluate_tick(context).cursor


def watch(deployed: Deployment, **given: Any) -> Watch:
    """The alerts of these settings, about what runs from now on."""
    settings = AlertSettings.model_validate({"ui_url": UI} | given)
    watching = Watch(alerts.build(settings), deployed.instance)
    watching.tick()
    return watching


def subject(mail: EmailMessage) -> str:
    """A long one is folded over several lines, which leaves a blank at its beginning."""
    return str(mail["Subject"]).strip()


def text(mail: EmailMessage) -> str:
    return "\n".join(mail.get_content().splitlines())


def test_nobody_is_told_until_the_settings_say_so(
    deployed: Deployment, mailbox: Mailbox, slack_server: Slack
) -> None:
    def names(**given: Any) -> set[str]:
        bent = deployed.settings.model_copy(update={"alerts": AlertSettings.model_validate(given)})
        return {sensor.name for sensor in build_defs(bent).sensors or ()}

    without = names()
    assert not [name for name in without if "on_fail" in name]
    assert names(email=mailbox.settings()) - without == {"email_on_failure", "email_on_failed_checks"}
    assert names(slack=slack_server.settings()) - without == {"slack_on_failure", "slack_on_failed_checks"}


def test_a_run_that_fails_is_told_once_with_its_asset_cause_and_mend(
    deployed: Deployment, mailbox: Mailbox, slack_server: Slack
) -> None:
    watching = watch(deployed, email=mailbox.settings(), slack=slack_server.settings())
    run = deployed.run(DAYS[0], RAW).run_id
    for _ in range(3):
        watching.tick()
    [mail], [(_, post)] = mailbox.mails, slack_server.posts
    assert subject(mail) == f"daily_audiences for {DAYS[0]} failed: raw_customers"
    told = text(mail)
    assert f"- raw_customers: {DAYS[0]}: the extract of {DAYS[0]} has not landed" in told
    assert told.endswith(f"Run: {UI}/runs/{run}")
    assert "Traceback" not in told
    assert post["text"] == f"*{mail['Subject']}*\n{told}"


def test_a_guard_that_stops_a_day_is_told_with_what_lets_it_through(
    deployed: Deployment, mailbox: Mailbox
) -> None:
    deployed.land(DAYS[0], numbered(20, email=f"{MARKER}@example.com"))
    deployed.land(DAYS[1], numbered(5, email=f"{MARKER}@example.com"))
    assert deployed.run(DAYS[0], RAW, NORMALIZED).success
    watching = watch(deployed, email=mailbox.settings())
    assert not deployed.run(DAYS[1], RAW, NORMALIZED).success
    watching.tick()
    [mail] = mailbox.mails
    assert subject(mail) == f"daily_audiences for {DAYS[1]} failed: raw_customers, check extract_size"
    assert 'run config allow: ["extract_size"], or lower guards.smallest_extract' in text(mail)
    assert "nobody foresaw" not in text(mail)
    assert MARKER not in mail.as_string()


def test_a_check_that_warns_in_a_run_that_went_through_is_told_too(
    deployed: Deployment, mailbox: Mailbox
) -> None:
    deployed.land(DAYS[0], numbered(20, email=MARKER))
    every, errors_only = (
        watch(deployed, email=mailbox.settings(), severity=severity) for severity in ("warn", "error")
    )
    assert deployed.run(DAYS[0], RAW, NORMALIZED).success
    errors_only.tick()
    assert mailbox.mails == []
    every.tick()
    [mail] = mailbox.mails
    assert subject(mail) == f"daily_audiences for {DAYS[0]}: 1 check failed"
    assert "- normalized_customers, check few_values_refused: 2026-01-05: more than 10% of 20 new" in text(
        mail
    )
    assert MARKER not in mail.as_string()


def test_a_good_day_is_not_told(deployed: Deployment, mailbox: Mailbox) -> None:
    deployed.land(DAYS[0], numbered(20, email="ana@example.com"))
    watching = watch(deployed, email=mailbox.settings())
    assert deployed.run(DAYS[0], RAW, NORMALIZED).success
    watching.tick()
    assert mailbox.mails == []


def test_what_nobody_foresaw_is_told_by_its_kind_alone(deployed: Deployment, mailbox: Mailbox) -> None:
    @dg.op
    def surprised() -> None:
        raise ValueError(MARKER)

    @dg.job
    def somebody_s_job() -> None:
        surprised()

    watching = watch(deployed, email=mailbox.settings())
    somebody_s_job.execute_in_process(instance=deployed.instance, raise_on_error=False)
    watching.tick()
    [mail] = mailbox.mails
    assert "- surprised: an error that nobody foresaw (ValueError): look at the run's log" in text(mail)
    assert MARKER not in mail.as_string()


def test_an_alert_that_cannot_be_sent_fails_the_tick_and_is_sent_later_once_each(
    deployed: Deployment, mailbox: Mailbox
) -> None:
    watching = watch(deployed, email=mailbox.settings())
    away = watch(deployed, email=mailbox.settings(recipients=[GONE]))
    runs = [deployed.run(day, RAW).run_id for day in DAYS[:2]]
    for _ in range(2):
        with pytest.raises(
            AlertNotSentError, match=f"the alert about run {runs[0]} was not sent.*alerts.email.rec"
        ):
            away.tick()
    assert mailbox.mails == []
    watching.cursors = away.cursors
    watching.tick()
    assert [text(mail).rpartition("/")[2] for mail in mailbox.mails] == runs


def test_an_alert_is_not_repeated_when_another_of_the_same_tick_cannot_be_sent(
    deployed: Deployment, mailbox: Mailbox
) -> None:
    watching = watch(deployed, email=mailbox.settings())
    for day in DAYS[:2]:
        deployed.run(day, RAW)
    mailbox.room = 1
    with pytest.raises(AlertNotSentError):
        watching.tick()
    mailbox.room = 9
    watching.tick()
    assert [DAYS[0] in subject(mail) for mail in mailbox.mails] == [True, False]


def test_slack_without_its_package_is_refused_when_definitions_are_loaded(
    deployed: Deployment, slack_server: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        slack_way, "find_spec", lambda name: None if name == "dagster_slack" else find_spec(name)
    )
    with pytest.raises(SettingsError, match=r"install audience-assets\[slack\]"):
        watch(deployed, slack=slack_server.settings())
