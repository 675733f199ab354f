"""A delivery on its way: batches sent and acknowledged, then the pointer moved. Every function works in its caller's transaction."""

from dataclasses import asdict, replace

from sqlalchemy import Connection, func, insert, select, update

from audience_assets.errors import OutOfOrderError, StateError
from audience_assets.ledger import deliveries, tables
from audience_assets.ledger.records import (
    Acknowledged,
    Batch,
    BatchStatus,
    Delivery,
    DeliveryStatus,
    utc_now,
)

_columns = tables.batch.c


def batches_of(connection: Connection, delivery_id: int) -> list[Batch]:
    """The delivery's batches in the order they are sent."""
    query = select(tables.batch).where(_columns.delivery_id == delivery_id).order_by(_columns.sequence)
    return [Batch(**row) for row in connection.execute(query).mappings()]


def mark_sent(connection: Connection, delivery_id: int, sequence: int, remote_key: str | None) -> None:
    """Note that a batch is about to leave, under which key; from here on its delivery must be finished.

    Raises:
        OutOfOrderError: A newer plan took the delivery's place.
        StateError: The delivery is done, the batch is acknowledged, or one of them is unknown.
    """
    delivery = _require_open(connection, delivery_id)
    batch = _require_batch(connection, delivery_id, sequence)
    if batch.status is BatchStatus.ACKNOWLEDGED:
        raise StateError(
            f"Batch {sequence} of delivery {delivery_id} is acknowledged and must not be sent again: "
            "send only the batches that are not."
        )
    sent = replace(
        _keyed(batch, remote_key), status=BatchStatus.SENT, attempts=batch.attempts + 1, sent_at=utc_now()
    )
    _update_batch(connection, sent)
    if delivery.status is not DeliveryStatus.SENDING:
        _update_status(connection, replace(delivery, status=DeliveryStatus.SENDING))


def note_key(connection: Connection, delivery_id: int, sequence: int, remote_key: str) -> None:
    """Note the key that the partner chose for a batch; the one before stays known.

    Raises:
        StateError: The batch is unknown.
    """
    _update_batch(connection, _keyed(_require_batch(connection, delivery_id, sequence), remote_key))


def _keyed(batch: Batch, remote_key: str | None) -> Batch:
    if remote_key is None or remote_key == batch.remote_key:
        return batch
    earlier = [*batch.earlier_keys.splitlines(), batch.remote_key] if batch.remote_key else []
    return replace(batch, remote_key=remote_key, earlier_keys="\n".join(earlier))


def abandon(connection: Connection, delivery_id: int) -> None:
    """Give up a begun delivery of which nothing is acknowledged.

    Raises:
        StateError: Something is, or the delivery is unknown.
    """
    delivery = _require_open(connection, delivery_id)
    if any(batch.status is BatchStatus.ACKNOWLEDGED for batch in batches_of(connection, delivery_id)):
        raise StateError(
            f"Delivery {delivery_id} cannot be given up: the partner has a part of it; finish it."
        )
    _update_status(connection, replace(delivery, status=DeliveryStatus.ABANDONED))


def reset(connection: Connection, delivery_id: int, operation: str) -> None:
    """Plan every batch of an operation anew: the partner has none of them any more."""
    connection.execute(
        update(tables.batch)
        .where(_columns.delivery_id == delivery_id, _columns.operation == operation)
        .values(status=BatchStatus.PLANNED, remote_key="", acknowledged_at=None, answer=None, refused=0)
    )


def mark_acknowledged(
    connection: Connection, delivery_id: int, sequence: int, answer: str | None, refused: int
) -> None:
    """Note the partner's answer to a batch that was sent. The first answer stays.

    Raises:
        StateError: The batch was not sent, or is unknown.
    """
    batch = _require_batch(connection, delivery_id, sequence)
    if batch.status is BatchStatus.ACKNOWLEDGED:
        return
    if batch.status is not BatchStatus.SENT:
        raise StateError(
            f"Batch {sequence} of delivery {delivery_id} was never marked as sent, so nothing can acknowledge it: "
            "materialize the delivery again."
        )
    answered = replace(
        batch, status=BatchStatus.ACKNOWLEDGED, acknowledged_at=utc_now(), answer=answer, refused=refused
    )
    _update_batch(connection, answered)


def mark_refused(connection: Connection, delivery_id: int, sequence: int, refused: int) -> None:
    """Note how many rows of a batch the partner did not take.

    Raises:
        StateError: The batch is unknown.
    """
    _update_batch(connection, replace(_require_batch(connection, delivery_id, sequence), refused=refused))


def finish(connection: Connection, delivery_id: int) -> Delivery:
    """Mark a delivery done and move the pointer to its snapshot; a done one is left as it is.

    Raises:
        OutOfOrderError: A newer plan took the delivery's place, or the pointer moved since it was planned.
        StateError: A batch is not acknowledged, or the delivery is unknown.
    """
    delivery = deliveries.require(connection, delivery_id)
    if delivery.status is DeliveryStatus.DONE:
        return delivery
    delivery = _require_open(connection, delivery_id)
    open_batches = connection.scalar(
        select(func.count())
        .select_from(tables.batch)
        .where(_columns.delivery_id == delivery_id, _columns.status != BatchStatus.ACKNOWLEDGED)
    )
    if open_batches:
        raise StateError(
            f"Delivery {delivery_id} to {delivery.destination!r} cannot be finished while batches are not acknowledged "
            f"({open_batches}): materialize {delivery.destination}/delivery again to send them."
        )
    done = replace(delivery, status=DeliveryStatus.DONE, finished_at=utc_now())
    _update_status(connection, done)
    _move_pointer(connection, done)
    return done


def _move_pointer(connection: Connection, done: Delivery) -> None:
    pointer = deliveries.find_acknowledged(connection, done.destination, done.audience)
    if (
        pointer and pointer.snapshot_key
    ) != done.from_snapshot:  # plans are ordered, so this is a damaged ledger's
        raise OutOfOrderError(
            f"{done.destination!r} no longer holds the snapshot that delivery {done.id} began from: materialize "
            f"{done.destination}/delta for {done.day} again."
        )
    row = asdict(
        Acknowledged(
            destination=done.destination,
            audience=done.audience,
            snapshot_key=done.to_snapshot,
            day=done.day,
            delivery_id=done.id,
            at=done.finished_at or utc_now(),
        )
    )
    table = tables.acknowledged
    if pointer is None:
        connection.execute(insert(table).values(row))
    else:
        same = (table.c.destination == done.destination, table.c.audience == done.audience)
        connection.execute(update(table).where(*same).values(row))


def _require_open(connection: Connection, delivery_id: int) -> Delivery:
    delivery = deliveries.require(connection, delivery_id)
    if delivery.status is DeliveryStatus.ABANDONED:
        raise OutOfOrderError(
            f"Delivery {delivery_id} to {delivery.destination!r} was replaced by a newer plan: materialize "
            f"{delivery.destination}/delivery again."
        )
    if delivery.status is DeliveryStatus.DONE:
        raise StateError(
            f"Delivery {delivery_id} to {delivery.destination!r} is done and must not be sent again: materialize "
            f"{delivery.destination}/delivery, which sends only what changed since."
        )
    return delivery


def _require_batch(connection: Connection, delivery_id: int, sequence: int) -> Batch:
    query = select(tables.batch).where(_columns.delivery_id == delivery_id, _columns.sequence == sequence)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise StateError(
            f"Batch {sequence} of delivery {delivery_id} is not in the ledger: materialize the delivery again."
        )
    return Batch(**row)


def _update_batch(connection: Connection, batch: Batch) -> None:
    connection.execute(
        update(tables.batch)
        .where(_columns.delivery_id == batch.delivery_id, _columns.sequence == batch.sequence)
        .values(asdict(batch))
    )


def _update_status(connection: Connection, delivery: Delivery) -> None:
    connection.execute(
        update(tables.delivery)
        .where(tables.delivery.c.id == delivery.id)
        .values(status=delivery.status, finished_at=delivery.finished_at)
    )
