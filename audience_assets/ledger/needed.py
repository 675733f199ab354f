"""What of the files that the ledger names is still needed. Every function works in its caller's transaction."""

from datetime import date

from sqlalchemy import Connection, select

from audience_assets.ledger import snapshots, tables
from audience_assets.ledger.records import DeliveryStatus, Snapshot

_OPEN = tables.delivery.c.status.in_([DeliveryStatus.PLANNED, DeliveryStatus.SENDING])


def needed_snapshots(connection: Connection, since: date) -> dict[str, Snapshot]:
    """The snapshots that something may still be compared with, by key.

    They are the current one of each day from `since` on and of the newest day, the one that each of these was made from,
    so that the day can be run again, and those between which a partner stands or is being moved.
    """
    current = {row.day: row.snapshot_key for row in connection.execute(select(tables.current_snapshot))}
    days = {key for day, key in current.items() if day >= since or day == max(current)}
    made = [snapshots.require_snapshot(connection, key) for key in days]
    keys = {key for each in made for key in (each.key, each.parent_key)}
    keys |= set(connection.scalars(select(tables.acknowledged.c.snapshot_key)))
    moves = select(tables.delivery.c.from_snapshot, tables.delivery.c.to_snapshot).where(_OPEN)
    keys |= {key for move in connection.execute(moves) for key in move}
    return {key: snapshots.require_snapshot(connection, key) for key in keys if key is not None}


def open_files(connection: Connection) -> set[str]:
    """The files of deliveries that are planned or under way."""
    batches = select(tables.batch.c.file).join(
        tables.delivery, tables.delivery.c.id == tables.batch.c.delivery_id
    )
    return set(connection.scalars(batches.where(_OPEN)))


def destinations(connection: Connection) -> set[str]:
    """The destinations for which a delivery was ever planned."""
    return set(connection.scalars(select(tables.delivery.c.destination).distinct()))
