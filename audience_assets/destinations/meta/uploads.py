"""Which session and number each batch is sent with: a session is used for 90 minutes at most and its numbers have no gap.

Source: Meta, Custom audiences from a customer file, session fields and replace API.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import randbits

from audience_assets.destinations.meta.client import Operation, Session
from audience_assets.ledger import records
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, BatchStatus, Delivery

WINDOW = timedelta(minutes=85)
"""Meta's 90, less what a slow batch and two clocks may take."""

FIRST = 1


@dataclass(frozen=True, slots=True)
class Together:
    """The batches of a delivery that are sent with one operation: how many, their rows, and the last one's place."""

    batches: int
    rows: int
    last: int


@dataclass(slots=True)
class Uploads:
    """The sessions of one delivery: what the ledger says of them when a run begins it, and what the run does since.

    Attributes:
        delivery: The delivery.
        together: Its batches, by operation.
        session: The session that was opened last, if there is one.
        number: The highest number that was sent in it; 0 while it is not used.
        taken: Whether Meta has acknowledged any batch.
        ledger: Remembers each session from before its first batch leaves.
        now: The time, with its zone.
        replacing: Tells whether a replacement of the audience is going on.
        wait: Waits until it is over.
    """

    delivery: Delivery
    together: Mapping[str, Together]
    session: records.Session | None
    number: int
    taken: bool
    ledger: Ledger
    now: Callable[[], datetime]
    replacing: Callable[[], bool]
    wait: Callable[[], None]

    def key(self, batch: Batch) -> str:
        """Session and number for a batch that is about to leave: those it had, as long as Meta takes them.

        A replacement's first batch must never be sent twice in a session. When its answer was lost and the replacement is
        under way, the same people go out once more under the next number; otherwise a new session begins.
        """
        operation, session = self._operation(batch), self.session
        self.taken = True  # as soon as there is another batch to ask for
        if session is None or session.operation != operation or self._is_over(session) or not self.number:
            return self._next(self.open(operation))
        if _session_of(batch) != session.id:
            return self._next(session)
        if operation is Operation.REPLACE and number_of(batch) == FIRST:
            if self.together[batch.operation].batches > 1 and self.replacing():
                return self._next(session)
            self.wait()
            return self._next(self.open(operation))
        return batch.remote_key

    def open(self, operation: Operation) -> records.Session:
        """A new session, in the ledger before anybody else knows of it."""
        session = records.Session(
            id=randbits(62) + 1, delivery_id=self.delivery.id, operation=operation, opened_at=self.now()
        )
        self.ledger.open_session(session)
        self.session, self.number = session, 0
        return session

    def place(self, batch: Batch) -> tuple[Operation, Session]:
        """What a batch with a key is sent as. The same batch is always sent with the same words."""
        together = self.together[batch.operation]
        operation = Operation(self.session.operation if self.session else batch.operation)
        return operation, Session(
            session_id=_session_of(batch) or 0,
            batch_seq=number_of(batch),
            last_batch=batch.sequence == together.last,
            estimated_total=together.rows,
        )

    @property
    def under_way(self) -> bool:
        """Whether a replacement of this delivery is going on, which it must not wait for."""
        session = self.session
        return (
            session is not None
            and session.operation == Operation.REPLACE
            and not self._is_over(session)
            and self.number > 0
        )

    def _next(self, session: records.Session) -> str:
        self.number += 1
        return f"{session.id}/{self.number}"

    def _operation(self, batch: Batch) -> Operation:
        """What the rest of a replacement is after its window: an addition, if Meta took any of it before."""
        planned = Operation(batch.operation)
        if planned is not Operation.REPLACE or self.session is None:
            return planned
        if self.session.operation == Operation.ADD:
            return Operation.ADD
        if self._is_over(self.session) and self.taken:
            self.wait()
            return Operation.ADD
        return planned

    def _is_over(self, session: records.Session) -> bool:
        return self.now() - session.opened_at > WINDOW


def uploads_of(
    delivery: Delivery,
    batches: Sequence[Batch],
    ledger: Ledger,
    now: Callable[[], datetime],
    replacing: Callable[[], bool],
    wait: Callable[[], None],
) -> Uploads:
    """The sessions of a delivery whose batches stand in the ledger like this."""
    session = ledger.newest_session(delivery.id)
    numbers = (number_of(batch) for batch in batches if session and _session_of(batch) == session.id)
    taken = any(batch.status is BatchStatus.ACKNOWLEDGED for batch in batches)
    together: dict[str, Together] = {}
    for batch in batches:
        before = together.get(batch.operation, Together(0, 0, 0))
        together[batch.operation] = Together(before.batches + 1, before.rows + batch.rows, batch.sequence)
    return Uploads(delivery, together, session, max(numbers, default=0), taken, ledger, now, replacing, wait)


def number_of(batch: Batch) -> int:
    """The number of a batch in its session."""
    return int(batch.remote_key.partition("/")[2] or 0)


def _session_of(batch: Batch) -> int | None:
    return int(batch.remote_key.partition("/")[0]) if batch.remote_key else None
