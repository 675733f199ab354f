"""Before anything is sent it is known how many calls a day takes: as many are made then, and as many does each partner get."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from audience_assets.destinations.forecast import Forecast, Limits
from audience_assets.destinations.outcome import Report
from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.three_partners import EVERYBODY, PARTNERS, World, person, worlds
from audience_assets_tests.trust.store_in_front import Front, store_in_front

FIRST, SECOND, THIRD, FOURTH, FIFTH = (date(2026, 1, day) for day in range(5, 10))
HOUR = 3600.0


@dataclass(frozen=True)
class Day:
    """What was foretold of a destination's day, what was reported of it, and how many calls the partner got."""

    foretold: Forecast
    report: Report
    received: int


@dataclass(frozen=True)
class Counted:
    """A world whose partners count."""

    world: World
    front: Front

    def received(self, name: str) -> int:
        """How many calls a partner has got so far."""
        if name == "vtex_ads":
            return self.front.puts
        account = self.world.meta.account if name == "meta" else self.world.tiktok.advertiser
        return len(account.calls)

    def plan(self, name: str, day: date, **asked: Any) -> Forecast:
        """Plan and foretell a day."""
        _, made = self.world.pipeline.plan(name, day, **asked)
        return self.world.pipeline.forecast(made)

    def deliver(self, name: str, day: date, foretold: Forecast) -> Day:
        """Deliver a planned day."""
        before = self.received(name)
        report = self.world.pipeline.deliver(name, day)
        return Day(foretold, report, self.received(name) - before)

    def live(self, day: date, rows: Any, *, replace: bool = False) -> dict[str, Day]:
        """A day of all partners; nobody hears of it while it is only planned."""
        self.world.land(day.isoformat(), rows)
        self.world.prepare(day.isoformat())
        heard = {name: self.received(name) for name in PARTNERS}
        asked: dict[str, Any] = {"replace": ["*"]} if replace else {}
        foretold = {name: self.plan(name, day, **asked if name != "vtex_ads" else {}) for name in PARTNERS}
        assert {name: self.received(name) for name in PARTNERS} == heard
        return {name: self.deliver(name, day, foretold[name]) for name in PARTNERS}


@pytest.fixture(scope="module")
def counted(
    s3_server: S3Server, administrator: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Counted]:
    """Partners who take few rows a file."""
    folder = tmp_path_factory.mktemp("forecast")
    with (
        store_in_front(s3_server.endpoint_url) as front,
        worlds(s3_server, administrator, f"{s3_server.prefix}/{folder.name}", folder) as make,
    ):
        bucket = {"endpoint_url": front.endpoint_url, "rows_per_file": 5}
        world = make(bucket, tiktok_bent={"file_bytes": 1024}, meta_bent={"rows_per_batch": 5})
        yield Counted(world, front)


@pytest.fixture(scope="module")
def days(counted: Counted) -> Mapping[str, Mapping[str, Day]]:
    """A first load, a day with joins and leaves, one without changes, and a replacement, of two audiences."""
    first = [
        {**row, "audiences": ["vip", "new"] if number % 3 else ["vip"]}
        for number, row in enumerate(EVERYBODY)
    ]
    second = [*first[2:], person(20, audiences=["vip", "new"]), person(21)]
    return {
        "first load": counted.live(FIRST, first),
        "joins and leaves": counted.live(SECOND, second),
        "no changes": counted.live(THIRD, second),
        "replacement": counted.live(FOURTH, second[1:], replace=True),
    }


@pytest.mark.parametrize("name", PARTNERS)
@pytest.mark.parametrize("day", ["first load", "joins and leaves", "no changes", "replacement"])
def test_as_many_calls_are_made_and_received_as_were_foretold(
    days: Mapping[str, Mapping[str, Day]], day: str, name: str
) -> None:
    lived = days[day][name]
    calls = lived.report.calls
    assert lived.foretold.calls == calls.needed == lived.received
    assert calls.waiting == 0
    assert lived.foretold.files == len(lived.report.sent)
    assert (lived.foretold.calls == 0) == (day == "no changes")


def test_large_audiences_need_more_than_one_file(days: Mapping[str, Mapping[str, Day]]) -> None:
    assert all(days["first load"][name].foretold.files > 2 for name in PARTNERS)


@pytest.mark.parametrize("name", PARTNERS)
def test_a_day_without_changes_saves_what_sending_everybody_takes_and_a_first_load_nothing(
    days: Mapping[str, Mapping[str, Day]], name: str
) -> None:
    assert days["first load"][name].report.calls_saved == 0
    idle = days["no changes"][name].report
    assert idle.calls_saved == idle.everybody > 2


def test_the_bytes_of_a_file_that_is_put_as_it_is_are_exact(days: Mapping[str, Mapping[str, Day]]) -> None:
    for day in days.values():
        put = day["vtex_ads"]
        assert put.foretold.file_bytes == put.report.calls.sent_bytes
    assert days["first load"]["vtex_ads"].foretold.file_bytes > 1000


@pytest.mark.usefixtures("days")
def test_looks_that_find_the_partner_busy_are_counted_apart_and_the_rest_is_foretold_again(
    counted: Counted,
) -> None:
    tiktok = counted.world.tiktok
    tiktok.advertiser.processing_seconds = HOUR
    counted.world.land(FIFTH.isoformat(), [*EVERYBODY[4:], person(30)])
    counted.world.prepare(FIFTH.isoformat())
    foretold = counted.plan("tiktok", FIFTH)
    begun = counted.deliver("tiktok", FIFTH, foretold)
    assert any(each.waiting for each in begun.report.outcomes)
    needed = begun.report.calls.needed
    assert begun.report.calls.waiting > 0
    while needed < foretold.calls:
        tiktok.platform.clock.advance(HOUR)
        again = counted.deliver("tiktok", FIFTH, counted.plan("tiktok", FIFTH))
        assert again.foretold.calls == foretold.calls - needed
        assert again.received == again.report.calls.needed + again.report.calls.waiting
        assert again.report.calls.needed > 0
        needed += again.report.calls.needed
    assert needed == foretold.calls
    assert counted.plan("tiktok", FIFTH).calls == 0


@pytest.mark.parametrize(
    ("calls", "minutes"), [(0, 0), (10, 0), (11, 1 / 60), (600, 59 / 60), (601, 1), (1201, 2)]
)
def test_minutes_follow_from_the_tightest_limit(calls: int, minutes: float) -> None:
    limits = Limits("ten a second, 600 a minute", ((10, 1.0), (600, 60.0)))
    assert limits.minutes(calls) == pytest.approx(minutes)
