"""What each guard says of counts, and from where on: its sentence names what it saw and the setting that lets it through."""

import pytest
from pydantic import ValidationError

from audience_assets import guards
from audience_assets.errors import SettingsError
from audience_assets.guards import DEFAULTS, GuardSettings

ANYTHING = GuardSettings(removals=1, smallest_extract=0, lost_values=1, columns="ignore")
EXACTLY = GuardSettings(few=0)


def test_an_extract_below_the_share_of_the_median_is_stopped_with_what_was_compared() -> None:
    said = guards.extract_size(DEFAULTS, 690, [1000, 5000, 100])
    assert said == (
        "the extract has 690 customers, 69.0% of 1000, the median of the 3 days before: it may be cut off; if it is right, "
        'materialize raw_customers with the run config allow: ["extract_size"], or lower guards.smallest_extract (now 0.7)'
    )


@pytest.mark.parametrize(
    ("customers", "earlier"),
    [(700, [1000]), (5000, [1000]), (1, []), (0, [100]), (1, [101])],
    ids=["at the share", "more", "a first day", "few", "few but one"],
)
def test_an_extract_is_not_stopped_at_the_share_nor_for_few_nor_on_a_first_day(
    customers: int, earlier: list[int]
) -> None:
    assert guards.extract_size(DEFAULTS, customers, earlier) is None


def test_a_column_that_is_gone_is_named_beside_those_that_are_not_used() -> None:
    said = guards.extract_columns(DEFAULTS, ["city"], ["city", "phone", "email"], ["e_mail"])
    assert said is not None
    assert said.startswith(
        "the extract has nothing for email, phone, which the day before had, and does not use e_mail: map a renamed"
    )
    assert 'allow: ["extract_columns"], or change guards.columns (now stop)' in said


def test_a_new_column_is_no_reason_to_stop() -> None:
    assert guards.extract_columns(DEFAULTS, ["city", "email"], ["city"], ["new"]) is None
    assert guards.extract_columns(DEFAULTS, ["city"], [], []) is None


def test_a_field_that_lost_too_many_values_is_named_with_both_shares() -> None:
    said = guards.usable_values(
        DEFAULTS, 1000, 500, {"email": 25, "phone": 400}, {"email": 0.9, "phone": 0.9}
    )
    assert said is not None
    assert "among 500 new and changed of 1000 customers: email (5.0%, before 90.0%); look" in said
    assert 'materialize normalized_customers with the run config allow: ["usable_values"]' in said


@pytest.mark.parametrize(
    ("usable", "before"),
    [
        ({"email": 300}, {"email": 1.0}),
        ({"email": 500}, {"email": 0.1}),
        ({"email": 0}, {}),
        ({}, {"email": 1.0}),
    ],
    ids=["at the share", "more", "a new field", "a field that is no more"],
)
def test_a_field_is_not_stopped_at_the_share_nor_where_there_is_nothing_to_compare(
    usable: dict[str, int], before: dict[str, float]
) -> None:
    assert guards.usable_values(DEFAULTS, 1000, 500, usable, before) is None


@pytest.mark.parametrize(
    ("fresh", "customers", "may"), [(100, 100, False), (200, 1000, False), (201, 1000, True)]
)
def test_earlier_days_are_looked_at_only_when_enough_customers_changed(
    fresh: int, customers: int, *, may: bool
) -> None:
    assert guards.may_lose_values(DEFAULTS, fresh, customers) is may


def test_removals_above_the_share_are_named_with_the_audience() -> None:
    said = guards.removals(DEFAULTS, "meta", "vip", held=1000, leaving=301)
    assert said == (
        "301 of 1000 customers (30.1%) would be taken out: look at who leaves; if it is right, materialize meta/delta with "
        'the run config allow: ["removals:vip"], or raise guards.removals (now 0.3)'
    )
    whole = guards.removals(DEFAULTS, "vtex_ads", "", held=1000, leaving=1000)
    assert whole is not None
    assert 'materialize vtex_ads/delta with the run config allow: ["removals"]' in whole


@pytest.mark.parametrize(("held", "leaving"), [(1000, 300), (100, 100), (0, 0), (0, 500)])
def test_removals_are_not_stopped_at_the_share_nor_for_few_nor_of_nobody(held: int, leaving: int) -> None:
    assert guards.removals(DEFAULTS, "meta", "vip", held, leaving) is None


def test_every_guard_can_be_switched_off() -> None:
    assert guards.extract_size(ANYTHING, 0, [10_000]) is None
    assert guards.extract_columns(ANYTHING, [], ["email"], []) is None
    assert guards.usable_values(ANYTHING, 1000, 1000, {"email": 0}, {"email": 1.0}) is None
    assert guards.removals(ANYTHING, "meta", "vip", 10_000, 10_000) is None


def test_without_a_few_one_is_enough_to_stop() -> None:
    assert guards.extract_size(EXACTLY, 1, [2]) is not None
    assert guards.removals(EXACTLY, "meta", "vip", 2, 1) is not None


def test_what_is_found_stops_unless_it_is_allowed_by_name() -> None:
    found = {"extract_size": "small", "extract_columns": None}
    assert guards.settled(found, []) == ({"extract_size": "small"}, {})
    assert guards.settled(found, ["extract_size", "extract_columns"]) == ({}, {"extract_size": "small"})


@pytest.mark.parametrize("name", ["*", "removals", "extract_sizes"])
def test_a_name_that_no_guard_here_has_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match=r"is no guard here: extract_size may be allowed"):
        guards.settled({"extract_size": None}, [name])


@pytest.mark.parametrize(
    "given",
    [
        {"removals": 1.1},
        {"removals": -0.1},
        {"few": -1},
        {"smallest_extract": 70},
        {"lost_values": 2},
        {"columns": "warn"},
        {"days": 0},
    ],
)
def test_settings_out_of_their_range_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match=next(iter(given))):
        GuardSettings.model_validate(given)
