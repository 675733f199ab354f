"""Where a destination stands before a day is planned, every case of it."""

from datetime import date, timedelta

import pytest

from audience_assets.destinations.standing import Standing, standing
from audience_assets.errors import OutOfOrderError, StateError
from audience_assets.ledger import Counts, Delivery, PlannedBatch
from audience_assets_tests.destinations.state import NAME, State

BATCH = PlannedBatch("upsert", 1, "file", "sha", "key")


def day(number: int) -> date:
    return date(2026, 11, number)


def begin(state: State, number: int, from_snapshot: str | None, to_snapshot: str) -> Delivery:
    """A delivery of which one batch was sent and not answered."""
    planned = state.ledger.plan(NAME, day(number), from_snapshot, to_snapshot, Counts(joined=1), [BATCH])
    state.ledger.mark_sent(planned.id, 1)
    begun = state.ledger.unfinished(NAME)
    assert begun is not None
    return begun


def deliver(state: State, number: int, from_snapshot: str | None, to_snapshot: str) -> Delivery:
    begun = begin(state, number, from_snapshot, to_snapshot)
    state.ledger.mark_acknowledged(begun.id, 1, "ok")
    return state.ledger.finish(begun.id)


@pytest.fixture
def keys(state: State) -> list[str]:
    """Snapshots of three days; the first day has two, of which the second is its current one."""
    first = [state.publish(day(1), {}, "first"), state.publish(day(1), {}, "corrected")]
    return first + [state.publish(day(1) + timedelta(days=number), {}) for number in (1, 2)]


def test_a_day_without_customers_says_what_to_materialize(state: State) -> None:
    with pytest.raises(
        StateError,
        match="there are no customers for 2026-11-01 yet: materialize hashed_customers for that day",
    ):
        standing(state.ledger, NAME, day(1))


@pytest.mark.usefixtures("keys")
def test_before_the_first_delivery_the_partner_holds_nothing(state: State) -> None:
    assert standing(state.ledger, NAME, day(1)) == Standing(day(1), held=None, due="corrected")


def test_after_a_delivery_the_partner_holds_its_snapshot(state: State, keys: list[str]) -> None:
    deliver(state, 1, None, "corrected")
    assert standing(state.ledger, NAME, day(2)) == Standing(day(2), held="corrected", due=keys[2])


@pytest.mark.usefixtures("keys")
def test_what_was_delivered_is_found_again(state: State) -> None:
    done = deliver(state, 1, None, "corrected")
    assert standing(state.ledger, NAME, day(1)) == Standing(
        day(1), held="corrected", due="corrected", delivered=done
    )


def test_what_was_delivered_is_found_again_after_newer_days(state: State, keys: list[str]) -> None:
    done = deliver(state, 1, None, "corrected")
    deliver(state, 2, "corrected", keys[2])
    assert standing(state.ledger, NAME, day(1)).delivered == done


@pytest.mark.usefixtures("keys")
def test_a_corrected_day_moves_the_partner_from_the_first_snapshot_to_the_second(state: State) -> None:
    deliver(state, 1, None, "first")
    assert standing(state.ledger, NAME, day(1)) == Standing(day(1), held="first", due="corrected")


@pytest.mark.usefixtures("keys")
def test_a_correction_that_is_taken_back_is_due_again_though_it_was_delivered_once(state: State) -> None:
    deliver(state, 1, None, "corrected")
    deliver(state, 1, "corrected", "first")
    assert standing(state.ledger, NAME, day(1)) == Standing(day(1), held="first", due="corrected")


def test_a_day_before_the_one_that_the_partner_holds_is_refused(state: State, keys: list[str]) -> None:
    deliver(state, 2, None, keys[2])
    with pytest.raises(OutOfOrderError) as caught:
        standing(state.ledger, NAME, day(1))
    assert str(caught.value) == (
        "vtex_ads holds 2026-11-02, so 2026-11-01 may not be delivered after it: its customers would go back to an older"
        " state. Deliver a day after 2026-11-02 instead; it carries every change until then"
    )


def test_a_day_before_the_one_that_is_being_sent_is_refused(state: State, keys: list[str]) -> None:
    begin(state, 2, None, keys[2])
    with pytest.raises(
        OutOfOrderError, match="vtex_ads is being sent 2026-11-02, so 2026-11-01 may not be delivered"
    ):
        standing(state.ledger, NAME, day(1))


def test_a_delivered_day_is_refused_too_while_a_newer_one_is_being_sent(
    state: State, keys: list[str]
) -> None:
    deliver(state, 1, None, "corrected")
    begin(state, 2, "corrected", keys[2])
    with pytest.raises(OutOfOrderError, match="is being sent 2026-11-02"):
        standing(state.ledger, NAME, day(1))


@pytest.mark.usefixtures("keys")
def test_what_was_begun_to_the_same_snapshot_is_found_again(state: State) -> None:
    begun = begin(state, 1, None, "corrected")
    expected = Standing(day(1), held=None, due="corrected", begun=begun)
    assert standing(state.ledger, NAME, day(1)) == expected
    assert standing(state.ledger, NAME, day(1), planned="first") == expected


@pytest.mark.usefixtures("keys")
def test_what_was_begun_counts_as_held_because_it_is_finished_first(state: State) -> None:
    begin(state, 1, None, "first")
    assert standing(state.ledger, NAME, day(1)) == Standing(day(1), held="first", due="corrected")
    assert standing(state.ledger, NAME, day(2)).held == "first"


def test_what_the_same_run_has_just_planned_counts_as_held(state: State, keys: list[str]) -> None:
    assert standing(state.ledger, NAME, day(2), planned="corrected") == Standing(
        day(2), held="corrected", due=keys[2]
    )
    begin(state, 1, None, "first")
    assert standing(state.ledger, NAME, day(3), planned=keys[2]).held == keys[2]


@pytest.mark.usefixtures("keys")
def test_another_destination_stands_for_itself(state: State) -> None:
    deliver(state, 1, None, "corrected")
    assert standing(state.ledger, "vtex_br", day(1)) == Standing(day(1), held=None, due="corrected")
