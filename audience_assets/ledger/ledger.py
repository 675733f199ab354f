"""The ledger: what was built, what was sent, and what each partner holds; every method is one short transaction."""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date
from types import TracebackType
from typing import Self

from audience_assets.ledger import audiences, batches, deliveries, needed, snapshots
from audience_assets.ledger.database import Database
from audience_assets.ledger.erasures import Erasures
from audience_assets.ledger.lease import Lease, held
from audience_assets.ledger.records import (
    Acknowledged,
    Batch,
    Counts,
    Delivery,
    DeliveryStatus,
    PlannedBatch,
    RemoteAudience,
    Segment,
    Session,
    Snapshot,
    utc_now,
)


class Ledger:
    """The one place that knows the state; safe to use from several processes at once.

    Every method can raise StateError when the database is locked for too long, damaged, or cannot be written, and
    DeliveryInterruptedError when its server is away; the methods below name only what they raise besides.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.erasures = Erasures(database)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the ledger at a URL, creating it on first use.

        Args:
            url: `sqlite:///path/to/ledger.db`, or `postgresql://user:password@host:port/database`.

        Raises:
            SettingsError: The URL cannot be used, or the server refuses what it says.
            StateError: The ledger cannot be created or read, is damaged, or is of another version.
            DeliveryInterruptedError: The server cannot be reached.
        """
        return cls(Database.open(url))

    def close(self) -> None:
        """Close the ledger's connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # What was built

    def record_segment(self, segment: Segment) -> None:
        """Record a segment; recording the same one again changes nothing.

        Raises:
            StateError: A segment of this name is recorded with another content.
        """
        with self._database.writing() as connection:
            snapshots.record_segment(connection, segment)

    def segment(self, name: str) -> Segment | None:
        """The segment of this name."""
        return self.segments([name]).get(name)

    def segments(self, names: Iterable[str]) -> dict[str, Segment]:
        """The recorded ones among these segments, by name."""
        with self._database.reading() as connection:
            return snapshots.find_segments(connection, list(names))

    def segments_in_clear(self, before: date) -> list[Segment]:
        """The segments of days before this one whose normalized file was not purged yet, oldest first."""
        with self._database.reading() as connection:
            return snapshots.segments_in_clear(connection, before)

    def forget_normalized_file(self, name: str) -> None:
        """Note that a segment's clear text was purged."""
        with self._database.writing() as connection:
            snapshots.set_normalized_file(connection, name, None)

    def set_hashed_file(self, name: str, path: str) -> None:
        """Note a segment's hashed file, once; the same path again changes nothing.

        Raises:
            StateError: The segment is unknown, or has another hashed file.
        """
        with self._database.writing() as connection:
            snapshots.set_hashed_file(connection, name, path)

    def publish_snapshot(self, snapshot: Snapshot) -> Snapshot:
        """Publish a snapshot and make it the current one of its day.

        Returns:
            The stored snapshot with its sequence number; of a key that is known, what was stored first.

        Raises:
            StateError: Its segment or parent is unknown, or its key is known with another day.
        """
        with self._database.writing() as connection:
            return snapshots.publish(connection, snapshot)

    def snapshot(self, key: str) -> Snapshot | None:
        """The snapshot of this key."""
        with self._database.reading() as connection:
            return snapshots.find_snapshot(connection, key)

    def current_snapshot(self, day: date) -> Snapshot | None:
        """The snapshot of a day that was published last."""
        with self._database.reading() as connection:
            return snapshots.current_of(connection, day)

    def newest_snapshot_before(self, day: date) -> Snapshot | None:
        """The current snapshot of the newest day strictly before this one."""
        with self._database.reading() as connection:
            return snapshots.newest_before(connection, day)

    def needed_snapshots(self, since: date) -> dict[str, Snapshot]:
        """The snapshots that something may still be compared with, by key; those of days before `since` only if in use."""
        with self._database.reading() as connection:
            return needed.needed_snapshots(connection, since)

    def open_files(self) -> set[str]:
        """The files of deliveries that are planned or under way."""
        with self._database.reading() as connection:
            return needed.open_files(connection)

    def newest_snapshot(self) -> Snapshot | None:
        """The current snapshot of the newest day."""
        return self.newest_snapshot_before(date.max)

    def destinations(self) -> set[str]:
        """The destinations for which a delivery was ever planned."""
        with self._database.reading() as connection:
            return needed.destinations(connection)

    def every_segment(self) -> list[Segment]:
        """All segments, by day and name."""
        with self._database.reading() as connection:
            return snapshots.every_segment(connection)

    def every_snapshot(self) -> list[Snapshot]:
        """All snapshots, in the order in which they were published."""
        with self._database.reading() as connection:
            return snapshots.every_snapshot(connection)

    def recount_snapshot(self, key: str, *, customers: int, withheld: int) -> None:
        """Note how many customers a snapshot has, now that some were erased from its files."""
        with self._database.writing() as connection:
            snapshots.recount(connection, key, customers, withheld)

    # What a partner holds

    def acknowledged(self, destination: str, audience: str = "") -> Acknowledged | None:
        """What the partner holds; None before its first delivery."""
        with self._database.reading() as connection:
            return deliveries.find_acknowledged(connection, destination, audience)

    def unfinished(self, destination: str, audience: str = "") -> Delivery | None:
        """The delivery that was begun and must be finished before any other of the same audience."""
        with self._database.reading() as connection:
            return deliveries.find_unfinished(connection, destination, audience)

    def done_delivery(
        self, destination: str, day: date, to_snapshot: str, audience: str = ""
    ) -> Delivery | None:
        """The newest delivery of this day that brought the partner to this snapshot."""
        with self._database.reading() as connection:
            return deliveries.find_done(connection, destination, audience, day, to_snapshot)

    def last_filling(self, destination: str, audience: str = "") -> Delivery | None:
        """The newest finished delivery that said anything to the partner."""
        with self._database.reading() as connection:
            return deliveries.find_filling(connection, destination, audience)

    def done_request(self, destination: str, request: str) -> Delivery | None:
        """The finished delivery that a person asked for under this name."""
        with self._database.reading() as connection:
            return deliveries.find_request(connection, destination, request)

    def deliveries(self, destination: str, limit: int = 20) -> list[Delivery]:
        """The destination's deliveries, newest first, abandoned plans among them."""
        with self._database.reading() as connection:
            return deliveries.find_newest(connection, destination, limit)

    def next_ordinal(self, destination: str, day: date, audience: str = "") -> int:
        """How many deliveries of this day the partner got before: 0, 1, 2 and so on."""
        with self._database.reading() as connection:
            return deliveries.next_ordinal(connection, destination, audience, day)

    # The partner's audiences

    def audiences(self, destination: str) -> list[str]:
        """The audiences that a delivery of the destination was finished or begun for, in order."""
        with self._database.reading() as connection:
            return deliveries.find_audiences(connection, destination)

    def remote_audiences(self, destination: str) -> list[RemoteAudience]:
        """The audiences that we feed at the partner, or began to, in the order of their names."""
        with self._database.reading() as connection:
            return audiences.known(connection, destination)

    def remote_audience(self, destination: str, audience: str) -> RemoteAudience | None:
        """One of the audiences that we feed at the partner, or began to."""
        with self._database.reading() as connection:
            return audiences.find(connection, destination, audience)

    def record_remote_audience(self, audience: RemoteAudience) -> RemoteAudience:
        """Record an audience before it is asked for; one that is known stays as it is and is returned."""
        with self._database.writing() as connection:
            return audiences.record(connection, audience)

    def set_remote_id(self, destination: str, audience: str, remote_id: str) -> None:
        """Note the partner's id of a recorded audience."""
        with self._database.writing() as connection:
            audiences.change(connection, destination, audience, {"remote_id": remote_id})

    def pin_columns(self, destination: str, audience: str, columns: str) -> None:
        """Note the columns that an audience is fed with from now on."""
        with self._database.writing() as connection:
            audiences.change(connection, destination, audience, {"columns": columns})

    def note_name(self, destination: str, audience: str, name: str | None, description: str | None) -> None:
        """Note how the partner was told to call and describe an audience."""
        with self._database.writing() as connection:
            audiences.change(connection, destination, audience, {"name": name, "description": description})

    def end_audience(self, destination: str, audience: str) -> None:
        """Note that an audience is about to be deleted at the partner, before the partner is told."""
        with self._database.writing() as connection:
            audiences.change(connection, destination, audience, {"ending": True})
            audiences.forget_held(connection, destination, audience)

    def forget_audience(self, destination: str, audience: str) -> bool:
        """Know nothing more of an audience, so that the next delivery begins anew; return whether it was known."""
        with self._database.writing() as connection:
            return audiences.forget(connection, destination, audience)

    def open_session(self, session: Session) -> None:
        """Record a session that is about to be used."""
        with self._database.writing() as connection:
            audiences.open_session(connection, session)

    def newest_session(self, delivery_id: int) -> Session | None:
        """The session that a delivery opened last."""
        with self._database.reading() as connection:
            return audiences.newest_session(connection, delivery_id)

    def last_session(self, destination: str, audience: str, operation: str) -> Session | None:
        """The newest session of this operation that any delivery of the audience opened."""
        with self._database.reading() as connection:
            return audiences.last_session(connection, destination, audience, operation)

    # A delivery

    def plan(  # noqa: PLR0913 - a delivery's row, and the last two by name only
        self,
        destination: str,
        day: date,
        from_snapshot: str | None,
        to_snapshot: str,
        counts: Counts,
        batches: Sequence[PlannedBatch],
        run: str | None = None,
        *,
        audience: str = "",
        request: str | None = None,
        empties: bool = False,
    ) -> Delivery:
        """Plan a delivery; an earlier plan of the same audience that was never begun is abandoned.

        Args:
            destination: The destination's name.
            day: The day whose customers are delivered.
            from_snapshot: What the partner holds; None for a first delivery.
            to_snapshot: What it will hold.
            counts: How many customers that changes.
            batches: The files to send, in order; none when nothing changed, which still moves the pointer at the end.
            run: The run that plans, for display.
            audience: Which of the customers' audiences it moves; empty where a destination has one list for all.
            request: What tells a delivery apart that a person asked for though nothing had changed.
            empties: Whether it takes everybody out of an audience that is not wanted any more.

        Raises:
            OutOfOrderError: Another delivery is unfinished, a newer day was delivered, or the partner holds another
                snapshot than `from_snapshot`.
            StateError: `to_snapshot` was never published.
        """
        delivery = Delivery(
            id=0,
            destination=destination,
            audience=audience,
            day=day,
            ordinal=0,
            from_snapshot=from_snapshot,
            to_snapshot=to_snapshot,
            status=DeliveryStatus.PLANNED,
            joined=counts.joined,
            changed=counts.changed,
            left=counts.left,
            rows=sum(batch.rows for batch in batches),
            run=run,
            planned_at=utc_now(),
            finished_at=None,
            request=request,
            empties=empties,
        )
        with self._database.writing() as connection:
            deliveries.refuse_out_of_order(connection, delivery)
            snapshots.require_snapshot(connection, to_snapshot)
            return deliveries.insert_plan(connection, delivery, batches)

    def batches(self, delivery_id: int) -> list[Batch]:
        """A delivery's batches in the order they are sent."""
        with self._database.reading() as connection:
            return batches.batches_of(connection, delivery_id)

    def mark_sent(self, delivery_id: int, sequence: int, remote_key: str | None = None) -> None:
        """Note that a batch is about to leave: from here on its delivery is `sending` and must be finished.

        Args:
            delivery_id: Its delivery.
            sequence: Its place in the delivery.
            remote_key: Under which key it leaves, where that was not decided by the plan.

        Raises:
            OutOfOrderError: A newer plan took the delivery's place.
            StateError: The delivery is done, the batch is acknowledged, or one of them is unknown.
        """
        with self._database.writing() as connection:
            batches.mark_sent(connection, delivery_id, sequence, remote_key)

    def note_key(self, delivery_id: int, sequence: int, remote_key: str) -> None:
        """Note the key that the partner chose for a batch, before its first byte leaves.

        Raises:
            StateError: The batch is unknown.
        """
        with self._database.writing() as connection:
            batches.note_key(connection, delivery_id, sequence, remote_key)

    def abandon(self, delivery_id: int) -> None:
        """Give up a begun delivery of which the partner took nothing, so that another one can be planned.

        Raises:
            StateError: The partner took some of it, or the delivery is unknown.
        """
        with self._database.writing() as connection:
            batches.abandon(connection, delivery_id)

    def reset_batches(self, delivery_id: int, operation: str) -> None:
        """Plan every batch of an operation anew, because the partner began anew."""
        with self._database.writing() as connection:
            batches.reset(connection, delivery_id, operation)

    def mark_acknowledged(
        self, delivery_id: int, sequence: int, answer: str | None = None, refused: int = 0
    ) -> None:
        """Note that the partner has a batch, with its answer and how many rows it refused; of two answers the first stays.

        Raises:
            StateError: The batch was not sent, or is unknown.
        """
        with self._database.writing() as connection:
            batches.mark_acknowledged(connection, delivery_id, sequence, answer, refused)

    def mark_refused(self, delivery_id: int, sequence: int, refused: int) -> None:
        """Note how many rows of an acknowledged batch the partner did not take, where that was found out later.

        Raises:
            StateError: The batch is unknown.
        """
        with self._database.writing() as connection:
            batches.mark_refused(connection, delivery_id, sequence, refused)

    def finish(self, delivery_id: int) -> Delivery:
        """Mark a delivery done and move the pointer, both or neither; a done one stays as it is.

        Raises:
            OutOfOrderError: A newer plan took the delivery's place.
            StateError: A batch is not acknowledged, or the delivery is unknown.
        """
        with self._database.writing() as connection:
            return batches.finish(connection, delivery_id)

    def lease(self, name: str, seconds: float = 600) -> AbstractContextManager[Lease]:
        """Hold a name while the body runs, so that nobody else works on it; released however the body ends.

        A dead holder on this machine loses it at once, one elsewhere when its term expires. Work that may take longer
        than `seconds` calls `renew` in between.

        Raises:
            OutOfOrderError: A living holder has it; the message says who, since when, and what to do.
        """
        return held(self._database, name, seconds)
