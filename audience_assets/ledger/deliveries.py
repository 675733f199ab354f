"""Deliveries as they are found, ordered and planned, and the pointer to what a partner holds. Every function works in its caller's transaction."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date

from sqlalchemy import ColumnElement, Connection, func, insert, select, union, update

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


def find_acknowledged(connection: Connection, destination: str, audience: str) -> Acknowledged | None:
    """What the partner holds."""
    columns = tables.acknowledged.c
    query = select(tables.acknowledged).where(
        columns.destination == destination, columns.audience == audience
    )
    row = connection.execute(query).mappings().first()
    return None if row is None else Acknowledged(**row)


def find_newest(
    connection: Connection, destination: str, limit: int, *conditions: ColumnElement[bool]
) -> list[Delivery]:
    """The destination's deliveries that meet all conditions, newest first."""
    query = select(tables.delivery).where(_deliveries.destination == destination, *conditions)
    newest = query.order_by(_deliveries.id.desc()).limit(limit)
    return [Delivery(**row) for row in connection.execute(newest).mappings()]


def find_unfinished(connection: Connection, destination: str, audience: str) -> Delivery | None:
    """The delivery that was begun and not finished; an index keeps it to one."""
    sending = (_deliveries.audience == audience, _deliveries.status == DeliveryStatus.SENDING)
    return next(iter(find_newest(connection, destination, 1, *sending)), None)


def find_done(
    connection: Connection, destination: str, audience: str, day: date, to_snapshot: str
) -> Delivery | None:
    """The newest delivery of this day that brought the partner to this snapshot."""
    done = (_deliveries.audience == audience, _deliveries.status == DeliveryStatus.DONE)
    same = (_deliveries.day == day, _deliveries.to_snapshot == to_snapshot)
    return next(iter(find_newest(connection, destination, 1, *done, *same)), None)


def find_filling(connection: Connection, destination: str, audience: str) -> Delivery | None:
    """The newest finished delivery that had rows."""
    filling = (
        _deliveries.audience == audience,
        _deliveries.status == DeliveryStatus.DONE,
        _deliveries.rows > 0,
    )
    return next(iter(find_newest(connection, destination, 1, *filling)), None)


def find_request(connection: Connection, destination: str, request: str) -> Delivery | None:
    """The finished delivery that a person asked for."""
    done = (_deliveries.request == request, _deliveries.status == DeliveryStatus.DONE)
    return next(iter(find_newest(connection, destination, 1, *done)), None)


def find_audiences(connection: Connection, destination: str) -> list[str]:
    """The audiences with a pointer or a begun delivery, in order."""
    pointers = tables.acknowledged.c
    begun = _deliveries.status == DeliveryStatus.SENDING
    query = union(
        select(pointers.audience).where(pointers.destination == destination),
        select(_deliveries.audience).where(_deliveries.destination == destination, begun),
    )
    return sorted(connection.scalars(query))


def next_ordinal(connection: Connection, destination: str, audience: str, day: date) -> int:
    """How many deliveries of this day reached the partner, wholly or in part."""
    begun = _deliveries.status.in_([DeliveryStatus.SENDING, DeliveryStatus.DONE])
    of_day = (
        _deliveries.destination == destination,
        _deliveries.audience == audience,
        _deliveries.day == day,
    )
    return connection.scalar(select(func.count()).select_from(tables.delivery).where(*of_day, begun)) or 0


def refuse_out_of_order(connection: Connection, planned: Delivery) -> None:
    """Let only a delivery pass that begins where the partner stands.

    Raises:
        OutOfOrderError: Another delivery is unfinished, a newer day was delivered, or the partner holds another
            snapshot than the delivery was computed from.
    """
    destination, day, from_snapshot = planned.destination, planned.day, planned.from_snapshot
    open_one = find_unfinished(connection, destination, planned.audience)
    if open_one is not None:
        raise OutOfOrderError(
            f"{destination!r} has an unfinished delivery of {open_one.day}: materialize {destination}/delivery for "
            f"{open_one.day} to finish it, then for {day}."
        )
    pointer = find_acknowledged(connection, destination, planned.audience)
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
        .where(
            _deliveries.destination == delivery.destination,
            _deliveries.audience == delivery.audience,
            planned,
        )
        .values(status=DeliveryStatus.ABANDONED)
    )
    ordinal = next_ordinal(connection, delivery.destination, delivery.audience, delivery.day)
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
            "refused": 0,
            "earlier_keys": "",
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
