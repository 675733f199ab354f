"""A delta reaches the partner once in effect: planned, sent, finished, whatever breaks in between."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from audience_assets.destinations.sending import Answer
from audience_assets.errors import DeliveryInterruptedError, OutOfOrderError, StateError
from audience_assets.ledger import Batch, BatchStatus, Delivery, DeliveryStatus
from audience_assets_tests.destinations.state import NAME, Partner, State, only

FIRST, SECOND, THIRD = (date(2026, 11, number) for number in (1, 2, 3))
PEOPLE = {"a": {"CITY": "Santos"}, "b": {"CITY": "Recife"}, "c": {"CITY": "Natal"}}
PARTS = len(PEOPLE)


def statuses(state: State) -> list[BatchStatus]:
    newest = state.ledger.deliveries(NAME)[0]
    return [batch.status for batch in state.ledger.batches(newest.id)]


def test_a_delivery_is_planned_sent_and_finished_in_the_ledger(state: State) -> None:
    key = state.publish(FIRST, PEOPLE)
    made = state.plan(FIRST)
    partner, seen = Partner(), list[tuple[int, int, int]]()
    report = only(state.courier(partner, progress=lambda *told: seen.append(told)).deliver(FIRST))
    assert partner.taken == [
        (f"2026-11-01/0/{part}/{file.sha256[:8]}", file.sha256)
        for part, file in enumerate(made.files, start=1)
    ]
    assert (report.resumed, report.already, [batch.sequence for batch in report.sent]) == (
        None,
        None,
        [1, 2, 3],
    )
    assert seen == [(1, 3, 1), (2, 3, 1), (3, 3, 1)]
    done = report.delivery
    assert done is not None
    assert (done.status, done.joined, done.changed, done.left, done.rows, done.run) == (
        DeliveryStatus.DONE,
        3,
        0,
        0,
        3,
        "run-1",
    )
    batches = state.ledger.batches(done.id)
    assert [(batch.status, batch.attempts, batch.answer) for batch in batches] == [
        (BatchStatus.ACKNOWLEDGED, 1, f"taken as {number}") for number in (1, 2, 3)
    ]
    pointer = state.ledger.acknowledged(NAME)
    assert pointer is not None
    assert (pointer.snapshot_key, pointer.day, pointer.delivery_id) == (key, FIRST, done.id)
    assert state.ledger.unfinished(NAME) is None


def test_a_delivered_day_sends_nothing_again(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    state.plan(FIRST)
    partner = Partner()
    done = only(state.courier(partner).deliver(FIRST)).delivery
    again = only(state.courier(partner).deliver(FIRST))
    assert (again.delivery, again.already, again.sent) == (None, done, [])
    assert len(partner.taken) == PARTS


@pytest.mark.parametrize("answered", [False, True], ids=["not-taken", "taken-without-an-answer"])
@pytest.mark.parametrize("at", range(1, PARTS + 1))
def test_after_a_failure_only_what_is_not_acknowledged_is_sent_with_the_same_key(
    state: State, at: int, *, answered: bool
) -> None:
    state.publish(FIRST, PEOPLE)
    made = state.plan(FIRST)
    wanted = [
        (f"2026-11-01/0/{part}/{file.sha256[:8]}", file.sha256)
        for part, file in enumerate(made.files, start=1)
    ]
    partner = Partner(fail_after={at}) if answered else Partner(fail_before={at})
    with pytest.raises(DeliveryInterruptedError):
        state.courier(partner).deliver(FIRST)
    assert partner.taken == wanted[: at if answered else at - 1]
    assert statuses(state) == [
        *[BatchStatus.ACKNOWLEDGED] * (at - 1),
        BatchStatus.SENT,
        *[BatchStatus.PLANNED] * (PARTS - at),
    ]
    assert state.ledger.acknowledged(NAME) is None
    healed = Partner()
    report = only(state.courier(healed).deliver(FIRST))
    assert healed.taken == wanted[at - 1 :]
    assert report.resumed is not None
    assert (report.delivery, report.already) == (None, None)
    assert [batch.sequence for batch in report.sent] == list(range(at, PARTS + 1))
    assert [batch.attempts for batch in state.ledger.batches(report.resumed.id)] == [
        2 if number == at else 1 for number in range(1, PARTS + 1)
    ]
    assert only(state.courier(healed).deliver(FIRST)).already == report.resumed


def test_what_was_begun_is_finished_before_a_newer_day_is_sent(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    state.plan(FIRST)
    with pytest.raises(DeliveryInterruptedError):
        state.courier(Partner(fail_before={2})).deliver(FIRST)
    state.publish(SECOND, PEOPLE | {"b": {"CITY": "Olinda"}})
    made = state.plan(SECOND)
    assert (made.changed, made.joined, made.left) == (1, 0, 0)
    partner = Partner()
    report = only(state.courier(partner).deliver(SECOND))
    assert [key[:12] for key in partner.keys] == ["2026-11-01/0", "2026-11-01/0", "2026-11-02/0"]
    assert report.resumed is not None
    assert report.delivery is not None
    assert (report.resumed.day, report.delivery.day) == (FIRST, SECOND)


def test_a_correction_of_a_day_has_the_next_ordinal(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    state.plan(FIRST)
    partner = Partner()
    state.courier(partner).deliver(FIRST)
    state.publish(FIRST, PEOPLE | {"a": {"CITY": "Bauru"}}, "corrected")
    state.plan(FIRST)
    state.courier(partner).deliver(FIRST)
    assert partner.keys[PARTS][:14] == "2026-11-01/1/1"


def test_zero_rows_move_the_pointer_and_send_nothing(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    state.plan(FIRST)
    partner = Partner()
    state.courier(partner).deliver(FIRST)
    key = state.publish(SECOND, PEOPLE)
    made = state.plan(SECOND)
    assert (made.rows, made.files) == (0, [])
    report = only(state.courier(partner).deliver(SECOND))
    assert (report.sent, len(partner.taken)) == ([], PARTS)
    assert report.delivery is not None
    pointer = state.ledger.acknowledged(NAME)
    assert pointer is not None
    assert (pointer.snapshot_key, pointer.day) == (key, SECOND)


def test_a_day_in_between_that_was_down_is_carried_by_the_next(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    state.plan(FIRST)
    partner = Partner()
    state.courier(partner).deliver(FIRST)
    state.publish(SECOND, PEOPLE | {"d": {}})
    state.publish(THIRD, {name: row for name, row in PEOPLE.items() if name != "a"} | {"d": {}, "e": {}})
    made = state.plan(THIRD)
    assert (made.joined, made.changed, made.left) == (2, 0, 1)
    assert [row["CUSTOMER_ID"] for row in state.rows(made)] == ["a", "d", "e"]
    assert len(only(state.courier(partner).deliver(THIRD)).sent) == 3


def test_two_couriers_at_once_exclude_each_other(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    state.plan(FIRST)
    second = Partner()
    refused: list[str] = []

    class Meeting(Partner):
        def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:
            with pytest.raises(OutOfOrderError) as caught:
                state.courier(second, run="run-2").deliver(FIRST)
            refused.append(str(caught.value))
            return super().send(delivery, batch, path)

    partner = Meeting()
    state.courier(partner).deliver(FIRST)
    assert len(refused) == len(partner.taken) == PARTS
    assert refused[0].startswith("'delivery of vtex_ads' is held by process ")
    assert second.taken == []
    assert only(state.courier(second).deliver(FIRST)).already is not None


def test_a_failed_courier_lets_the_next_one_work(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    state.plan(FIRST)

    class Broken(Partner):
        def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:
            raise ZeroDivisionError(delivery, batch, path)

    with pytest.raises(ZeroDivisionError):
        state.courier(Broken()).deliver(FIRST)
    assert only(state.courier(Partner()).deliver(FIRST)).resumed is not None


def test_destinations_do_not_stand_in_each_others_way(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    state.plan(FIRST)
    other = replace(state.destination, name="vtex_br")

    class Meeting(Partner):
        def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:
            with pytest.raises(StateError, match="vtex_br/delta has nothing"):
                state.courier(Partner(), name=other.name).deliver(FIRST)
            return super().send(delivery, batch, path)

    assert only(state.courier(Meeting()).deliver(FIRST)).delivery is not None
