"""Deliveries: planned from where the partner stands, sent in batches, and only their end moves the pointer."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from audience_assets.errors import OutOfOrderError, StateError
from audience_assets.ledger import (
    Batch,
    BatchStatus,
    Counts,
    Delivery,
    DeliveryStatus,
    Ledger,
    PlannedBatch,
    Snapshot,
)
from audience_assets_tests.ledger.conftest import Execute

NthDay = Callable[[int], date]


class Desk:
    """A destination's deliveries, planned by the number of the day."""

    def __init__(
        self,
        ledger: Ledger,
        publish: Callable[..., Snapshot],
        batches: Callable[[int], list[PlannedBatch]],
    ) -> None:
        self.ledger, self.publish, self.make = ledger, publish, batches

    def plan(self, number: int, batches: int = 1, *, key: str | None = None, to: str = "meta") -> Delivery:
        snapshot = self.publish(number, key)
        pointer = self.ledger.acknowledged(to)
        start = pointer.snapshot_key if pointer else None
        counts = Counts(joined=5, changed=4, left=3)
        return self.ledger.plan(to, snapshot.day, start, snapshot.key, counts, self.make(batches), "run-1")

    def send(self, delivery: Delivery) -> None:
        for batch in self.ledger.batches(delivery.id):
            self.ledger.mark_sent(delivery.id, batch.sequence)
            self.ledger.mark_acknowledged(delivery.id, batch.sequence, "taken")

    def deliver(self, number: int, *, key: str | None = None, to: str = "meta") -> Delivery:
        delivery = self.plan(number, key=key, to=to)
        self.send(delivery)
        return self.ledger.finish(delivery.id)

    def statuses(self, to: str = "meta") -> list[str]:
        return [delivery.status for delivery in self.ledger.deliveries(to)]


@pytest.fixture
def desk(
    ledger: Ledger, publish: Callable[..., Snapshot], batches: Callable[[int], list[PlannedBatch]]
) -> Desk:
    return Desk(ledger, publish, batches)


def test_a_plan_is_stored_with_its_batches(desk: Desk, day: NthDay) -> None:
    delivery = desk.plan(1, batches=2)
    assert desk.ledger.deliveries("meta") == [delivery]
    assert (delivery.day, delivery.from_snapshot, delivery.to_snapshot, delivery.run) == (
        day(1),
        None,
        "snapshot-2026-11-01",
        "run-1",
    )
    assert (delivery.joined, delivery.changed, delivery.left, delivery.rows) == (5, 4, 3, 100 + 101)
    planned = BatchStatus.PLANNED
    assert desk.ledger.batches(delivery.id) == [
        Batch(
            delivery.id,
            n + 1,
            "add",
            100 + n,
            f"batch-{n}.parquet",
            f"sha-{n}",
            f"remote/{n}",
            planned,
            0,
            None,
            None,
            None,
        )
        for n in range(2)
    ]


def test_a_plan_alone_holds_nobody_up(desk: Desk) -> None:
    desk.plan(1)
    assert desk.ledger.unfinished("meta") is None
    assert desk.ledger.acknowledged("meta") is None


def test_a_new_plan_abandons_the_one_before_but_no_other_destinations(desk: Desk) -> None:
    desk.plan(1)
    desk.plan(1, to="tiktok")
    desk.plan(2)
    assert desk.statuses() == ["planned", "abandoned"]
    assert desk.statuses("tiktok") == ["planned"]


def test_an_abandoned_plan_cannot_be_sent_or_finished(desk: Desk) -> None:
    abandoned = desk.plan(1)
    desk.plan(1)
    with pytest.raises(OutOfOrderError, match="replaced by a newer plan"):
        desk.ledger.mark_sent(abandoned.id, 1)
    with pytest.raises(OutOfOrderError, match="replaced by a newer plan"):
        desk.ledger.finish(abandoned.id)


def test_sending_a_batch_makes_the_delivery_the_unfinished_one(desk: Desk) -> None:
    delivery = desk.plan(1, batches=2)
    desk.ledger.mark_sent(delivery.id, 2)
    unfinished = desk.ledger.unfinished("meta")
    assert unfinished is not None
    assert (unfinished.id, unfinished.status) == (delivery.id, DeliveryStatus.SENDING)
    first, second = desk.ledger.batches(delivery.id)
    assert (first.status, first.attempts, first.sent_at) == (BatchStatus.PLANNED, 0, None)
    assert (second.status, second.attempts) == (BatchStatus.SENT, 1)
    assert second.sent_at is not None


def test_a_batch_without_an_answer_is_sent_again_and_counted(desk: Desk) -> None:
    delivery = desk.plan(1)
    desk.ledger.mark_sent(delivery.id, 1)
    desk.ledger.mark_sent(delivery.id, 1)
    assert desk.ledger.batches(delivery.id)[0].attempts == 2


def test_an_answer_is_kept_and_the_first_stays(desk: Desk) -> None:
    delivery = desk.plan(1)
    desk.ledger.mark_sent(delivery.id, 1)
    desk.ledger.mark_acknowledged(delivery.id, 1, "taken")
    desk.ledger.mark_acknowledged(delivery.id, 1, "taken twice")
    (batch,) = desk.ledger.batches(delivery.id)
    assert (batch.status, batch.answer) == (BatchStatus.ACKNOWLEDGED, "taken")
    assert batch.acknowledged_at is not None


def test_an_acknowledged_batch_is_never_sent_again(desk: Desk) -> None:
    delivery = desk.plan(1)
    desk.send(delivery)
    with pytest.raises(StateError, match="is acknowledged and must not be sent again"):
        desk.ledger.mark_sent(delivery.id, 1)


def test_a_batch_that_was_not_sent_cannot_be_acknowledged(desk: Desk) -> None:
    delivery = desk.plan(1)
    with pytest.raises(StateError, match="never marked as sent"):
        desk.ledger.mark_acknowledged(delivery.id, 1, "taken")


def test_a_delivery_is_finished_only_when_every_batch_is_acknowledged(desk: Desk) -> None:
    delivery = desk.plan(1, batches=2)
    desk.ledger.mark_sent(delivery.id, 1)
    desk.ledger.mark_acknowledged(delivery.id, 1, "taken")
    desk.ledger.mark_sent(delivery.id, 2)
    with pytest.raises(StateError, match=r"batches are not acknowledged \(1\)"):
        desk.ledger.finish(delivery.id)
    assert desk.ledger.acknowledged("meta") is None
    assert desk.statuses() == ["sending"]


def test_finishing_moves_the_pointer(desk: Desk, day: NthDay) -> None:
    done = desk.deliver(1)
    pointer = desk.ledger.acknowledged("meta")
    assert pointer is not None
    assert (pointer.snapshot_key, pointer.day, pointer.delivery_id) == (
        "snapshot-2026-11-01",
        day(1),
        done.id,
    )
    assert pointer.at == done.finished_at
    assert desk.ledger.unfinished("meta") is None
    assert desk.ledger.acknowledged("tiktok") is None


def test_finishing_twice_changes_nothing(desk: Desk) -> None:
    first = desk.deliver(1)
    second = desk.deliver(2)
    pointer = desk.ledger.acknowledged("meta")
    assert desk.ledger.finish(first.id) == first
    assert desk.ledger.finish(second.id) == second
    assert desk.ledger.acknowledged("meta") == pointer


def test_a_done_delivery_is_never_sent_again(desk: Desk) -> None:
    done = desk.deliver(1)
    with pytest.raises(StateError, match="is done and must not be sent again"):
        desk.ledger.mark_sent(done.id, 1)


def test_a_delivery_without_batches_still_moves_the_pointer(desk: Desk) -> None:
    delivery = desk.plan(1, batches=0)
    assert (delivery.rows, desk.ledger.batches(delivery.id)) == (0, [])
    desk.ledger.finish(delivery.id)
    pointer = desk.ledger.acknowledged("meta")
    assert pointer is not None
    assert pointer.snapshot_key == delivery.to_snapshot


def test_nothing_is_planned_while_a_delivery_is_unfinished(desk: Desk) -> None:
    delivery = desk.plan(1)
    desk.ledger.mark_sent(delivery.id, 1)
    with pytest.raises(OutOfOrderError, match="unfinished delivery of 2026-11-01: materialize meta/delivery"):
        desk.plan(2)
    assert desk.statuses() == ["sending"]


def test_an_older_day_is_refused_after_a_newer_one(desk: Desk) -> None:
    desk.deliver(2)
    with pytest.raises(
        OutOfOrderError, match="holds 2026-11-02 and cannot go back to 2026-11-01: materialize"
    ):
        desk.plan(1)


def test_a_plan_must_begin_where_the_partner_stands(desk: Desk, day: NthDay) -> None:
    desk.deliver(1)
    snapshot = desk.publish(2)
    for stale in (None, snapshot.key):
        with pytest.raises(OutOfOrderError, match=r"computed from .*: materialize meta/delta"):
            desk.ledger.plan("meta", day(2), stale, snapshot.key, Counts(), [])
    assert desk.statuses() == ["done"]


def test_a_first_plan_begins_from_nothing(desk: Desk, day: NthDay) -> None:
    snapshot = desk.publish(1)
    with pytest.raises(OutOfOrderError, match="'meta' holds nothing"):
        desk.ledger.plan("meta", day(1), snapshot.key, snapshot.key, Counts(), [])


def test_a_plan_needs_a_published_snapshot(desk: Desk, day: NthDay) -> None:
    with pytest.raises(StateError, match="'missing' is not in the ledger"):
        desk.ledger.plan("meta", day(1), None, "missing", Counts(), [])


def test_a_refused_plan_leaves_the_earlier_one_alone(desk: Desk, day: NthDay) -> None:
    delivery = desk.plan(1)
    with pytest.raises(StateError):
        desk.ledger.plan("meta", day(1), None, "missing", Counts(), [])
    assert desk.ledger.deliveries("meta") == [delivery]


def test_ordinals_count_what_reached_the_partner_that_day(desk: Desk, day: NthDay) -> None:
    assert desk.plan(1).ordinal == 0
    assert desk.plan(1).ordinal == 0  # the first one never began
    assert desk.deliver(1).ordinal == 0
    again = desk.plan(1, key="rebuilt")
    assert again.ordinal == 1
    assert desk.ledger.next_ordinal("meta", day(1)) == 1
    desk.ledger.mark_sent(again.id, 1)
    assert desk.ledger.next_ordinal("meta", day(1)) == 2
    assert desk.ledger.next_ordinal("meta", day(2)) == 0
    assert desk.ledger.next_ordinal("tiktok", day(1)) == 0


def test_a_done_delivery_is_found_by_day_and_snapshot(desk: Desk, day: NthDay) -> None:
    first = desk.deliver(1, key="k")
    desk.deliver(1, key="l")
    newest = desk.deliver(1, key="k")
    desk.plan(1, key="l")
    assert newest.id != first.id
    assert desk.ledger.done_delivery("meta", day(1), "k") == newest
    assert desk.ledger.done_delivery("meta", day(2), "k") is None
    assert desk.ledger.done_delivery("tiktok", day(1), "k") is None


def test_deliveries_are_listed_newest_first(desk: Desk) -> None:
    ids = [desk.deliver(number).id for number in (1, 2, 3)]
    assert [delivery.id for delivery in desk.ledger.deliveries("meta", limit=2)] == [ids[2], ids[1]]


def test_unknown_numbers_are_named(desk: Desk) -> None:
    delivery = desk.plan(1)
    with pytest.raises(StateError, match="Delivery 99 is not in the ledger"):
        desk.ledger.finish(99)
    with pytest.raises(StateError, match="Delivery 99 is not in the ledger"):
        desk.ledger.mark_sent(99, 1)
    with pytest.raises(StateError, match=f"Batch 7 of delivery {delivery.id} is not"):
        desk.ledger.mark_sent(delivery.id, 7)
    with pytest.raises(StateError, match=f"Batch 7 of delivery {delivery.id} is not"):
        desk.ledger.mark_acknowledged(delivery.id, 7, "taken")


@pytest.mark.parametrize(
    "forbidden",
    [
        "UPDATE delivery SET status = 'sending' WHERE status = 'done'",  # beside the planned one
        "UPDATE delivery SET ordinal = 0",
        "UPDATE delivery SET status = 'lost'",
        "UPDATE delivery SET to_snapshot = 'missing'",
        "UPDATE batch SET status = 'lost'",
        "DELETE FROM snapshot",
    ],
)
def test_the_database_itself_refuses_what_must_not_be(desk: Desk, execute: Execute, forbidden: str) -> None:
    desk.deliver(1, key="k")
    desk.plan(1, key="l")
    with pytest.raises(IntegrityError):
        execute(forbidden)
