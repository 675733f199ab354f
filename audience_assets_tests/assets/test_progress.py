"""What a run says while it works: few lines in its log, and figures beside each materialization."""

import re
import time
from collections.abc import Sequence
from functools import partial

import dagster as dg
import pytest

from audience_assets import progress
from audience_assets.assets import days, lines
from audience_assets.assets.lines import Lines
from audience_assets.progress import Progress
from audience_assets_tests.assets.deployment import (
    ASSETS,
    DAYS,
    DELIVERY,
    DELTA,
    HASHED,
    NORMALIZED,
    RAW,
    Deployment,
    materialized,
    numbered,
)

LINE = re.compile(r"(\d{4}-\d\d-\d\d): ([a-z ]+), ([\d,]+) of ([\d,]+) rows \((\d+) %\)$")


def said(told: Sequence[tuple[float, Progress]], **pace: float) -> list[str]:
    """The lines about what was told at these seconds."""
    clock = {"now": 0.0}
    result: list[str] = []
    listener = Lines(result.append, clock=lambda: clock["now"], **pace)
    for clock["now"], each in told:
        listener(each)
    return result


def test_there_is_no_line_about_a_quick_step() -> None:
    assert said([(second, Progress("reading", second / 5)) for second in range(1, 5)]) == []
    assert said([(4.9, Progress("reading", 1.0, ended=True))]) == []


def test_the_first_line_comes_after_seconds_the_next_at_a_pace_and_the_last_at_once() -> None:
    told = [(number / 2, Progress("reading", number / 80)) for number in range(1, 72)]
    ended = (35.6, Progress("reading", 1.0, ended=True))
    assert said([*told, ended], first=5, every=10) == [
        "reading, 12 %",
        "reading, 37 %",
        "reading, 62 %",
        "reading, 87 %",
        "reading, 100 %",
    ]


def test_the_end_of_what_no_line_was_about_is_not_said() -> None:
    told = [
        (6.0, Progress("reading", 0.5)),
        (7.0, Progress("reading", 1.0, ended=True)),
        (8.0, Progress("sorting", 0.5)),
        (9.0, Progress("sorting", 1.0, ended=True)),
    ]
    assert said(told) == ["reading, 50 %", "reading, 100 %"]


def test_a_long_run_says_in_dagsters_log_how_far_each_step_is(
    deployed: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "FIRST_LOOK", 0.001)
    monkeypatch.setattr(progress, "NEXT_LOOK", 0.001)
    monkeypatch.setattr(days, "Lines", partial(lines.Lines, first=0, every=0.02))
    deployed.land(DAYS[0], numbered(20_000))
    result = deployed.run(DAYS[0])
    assert result.success
    logged = [
        (record.step_key, record.user_message)
        for record in deployed.instance.all_logs(result.run_id)
        if record.dagster_event is None
    ]
    found = [(step, match.groups()) for step, message in logged if (match := LINE.match(message))]
    assert {step for step, _ in found} >= {RAW, NORMALIZED, HASHED, "vtex_ads__delta"}
    assert {day for _, (day, *_) in found} == {DAYS[0]}
    for step, doing in {(step, doing) for step, (_, doing, *_) in found}:
        percents = [int(line[4]) for its, line in found if (its, line[1]) == (step, doing)]
        assert percents == sorted(percents)
        assert percents[-1] == 100
    assert not any("Ana" in message or re.search(r"\bc\d", message) for _, message in logged)


@pytest.mark.parametrize("asset", ASSETS)
def test_seconds_and_rows_a_second_are_figures_of_every_day(three_days: Deployment, asset: str) -> None:
    for day in DAYS:
        shown = three_days.metadata(asset, day)
        seconds, rate = shown["seconds"].value, shown["rows per second"].value
        assert isinstance(shown["rows per second"], dg.IntMetadataValue)
        assert seconds > 0
        assert rate == pytest.approx(shown["dagster/row_count"].value / seconds, rel=0.2, abs=1)


def test_a_step_that_had_nothing_to_do_has_figures_too(deployed: Deployment) -> None:
    for day in DAYS[:2]:
        deployed.land(day, numbered(3))
        started = time.monotonic()
        assert materialized(deployed.run(day)) == list(ASSETS)
        took = time.monotonic() - started
    quiet = {asset: deployed.metadata(asset, DAYS[1]) for asset in (NORMALIZED, DELTA, DELIVERY)}
    assert all(shown["rows per second"].value == 0 for shown in quiet.values())
    assert sum(shown["seconds"].value for shown in quiet.values()) < took
