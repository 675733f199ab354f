"""Requests for erasure: the keyed digests that keep a person out, and what each partner acknowledged. Works in its caller's transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from operator import itemgetter
from secrets import token_hex
from typing import Any

from sqlalchemy import Connection, insert, select, update

from audience_assets.ledger import tables
from audience_assets.ledger.records import Erasure, ErasureStep

Key = tuple[str, bytes]
"""What kind of identifier, and its key (customers/match_keys)."""

_erasure, _tombstone, _step = tables.erasure, tables.tombstone, tables.erasure_step


def match_secret(connection: Connection) -> bytes | None:
    """What keys are made with; None before the first day."""
    found = connection.scalar(select(tables.match_secret.c.value))
    return None if found is None else bytes.fromhex(found)


def make_match_secret(connection: Connection) -> bytes:
    """Choose what keys are made with, once and for all."""
    if (known := match_secret(connection)) is not None:
        return known
    made = token_hex(32)
    connection.execute(insert(tables.match_secret).values(id=1, value=made))
    return bytes.fromhex(made)


def tombstones(connection: Connection, request: str | None = None) -> list[Key]:
    """The keys of everybody who was erased, or of whom one request erased."""
    query = select(_tombstone.c.kind, _tombstone.c.key)
    rows = connection.execute(query if request is None else query.where(_tombstone.c.request == request))
    return sorted((kind, bytes.fromhex(key)) for kind, key in rows)


def record(connection: Connection, erasure: Erasure, keys: Iterable[Key]) -> Erasure:
    """Store a request and its tombstones; one that is known stays as it is, and gains tombstones."""
    known = find(connection, erasure.request)
    if known is None:
        connection.execute(insert(_erasure).values(asdict(erasure)))
    there = set(tombstones(connection))
    for kind, key in sorted(set(keys) - there):
        connection.execute(insert(_tombstone).values(kind=kind, key=key.hex(), request=erasure.request))
    return known or erasure


def find(connection: Connection, request: str) -> Erasure | None:
    """The request of this name."""
    row = connection.execute(select(_erasure).where(_erasure.c.request == request)).mappings().first()
    return None if row is None else Erasure(**row)


def every(connection: Connection) -> list[Erasure]:
    """All requests, the oldest first."""
    rows = connection.execute(select(_erasure)).mappings()
    return sorted((Erasure(**row) for row in rows), key=lambda each: (each.asked_at, each.request))


def change(connection: Connection, request: str, values: Mapping[str, Any]) -> None:
    """Note how many customers a request found, or when it was finished."""
    connection.execute(update(_erasure).where(_erasure.c.request == request).values(values))


def record_step(connection: Connection, step: ErasureStep) -> None:
    """Store what became of a request at one place, in the place of what was stored."""
    same = (
        _step.c.request == step.request,
        _step.c.destination == step.destination,
        _step.c.audience == step.audience,
    )
    values = asdict(step)
    if connection.execute(update(_step).where(*same).values(values)).rowcount == 0:
        connection.execute(insert(_step).values(values))


def steps(connection: Connection, request: str) -> list[ErasureStep]:
    """What became of a request, place by place."""
    rows = connection.execute(select(_step).where(_step.c.request == request)).mappings()
    return [ErasureStep(**row) for row in sorted(rows, key=itemgetter("destination", "audience"))]
