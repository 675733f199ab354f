"""What the ledger knows of audiences at a partner, and of the sessions in which they are fed. Works in its caller's transaction."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from audience_assets.ledger import tables
from audience_assets.ledger.records import DeliveryStatus, RemoteAudience, Session

_audiences = tables.remote_audience.c


def known(connection: Connection, destination: str) -> list[RemoteAudience]:
    """The destination's audiences, in the order of their names."""
    query = select(tables.remote_audience).where(_audiences.destination == destination)
    # Sorted here: servers order text by the rules of some language.
    rows = sorted(connection.execute(query).mappings(), key=itemgetter("audience"))
    return [RemoteAudience(**row) for row in rows]


def find(connection: Connection, destination: str, audience: str) -> RemoteAudience | None:
    """One of the destination's audiences."""
    query = select(tables.remote_audience).where(*_same(destination, audience))
    row = connection.execute(query).mappings().first()
    return None if row is None else RemoteAudience(**row)


def record(connection: Connection, audience: RemoteAudience) -> RemoteAudience:
    """Store an audience unless it is known; return what is stored."""
    stored = find(connection, audience.destination, audience.audience)
    if stored is None:
        connection.execute(insert(tables.remote_audience).values(asdict(audience)))
    return stored or audience


def change(connection: Connection, destination: str, audience: str, values: Mapping[str, Any]) -> None:
    """Note the partner's id of an audience, its name there, or the columns that it is fed with from now on."""
    connection.execute(
        update(tables.remote_audience).where(*_same(destination, audience)).values(dict(values))
    )


def forget_held(connection: Connection, destination: str, audience: str) -> bool:
    """Drop an audience's pointer and what was begun for it; return whether anything was known of it."""
    deliveries = tables.delivery.c
    begun = deliveries.status.in_([DeliveryStatus.PLANNED, DeliveryStatus.SENDING])
    same = (deliveries.destination == destination, deliveries.audience == audience)
    changes = [
        update(tables.delivery).where(*same, begun).values(status=DeliveryStatus.ABANDONED),
        delete(tables.acknowledged).where(
            tables.acknowledged.c.destination == destination, tables.acknowledged.c.audience == audience
        ),
    ]
    return sum(connection.execute(change).rowcount for change in changes) > 0


def forget(connection: Connection, destination: str, audience: str) -> bool:
    """Drop all that is known of an audience; return whether anything was."""
    held = forget_held(connection, destination, audience)
    known = connection.execute(delete(tables.remote_audience).where(*_same(destination, audience))).rowcount
    return held or known > 0


def open_session(connection: Connection, session: Session) -> None:
    """Store a session that is about to be used."""
    sessions = tables.session.c
    last = connection.scalar(
        select(func.max(sessions.number)).where(sessions.delivery_id == session.delivery_id)
    )
    numbered = replace(session, number=(last or 0) + 1)
    connection.execute(insert(tables.session).values(asdict(numbered)))


def newest_session(connection: Connection, delivery_id: int) -> Session | None:
    """The session that a delivery opened last."""
    sessions = tables.session.c
    query = select(tables.session).where(sessions.delivery_id == delivery_id)
    row = connection.execute(query.order_by(sessions.number.desc()).limit(1)).mappings().first()
    return None if row is None else Session(**row)


def last_session(connection: Connection, destination: str, audience: str, operation: str) -> Session | None:
    """The newest session of this operation that any delivery of the audience opened."""
    sessions, deliveries = tables.session, tables.delivery
    query = (
        select(sessions)
        .join(deliveries, deliveries.c.id == sessions.c.delivery_id)
        .where(
            deliveries.c.destination == destination,
            deliveries.c.audience == audience,
            sessions.c.operation == operation,
        )
        .order_by(sessions.c.delivery_id.desc(), sessions.c.number.desc())  # by no machine's clock
    )
    row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else Session(**row)


def _same(destination: str, audience: str) -> tuple[Any, Any]:
    return _audiences.destination == destination, _audiences.audience == audience
