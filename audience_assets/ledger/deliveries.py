"""Deliveries as they are found, ordered and planned, and the pointer to what a partner holds. Every function works in its caller's transaction."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from audience_assets.errors import OutOfOrderError, StateError
from audience_assets.ledger import tables
from audience_assets.ledger.records import (
    Acknowledged,
    BatchStatus,
    Delivery,
    DeliveryStatus,
    PlannedBatch,
)

_deliveries = tables.delivery.c
_batches = tables.batch.c


def find_acknowledged(connection: Connection, destination: str) -> Acknowledged | None:
    """What the partner holds."""
    query = select(tables.acknowledged).where(tables.acknowledged.c.destination == destination)
    row = connection.execute(query).mappings().first()
    return None if row is None else Acknowledged(**row)


def find_newest(
    connection: Connection, destination: str, limit: int, *conditions: ColumnElement[bool]
) -> list[Delivery]:
    """The destination's deliveries that meet all conditions, newest first."""
    query = select(tables.delivery).where(_deliveries.destination == destination, *conditions)
    newest = query.order_by(_deliveries.id.desc()).limit(limit)
    return [Delivery(**row) for row in connection.execute(newest).mappings()]


def find_unfinished(connection: Connection, destination: str) -> Delivery | None:
    """The delivery that was begun and not finished; an index keeps it to one."""
    sending = _deliveries.status == DeliveryStatus.SENDING
    return next(iter(find_newest(connection, destination, 1, sending)), None)


def find_done(connection: Connection, destination: str, day: date, to_snapshot: str) -> Delivery | None:
    """The newest delivery of this day that brought the partner to this snapshot."""
    done = _deliveries.status == DeliveryStatus.DONE
    same = (_deliveries.day == day, _deliveries.to_snapshot == to_snapshot)
    return next(iter(find_newest(connection, destination, 1, done, *same)), None)


def next_ordinal(connection: Connection, destination: str, day: date) -> int:
    """How many deliveries of this day reached the partner, wholly or in part."""
    begun = _deliveries.status.in_([DeliveryStatus.SENDING, DeliveryStatus.DONE])
    of_day = (_deliveries.destination == destination, _deliveries.day == day)
    return connection.scalar(select(func.count()).select_from(tables.delivery).where(*of_day, begun)) or 0


def refuse_out_of_order(
    connection: Connection, destination: str, day: date, from_snapshot: str | None
) -> None:
    """Let only a delivery pass that begins where the partner stands.

    Raises:
        OutOfOrderError: Another delivery is unfinished, a newer day was delivered, or the partner holds another
            snapshot than the delivery was computed from.
    """
    open_one = find_unfinished(connection, destination)
    if open_one is not None:
        raise OutOfOrderError(
            f"{destination!r} has an unfinished delivery of {open_one.day}: materialize {destination}/delivery for "
            f"{open_one.day} to finish it, then for {day}."
        )
    pointer = find_acknowledged(connection, destination)
    if pointer is not None and pointer.day > day:
        raise OutOfOrderError(
            f"{destination!r} holds {pointer.day} and cannot go back to {day}: materialize {destination}/delta and "
            f"{destination}/delivery for {pointer.day} or a later day."
        )
    if (pointer and pointer.snapshot_key) != from_snapshot:
        holds = f"snapshot {pointer.snapshot_key!r}" if pointer else "nothing"
        raise OutOfOrderError(
            f"{destination!r} holds {holds}, and the delta of {day} was computed from "
            f"{from_snapshot or 'nothing'!r}: materialize {destination}/delta for {day} again, then its delivery."
        )


def insert_plan(connection: Connection, delivery: Delivery, batches: Sequence[PlannedBatch]) -> Delivery:
    """Store a plan with its batches in place of an earlier plan that was never begun."""
    planned = _deliveries.status == DeliveryStatus.PLANNED
    connection.execute(
        update(tables.delivery)
        .where(_deliveries.destination == delivery.destination, planned)
        .values(status=DeliveryStatus.ABANDONED)
    )
    ordinal = next_ordinal(connection, delivery.destination, delivery.day)
    row = asdict(replace(delivery, ordinal=ordinal))
    del row["id"]
    number: int = connection.execute(
        insert(tables.delivery).values(row).returning(_deliveries.id)
    ).scalar_one()
    rows = [
        {
            **asdict(one),
            "delivery_id": number,
            "sequence": sequence,
            "status": BatchStatus.PLANNED,
            "attempts": 0,
        }
        for sequence, one in enumerate(batches, start=1)
    ]
    if rows:
        connection.execute(insert(tables.batch), rows)
    return replace(delivery, ordinal=ordinal, id=number)


def require(connection: Connection, delivery_id: int) -> Delivery:
    """The delivery of this number.

    Raises:
        StateError: There is none.
    """
    query = select(tables.delivery).where(_deliveries.id == delivery_id)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise StateError(f"Delivery {delivery_id} is not in the ledger: materialize the delivery again.")
    return Delivery(**row)
