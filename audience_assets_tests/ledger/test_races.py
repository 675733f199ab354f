"""Several at once, each with connections of its own: one wins, the others get the error that a later one would."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TypeVar

import pytest

from audience_assets.errors import OutOfOrderError
from audience_assets.ledger import (
    BatchStatus,
    Counts,
    Ledger,
    PlannedBatch,
    RemoteAudience,
    Segment,
    Session,
    Snapshot,
)

DAY = date(2026, 11, 1)
RACERS = 4
ROUNDS = 3

Result = TypeVar("Result")
Race = Callable[[Callable[[Ledger, int], Result]], list[Result]]


@pytest.fixture
def race(url: str) -> Race[object]:
    """Let racers do the same at the same moment; an OutOfOrderError is a result like any other."""

    def race(act: Callable[[Ledger, int], object]) -> list[object]:
        start = threading.Barrier(RACERS)

        def run(number: int) -> object:
            with Ledger.open(url) as ledger:
                start.wait(10)
                try:
                    return act(ledger, number)
                except OutOfOrderError as error:
                    return error

        with ThreadPoolExecutor(RACERS) as pool:
            return list(pool.map(run, range(RACERS)))

    return race


def lost(results: list[object]) -> int:
    return sum(isinstance(result, OutOfOrderError) for result in results)


def test_one_begins_a_delivery_of_the_day(
    ledger: Ledger, publish: Callable[..., Snapshot], race: Race[object]
) -> None:
    snapshot = publish(1)
    batch = [PlannedBatch("add", 1, "file", "sha", "remote")]
    for number in range(ROUNDS):
        destination = f"meta_{number}"

        def plan_and_begin(ledger: Ledger, _: int, destination: str = destination) -> None:
            delivery = ledger.plan(destination, DAY, None, snapshot.key, Counts(), batch)
            ledger.mark_sent(delivery.id, 1)

        assert lost(race(plan_and_begin)) == RACERS - 1
        found = [one.status for one in ledger.deliveries(destination) if one.status != "abandoned"]
        assert found == ["sending"]


def test_the_pointer_moves_once(ledger: Ledger, publish: Callable[..., Snapshot], race: Race[object]) -> None:
    snapshot = publish(1)
    for number in range(ROUNDS):
        delivery = ledger.plan(f"meta_{number}", DAY, None, snapshot.key, Counts(), [])
        finished = race(lambda ledger, _, delivery=delivery: ledger.finish(delivery.id))  # type: ignore[misc]
        pointer = ledger.acknowledged(f"meta_{number}")
        assert pointer is not None
        assert {getattr(one, "finished_at", one) for one in finished} == {pointer.at}


def test_of_two_answers_to_a_batch_one_stays(
    ledger: Ledger, publish: Callable[..., Snapshot], race: Race[object]
) -> None:
    snapshot = publish(1)
    batch = [PlannedBatch("add", 1, "file", "sha", "remote")]
    delivery = ledger.plan("meta", DAY, None, snapshot.key, Counts(), batch)
    race(lambda ledger, _: ledger.mark_sent(delivery.id, 1))
    assert ledger.batches(delivery.id)[0].attempts == RACERS
    race(lambda ledger, number: ledger.mark_acknowledged(delivery.id, 1, f"answer {number}", number))
    (stored,) = ledger.batches(delivery.id)
    assert (stored.status, stored.answer) == (BatchStatus.ACKNOWLEDGED, f"answer {stored.refused}")


def test_numbers_are_given_out_once(
    ledger: Ledger, publish: Callable[..., Snapshot], race: Race[object]
) -> None:
    ledger.record_segment(Segment("a", DAY, "rules-1", None, 1))
    delivery = ledger.plan("meta", DAY, None, publish(1).key, Counts(), [])
    race(lambda ledger, n: ledger.publish_snapshot(Snapshot(f"k{n}", DAY, None, "a", "i", 1, 1, 0, 0)))
    stored = [ledger.snapshot(f"k{number}") for number in range(RACERS)]
    assert sorted(one.sequence for one in stored if one) == list(range(2, RACERS + 2))
    race(lambda ledger, n: ledger.open_session(Session(100 + n, delivery.id, "add")))
    newest = ledger.newest_session(delivery.id)
    assert newest is not None
    assert newest.number == RACERS


def test_an_audience_is_recorded_once(ledger: Ledger, race: Race[object]) -> None:
    recorded = race(
        lambda ledger, n: ledger.record_remote_audience(
            RemoteAudience("meta", "vip", "account", f"marker {n}", None, "email")
        )
    )
    assert set(recorded) == {ledger.remote_audience("meta", "vip")}


def test_one_holds_a_lease(ledger: Ledger, race: Race[object]) -> None:
    for number in range(ROUNDS):
        racing = threading.Barrier(RACERS)

        def hold(
            ledger: Ledger, _: int, name: str = f"meta_{number}", racing: threading.Barrier = racing
        ) -> None:
            try:
                with ledger.lease(name):
                    racing.wait(10)
            except OutOfOrderError:
                racing.wait(10)
                raise

        assert lost(race(hold)) == RACERS - 1
    with ledger.lease("meta_0"):
        pass
