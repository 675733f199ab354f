"""Any order of calls, with a crash between any two: the pointer is the last done delivery's, and nothing else moves it."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from audience_assets.errors import OutOfOrderError, StateError
from audience_assets.ledger import BatchStatus, Counts, Ledger, PlannedBatch, Segment, Snapshot

FIRST_DAY = date(2026, 11, 1)
DAYS = 4


class DeliveryMachine(RuleBasedStateMachine):
    """A model of one destination beside the real ledger."""

    def __init__(self, stack: ExitStack, url: str) -> None:
        super().__init__()
        self.stack, self.url = stack, url
        self.ledger = Ledger.open(self.url)
        self.pointer: tuple[str, date] | None = None
        self.delivery: int | None = None  # planned or sending
        self.target: tuple[str, date] = ("", FIRST_DAY)
        self.batches: list[BatchStatus] = []
        self.done_by_day: dict[date, int] = {}

    @initialize()
    def publish(self) -> None:
        self.ledger.record_segment(Segment("segment", FIRST_DAY, "rules-1", None, 1))
        for number in range(DAYS):
            day = FIRST_DAY + timedelta(days=number)
            for version in "ab":
                self.ledger.publish_snapshot(
                    Snapshot(f"{day}-{version}", day, None, "segment", "i", 1, 1, 0, 0)
                )

    @property
    def sending(self) -> bool:
        return any(status is not BatchStatus.PLANNED for status in self.batches)

    @rule()
    def crash(self) -> None:
        self.stack.callback(self.ledger.close)
        self.ledger = Ledger.open(self.url)

    @rule(number=st.integers(0, DAYS - 1), version=st.sampled_from("ab"), count=st.integers(0, 3))
    def plan(self, number: int, version: str, count: int) -> None:
        day = FIRST_DAY + timedelta(days=number)
        key = f"{day}-{version}"
        start = self.pointer[0] if self.pointer else None
        files = [PlannedBatch("add", 1, "file", "sha", "remote")] * count
        too_old = self.pointer is not None and self.pointer[1] > day
        if self.sending or too_old:
            with pytest.raises(OutOfOrderError):
                self.ledger.plan("meta", day, start, key, Counts(), files)
            return
        delivery = self.ledger.plan("meta", day, start, key, Counts(), files)
        assert delivery.ordinal == self.done_by_day.get(day, 0)
        self.delivery, self.target, self.batches = delivery.id, (key, day), [BatchStatus.PLANNED] * count

    @rule(version=st.sampled_from("ab"))
    def plan_from_elsewhere(self, version: str) -> None:
        day = FIRST_DAY + timedelta(days=DAYS - 1)
        key = f"{day}-{version}"
        if self.pointer and self.pointer[0] == key:
            return
        with pytest.raises(OutOfOrderError):
            self.ledger.plan("meta", day, key, key, Counts(), [])

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        assert self.delivery is not None
        index = data.draw(st.integers(0, len(self.batches) - 1))
        if self.batches[index] is BatchStatus.ACKNOWLEDGED:
            with pytest.raises(StateError):
                self.ledger.mark_sent(self.delivery, index + 1)
            return
        self.ledger.mark_sent(self.delivery, index + 1)
        self.batches[index] = BatchStatus.SENT

    @precondition(lambda self: self.batches)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        assert self.delivery is not None
        index = data.draw(st.integers(0, len(self.batches) - 1))
        if self.batches[index] is BatchStatus.PLANNED:
            with pytest.raises(StateError):
                self.ledger.mark_acknowledged(self.delivery, index + 1, "taken")
            return
        self.ledger.mark_acknowledged(self.delivery, index + 1, "taken")
        self.batches[index] = BatchStatus.ACKNOWLEDGED

    @precondition(lambda self: self.delivery is not None)
    @rule()
    def finish(self) -> None:
        assert self.delivery is not None
        if any(status is not BatchStatus.ACKNOWLEDGED for status in self.batches):
            with pytest.raises(StateError):
                self.ledger.finish(self.delivery)
            return
        self.ledger.finish(self.delivery)
        self.pointer = self.target
        self.done_by_day[self.target[1]] = self.done_by_day.get(self.target[1], 0) + 1
        self.delivery, self.batches = None, []

    @rule()
    def send_everything(self) -> None:
        for batch in self.ledger.batches(self.delivery) if self.delivery else []:
            if batch.status is not BatchStatus.ACKNOWLEDGED:
                self.ledger.mark_sent(batch.delivery_id, batch.sequence)
                self.ledger.mark_acknowledged(batch.delivery_id, batch.sequence, "taken")
        self.batches = [BatchStatus.ACKNOWLEDGED] * len(self.batches)

    @rule()
    def finish_the_last_done_again(self) -> None:
        pointer = self.ledger.acknowledged("meta")
        if pointer is not None:
            self.ledger.finish(pointer.delivery_id)

    @invariant()
    def pointer_is_the_last_done_delivery(self) -> None:
        stored = self.ledger.acknowledged("meta")
        assert (stored and (stored.snapshot_key, stored.day)) == self.pointer
        done = [one for one in self.ledger.deliveries("meta", limit=1000) if one.status == "done"]
        assert (stored and stored.delivery_id) == (done[0].id if done else None)
        assert len(done) == sum(self.done_by_day.values())

    @invariant()
    def at_most_one_delivery_is_unfinished(self) -> None:
        unfinished = self.ledger.unfinished("meta")
        assert (unfinished and unfinished.id) == (self.delivery if self.sending else None)
        if self.delivery is not None:
            assert [batch.status for batch in self.ledger.batches(self.delivery)] == self.batches

    def teardown(self) -> None:
        self.ledger.close()
        self.stack.close()


@contextmanager
def sqlite_url(_request: pytest.FixtureRequest) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        yield f"sqlite:///{directory}/ledger.db"


@contextmanager
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    server, template = map(request.getfixturevalue, ("server", "new_ledger"))
    with server.database("machine", template) as name:
        yield server.url(name)


@pytest.mark.parametrize(("new_url", "examples"), [(sqlite_url, 10), (postgres_url, 4)])
def test_any_order_of_calls_keeps_the_pointer(
    new_url: Callable[[pytest.FixtureRequest], AbstractContextManager[str]],
    examples: int,
    request: pytest.FixtureRequest,
) -> None:
    class OneDeliveryMachine(DeliveryMachine):
        def __init__(self) -> None:
            stack = ExitStack()
            super().__init__(stack, stack.enter_context(new_url(request)))

    run_state_machine_as_test(
        OneDeliveryMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,  # every step waits for the disk
            database=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
