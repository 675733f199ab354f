"""Segments and snapshots: what was built of each day's customers. Every function works in its caller's transaction."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date
from operator import itemgetter

from sqlalchemy import Connection, func, insert, select, update

from audience_assets.errors import StateError
from audience_assets.ledger import tables
from audience_assets.ledger.records import Segment, Snapshot

_NAMES_PER_QUERY = 500  # databases limit the parameters of one statement


def find_segments(connection: Connection, names: Sequence[str]) -> dict[str, Segment]:
    """The segments of these names that are recorded, by name."""
    found: dict[str, Segment] = {}
    for start in range(0, len(names), _NAMES_PER_QUERY):
        some = names[start : start + _NAMES_PER_QUERY]
        rows = connection.execute(select(tables.segment).where(tables.segment.c.name.in_(some))).mappings()
        found |= {row["name"]: Segment(**row) for row in rows}
    return found


def segments_in_clear(connection: Connection, before: date) -> list[Segment]:
    """The segments of days before this one whose normalized file still exists, oldest first."""
    columns = tables.segment.c
    query = select(tables.segment).where(columns.day < before, columns.normalized_file.is_not(None))
    rows = sorted(connection.execute(query).mappings(), key=itemgetter("day", "name"))
    return [Segment(**row) for row in rows]


def record_segment(connection: Connection, segment: Segment) -> None:
    """Insert a segment, or agree with the one that is recorded.

    Raises:
        StateError: A segment of this name is recorded with another content.
    """
    stored = find_segments(connection, [segment.name]).get(segment.name)
    if stored is None:
        connection.execute(insert(tables.segment).values(asdict(segment)))
        return
    # Rebuilt after a purge, the clear text exists again and the next purge must know of it.
    normalized_file = stored.normalized_file or segment.normalized_file
    again = replace(segment, created_at=stored.created_at, hashed_file=stored.hashed_file)
    if again != replace(stored, normalized_file=normalized_file):
        raise StateError(
            f"Segment {segment.name!r} is recorded with other content and cannot change: "
            "materialize normalized_customers so that it gets a name of its own."
        )
    set_normalized_file(connection, segment.name, normalized_file)
    if segment.hashed_file is not None:
        set_hashed_file(connection, segment.name, segment.hashed_file)


def set_normalized_file(connection: Connection, name: str, path: str | None) -> None:
    """Note where the segment's clear text lies, or that it is gone."""
    connection.execute(
        update(tables.segment).where(tables.segment.c.name == name).values(normalized_file=path)
    )


def set_hashed_file(connection: Connection, name: str, path: str) -> None:
    """Note the segment's hashed file, once.

    Raises:
        StateError: The segment is not recorded, or has another hashed file.
    """
    stored = require_segment(connection, name)
    if stored.hashed_file not in (None, path):
        raise StateError(
            f"Segment {name!r} has the hashed file {stored.hashed_file!r} already and cannot take {path!r}: "
            "partners may hold what is in the first, so keep that one."
        )
    connection.execute(update(tables.segment).where(tables.segment.c.name == name).values(hashed_file=path))


def require_segment(connection: Connection, name: str) -> Segment:
    """The segment of this name.

    Raises:
        StateError: It is not recorded.
    """
    segment = find_segments(connection, [name]).get(name)
    if segment is None:
        raise StateError(
            f"Segment {name!r} is not in the ledger: materialize normalized_customers for its day again."
        )
    return segment


def find_snapshot(connection: Connection, key: str) -> Snapshot | None:
    """The snapshot of this key."""
    row = connection.execute(select(tables.snapshot).where(tables.snapshot.c.key == key)).mappings().first()
    return None if row is None else Snapshot(**row)


def require_snapshot(connection: Connection, key: str) -> Snapshot:
    """The snapshot of this key.

    Raises:
        StateError: It was never published.
    """
    snapshot = find_snapshot(connection, key)
    if snapshot is None:
        raise StateError(
            f"Snapshot {key!r} is not in the ledger: materialize hashed_customers for its day again."
        )
    return snapshot


def publish(connection: Connection, snapshot: Snapshot) -> Snapshot:
    """Store a snapshot unless its key is known, and make it the current one of its day.

    Raises:
        StateError: Its segment or parent is unknown, or the key is known with another day.
    """
    stored = find_snapshot(connection, snapshot.key)
    if stored is None:
        stored = _insert(connection, snapshot)
    elif stored.day != snapshot.day:
        raise StateError(
            f"Snapshot {snapshot.key!r} was published for {stored.day} and cannot be one of {snapshot.day}: "
            "a snapshot's key must tell its day."
        )
    current = tables.current_snapshot
    change = update(current).where(current.c.day == stored.day).values(snapshot_key=stored.key)
    if connection.execute(change).rowcount == 0:
        connection.execute(insert(current).values(day=stored.day, snapshot_key=stored.key))
    return stored


def _insert(connection: Connection, snapshot: Snapshot) -> Snapshot:
    require_segment(connection, snapshot.segment)
    if snapshot.parent_key is not None:
        require_snapshot(connection, snapshot.parent_key)
    # One writer at a time, so the next number cannot be taken twice.
    last = connection.scalar(select(func.max(tables.snapshot.c.sequence)))
    numbered = replace(snapshot, sequence=(last or 0) + 1)
    connection.execute(insert(tables.snapshot).values(asdict(numbered)))
    return numbered


def current_of(connection: Connection, day: date) -> Snapshot | None:
    """The current snapshot of a day."""
    key = connection.scalar(
        select(tables.current_snapshot.c.snapshot_key).where(tables.current_snapshot.c.day == day)
    )
    return None if key is None else require_snapshot(connection, key)


def newest_before(connection: Connection, day: date) -> Snapshot | None:
    """The current snapshot of the newest day strictly before this one."""
    newest = connection.scalar(
        select(func.max(tables.current_snapshot.c.day)).where(tables.current_snapshot.c.day < day)
    )
    return None if newest is None else current_of(connection, newest)


def every_segment(connection: Connection) -> list[Segment]:
    """All segments, by day and name."""
    rows = sorted(connection.execute(select(tables.segment)).mappings(), key=itemgetter("day", "name"))
    return [Segment(**row) for row in rows]


def every_snapshot(connection: Connection) -> list[Snapshot]:
    """All snapshots, in the order in which they were published."""
    rows = connection.execute(select(tables.snapshot).order_by(tables.snapshot.c.sequence)).mappings()
    return [Snapshot(**row) for row in rows]


def recount(connection: Connection, key: str, customers: int, withheld: int) -> None:
    """Note how many customers a snapshot has."""
    change = update(tables.snapshot).where(tables.snapshot.c.key == key)
    connection.execute(change.values(customers=customers, withheld=withheld))
