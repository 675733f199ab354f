"""Which session and number each batch is sent with: a session is used for 90 minutes at most and its numbers have no gap.

Source: Meta, Custom audiences from a customer file, session fields and replace API.
"""

from collections.abc import Callable
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
class Uploads:
    """The sessions of one destination's deliveries.

    Attributes:
        ledger: Remembers each session from before its first batch leaves.
        now: The time, with its zone.
        replacing: Tells whether a replacement of the audience is going on.
        wait: Waits until it is over.
    """

    ledger: Ledger
    now: Callable[[], datetime]
    replacing: Callable[[], bool]
    wait: Callable[[], None]

    def key(self, delivery: Delivery, batch: Batch) -> str:
        """Session and number for a batch that is about to leave: those it had, as long as Meta takes them.

        A replacement's first batch must never be sent twice in a session. When its answer was lost and the replacement is
        under way, the same people go out once more under the next number; otherwise a new session begins.
        """
        batches = self.ledger.batches(delivery.id)
        session = self.ledger.newest_session(delivery.id)
        operation = self._operation(batch, session, batches)
        if (
            session is None
            or session.operation != operation
            or self._over(session)
            or not _used(session, batches)
        ):
            return f"{self.open(delivery, operation).id}/{FIRST}"
        if _session_of(batch) != session.id:
            return f"{session.id}/{_next_number(session, batches)}"
        if operation is Operation.REPLACE and number_of(batch) == FIRST:
            several = len([each for each in batches if each.operation == batch.operation]) > 1
            if several and self.replacing():
                return f"{session.id}/{_next_number(session, batches)}"
            self.wait()
            return f"{self.open(delivery, operation).id}/{FIRST}"
        return batch.remote_key

    def open(self, delivery: Delivery, operation: Operation) -> records.Session:
        """A new session, in the ledger before anybody else knows of it."""
        session = records.Session(
            id=randbits(62) + 1, delivery_id=delivery.id, operation=operation, opened_at=self.now()
        )
        self.ledger.open_session(session)
        return session

    def place(self, delivery: Delivery, batch: Batch) -> tuple[Operation, Session]:
        """What a batch with a key is sent as. The same batch is always sent with the same words."""
        batches = [each for each in self.ledger.batches(delivery.id) if each.operation == batch.operation]
        session = self.ledger.newest_session(delivery.id)
        operation = Operation(session.operation if session else batch.operation)
        return operation, Session(
            session_id=_session_of(batch) or 0,
            batch_seq=number_of(batch),
            last_batch=batch.sequence == max(each.sequence for each in batches),
            estimated_total=sum(each.rows for each in batches),
        )

    def under_way(self, delivery: Delivery) -> bool:
        """Whether a replacement of this delivery is going on, which it must not wait for."""
        session = self.ledger.newest_session(delivery.id)
        return (
            session is not None
            and session.operation == Operation.REPLACE
            and not self._over(session)
            and _used(session, self.ledger.batches(delivery.id))
        )

    def _operation(self, batch: Batch, session: records.Session | None, batches: list[Batch]) -> Operation:
        """What the rest of a replacement is after its window: an addition, if Meta took any of it before."""
        planned = Operation(batch.operation)
        if planned is not Operation.REPLACE or session is None:
            return planned
        if session.operation == Operation.ADD:
            return Operation.ADD
        taken = any(each.status is BatchStatus.ACKNOWLEDGED for each in batches)
        if self._over(session) and taken:
            self.wait()
            return Operation.ADD
        return planned

    def _over(self, session: records.Session) -> bool:
        return self.now() - session.opened_at > WINDOW


def number_of(batch: Batch) -> int:
    """The number of a batch in its session."""
    return int(batch.remote_key.partition("/")[2] or 0)


def _session_of(batch: Batch) -> int | None:
    return int(batch.remote_key.partition("/")[0]) if batch.remote_key else None


def _used(session: records.Session, batches: list[Batch]) -> bool:
    return any(_session_of(batch) == session.id for batch in batches)


def _next_number(session: records.Session, batches: list[Batch]) -> int:
    return 1 + max((number_of(batch) for batch in batches if _session_of(batch) == session.id), default=0)
