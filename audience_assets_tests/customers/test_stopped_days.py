"""A day that a guard stops: what it is compared with, that nothing follows from it, and what lets it through."""

from datetime import date, timedelta
from typing import Any

import pytest

from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.customers.raw import RawManifest
from audience_assets.errors import GuardError, SettingsError, StateError
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings
from audience_assets_tests.customers.extracts import DAY, Extracts, csv_of

FULL = 20
EAGER = {"few": 0}
"""So that worlds can be small."""


def day(number: int) -> date:
    return DAY + timedelta(days=number)


def people(count: int, start: int = 0, **fields: Any) -> list[dict[str, Any]]:
    """Customers with an address each."""
    return [
        {"customer_id": f"c{number}", "email": f"p{number}@example.com", "city": "Natal"} | fields
        for number in range(start, start + count)
    ]


class Days:
    """A deployment that reads a CSV file a day."""

    def __init__(self, extracts: Extracts, **guards: Any) -> None:
        self.extracts = extracts
        self.source = {"path": "{day}.csv"}
        self.guards = EAGER | guards

    @property
    def pipeline(self) -> Pipeline:
        given = {"source": self.source, "guards": self.guards}
        return Pipeline(Settings.model_validate(given).under(self.extracts.folder))

    def land(self, number: int, rows: list[dict[str, Any]]) -> None:
        self.extracts.write(f"{day(number)}.csv", csv_of(rows))

    def read(self, number: int, rows: list[dict[str, Any]], *allow: str) -> RawManifest:
        """Land an extract and read it."""
        self.land(number, rows)
        return self.pipeline.read_extract(day(number), allow=allow)

    def live(self, number: int, rows: list[dict[str, Any]], *allow: str) -> NormalizedManifest:
        """Land an extract, read and normalize it."""
        self.read(number, rows)
        return self.pipeline.normalize(day(number), allow=allow)

    def current(self, number: int) -> str | None:
        """The day's snapshot as the ledger knows it."""
        with self.pipeline.ledger() as ledger:
            found = ledger.current_snapshot(day(number))
        return found.key if found else None


@pytest.fixture
def days(extracts: Extracts) -> Days:
    """A deployment whose first day was good."""
    days = Days(extracts)
    assert days.live(0, people(FULL)).stopped == {}
    return days


def test_a_small_extract_is_written_down_as_stopped_and_not_normalized(days: Days) -> None:
    raw = days.read(1, people(9))
    assert list(raw.stopped) == ["extract_size"]
    assert "9 customers, 45.0% of 20, the median of the day before" in raw.stopped["extract_size"]
    with pytest.raises(
        GuardError, match=f"the extract of {day(1)} was stopped: extract_size: the extract has 9"
    ):
        days.pipeline.normalize(day(1))
    with pytest.raises(StateError, match="normalized_customers has nothing for this day yet"):
        days.pipeline.hash(day(1))


def test_the_median_is_that_of_the_last_days_and_not_of_older_ones(extracts: Extracts) -> None:
    days = Days(extracts, days=3)
    for number, count in enumerate((10, 20, 21, 22)):
        assert days.read(number, people(count)).stopped == {}
    assert days.read(4, people(15)).stopped == {}
    assert (
        "14 customers, 66.7% of 21, the median of the 3 days"
        in days.read(4, people(14)).stopped["extract_size"]
    )


def test_a_stopped_day_is_nothing_that_later_days_are_compared_with(days: Days) -> None:
    for number in (1, 2, 3):
        assert days.read(number, people(5)).stopped
    assert days.read(4, people(FULL)).stopped == {}


def test_an_allowed_day_is_the_measure_from_then_on(days: Days) -> None:
    allowed = days.read(1, people(5), "extract_size")
    assert (allowed.stopped, list(allowed.allowed)) == ({}, ["extract_size"])
    assert days.pipeline.normalize(day(1)).customers == 5
    assert days.read(2, people(5)).stopped == {}
    assert (
        "3 customers, 60.0% of 5, the median of the 2 days" in days.read(3, people(3)).stopped["extract_size"]
    )


def test_days_after_the_day_do_not_count(days: Days) -> None:
    days.read(5, people(200))
    assert days.read(1, people(FULL)).stopped == {}


def test_an_incremental_extract_may_have_any_size(days: Days) -> None:
    days.source = days.source | {"extract": "incremental"}
    assert days.read(1, people(1)).stopped == {}


def test_a_column_that_is_gone_stops_the_day_and_a_new_one_does_not(days: Days) -> None:
    renamed = [
        {"customer_id": row["customer_id"], "E-Mail": row["email"], "city": "Natal"} for row in people(FULL)
    ]
    raw = days.read(1, renamed)
    assert list(raw.stopped) == ["extract_columns"]
    assert (
        "nothing for email, which the day before had, and does not use E-Mail"
        in raw.stopped["extract_columns"]
    )
    assert days.read(1, people(FULL, state="RN")).stopped == {}
    days.guards["columns"] = "ignore"
    assert days.read(1, renamed).stopped == {}


def test_both_guards_of_an_extract_are_told(days: Days) -> None:
    assert sorted(days.read(1, [{"customer_id": "c1"}]).stopped) == ["extract_columns", "extract_size"]
    one = days.read(1, [{"customer_id": "c1"}], "extract_size")
    assert (list(one.stopped), list(one.allowed)) == (["extract_columns"], ["extract_size"])


def test_collapsed_values_do_not_become_the_day_s_snapshot(days: Days) -> None:
    result = days.live(1, people(FULL, email=""))
    assert list(result.stopped) == ["usable_values"]
    assert "email (0.0%, before 100.0%)" in result.stopped["usable_values"]
    assert days.current(1) is None
    with pytest.raises(GuardError, match=f"the customers of {day(1)} were stopped: usable_values: "):
        days.pipeline.hash(day(1))
    with pytest.raises(StateError):
        days.pipeline.plan("vtex_ads", day(1))


def test_half_of_the_values_are_enough_to_stop(days: Days) -> None:
    result = days.live(1, [*people(10, email="N/A"), *people(10, start=10)])
    assert (
        "among 10 new and changed of 20 customers: email (0.0%, before 100.0%)"
        in result.stopped["usable_values"]
    )


def test_the_day_after_a_stopped_one_builds_on_the_last_good_one(days: Days) -> None:
    days.live(1, people(FULL, email=""))
    after = days.live(2, people(FULL + 1))
    assert (after.stopped, after.parent, after.new, after.changed, after.left) == (
        {},
        days.current(0),
        1,
        0,
        0,
    )


def test_a_correction_that_is_stopped_leaves_the_day_as_it_was(days: Days) -> None:
    good = days.live(1, people(FULL, city="Recife"))
    assert days.live(1, people(FULL, email="")).stopped
    assert days.current(1) == good.snapshot
    again = days.live(1, people(FULL, city="Recife"))
    assert (again.snapshot, again.stopped, days.current(1)) == (good.snapshot, {}, good.snapshot)


def test_a_stopped_day_that_is_allowed_becomes_the_day_s_snapshot_and_stays_so(days: Days) -> None:
    stopped = days.live(1, people(FULL, email=""))
    allowed = days.pipeline.normalize(day(1), allow=["usable_values"])
    assert (allowed.stopped, list(allowed.allowed)) == ({}, ["usable_values"])
    assert days.current(1) == allowed.snapshot == stopped.snapshot
    assert days.pipeline.hash(day(1)).segments == {allowed.segment: FULL}
    assert days.pipeline.normalize(day(1)) == allowed


def test_values_that_were_let_through_are_the_measure_from_then_on(days: Days) -> None:
    days.live(1, people(FULL, email=""))
    assert days.pipeline.normalize(day(1), allow=["usable_values"]).stopped == {}
    assert days.live(2, people(FULL, email="", city="Recife")).stopped == {}
    assert "city (0.0%, before 100.0%)" in days.live(3, people(FULL, city="")).stopped["usable_values"]


def test_settings_can_let_lost_values_through(days: Days) -> None:
    days.guards["lost_values"] = 1
    assert days.live(1, people(FULL, email="")).stopped == {}


def test_a_few_who_changed_do_not_stand_for_everybody(extracts: Extracts) -> None:
    """The last days saw only customers with an address; of all, half have none, and so it stays."""
    days = Days(extracts, days=2)
    half = [*people(10), *people(10, start=10, email="")]
    days.live(0, half)
    for number in (1, 2, 3):
        days.live(
            number, [*people(10 + number, city="Natal"), *people(10 - number, start=10 + number, email="")]
        )
    moved = [row | {"city": "Recife"} for row in half]
    assert days.live(4, moved).stopped == {}


def test_a_collapse_after_days_without_changes_is_seen(extracts: Extracts) -> None:
    days = Days(extracts, days=2)
    for number in range(4):
        days.live(number, people(FULL))
    assert list(days.live(4, people(FULL, email="")).stopped) == ["usable_values"]


@pytest.mark.parametrize("name", ["*", "usable_values"])
def test_a_name_that_is_no_guard_of_the_step_is_refused_before_it_begins(days: Days, name: str) -> None:
    with pytest.raises(
        SettingsError, match="which is no guard here: extract_size, extract_columns may be allowed"
    ):
        days.read(1, people(FULL), name)
    with pytest.raises(SettingsError, match="which is no guard here: usable_values may be allowed"):
        days.live(1, people(FULL), "extract_size")
