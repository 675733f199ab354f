"""Requests for erasure in the ledger: the keyed digests that keep a person out, and what became of each request where."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import itemgetter
from secrets import token_hex

from sqlalchemy import Connection, insert, select, update

from audience_assets.ledger import tables
from audience_assets.ledger.database import Database
from audience_assets.ledger.records import Erasure, ErasureStep

Key = tuple[str, bytes]
"""What kind of identifier, and its key (rules/match_keys)."""

_erasure, _tombstone, _step = tables.erasure, tables.tombstone, tables.erasure_step


@dataclass(frozen=True, slots=True)
class Erasures:
    """Every method is one short transaction."""

    database: Database

    def secret(self) -> bytes:
        """What keys are made with; chosen at random on first use, once and for all."""
        with self.database.reading() as connection:
            known = _secret(connection)
        if known is not None:
            return known
        with self.database.writing() as connection:
            if (known := _secret(connection)) is not None:
                return known  # another process was quicker
            made = token_hex(32)
            connection.execute(insert(tables.match_secret).values(id=1, value=made))
            return bytes.fromhex(made)

    def tombstones(self, request: str | None = None) -> list[Key]:
        """The keys of everybody who was erased, or of whom one request erased."""
        with self.database.reading() as connection:
            return _tombstones(connection, request)

    def record(self, erasure: Erasure, keys: Iterable[Key]) -> Erasure:
        """Record a request with the keys of whom it concerns; a known one stays as it is, and gains keys."""
        with self.database.writing() as connection:
            row = connection.execute(select(_erasure).where(_erasure.c.request == erasure.request)).mappings()
            known = row.first()
            if known is None:
                connection.execute(insert(_erasure).values(asdict(erasure)))
            for kind, key in sorted(set(keys) - set(_tombstones(connection, erasure.request))):
                values = {"kind": kind, "key": key.hex(), "request": erasure.request}
                connection.execute(insert(_tombstone).values(values))
        return erasure if known is None else Erasure(**known)

    def every(self) -> list[Erasure]:
        """All requests, the oldest first."""
        with self.database.reading() as connection:
            rows = connection.execute(select(_erasure)).mappings().all()
        return sorted((Erasure(**row) for row in rows), key=lambda each: (each.asked_at, each.request))

    def finish(self, request: str, rows_removed: int, done_at: datetime) -> None:
        """Note that a request was done, and how many rows were removed of our own files."""
        values = {"rows_removed": rows_removed, "done_at": done_at}
        with self.database.writing() as connection:
            connection.execute(update(_erasure).where(_erasure.c.request == request).values(values))

    def record_step(self, step: ErasureStep) -> None:
        """Note what became of a request at one place, instead of what was noted before."""
        places = ("request", "destination", "audience")
        same = [_step.c[name] == getattr(step, name) for name in places]
        with self.database.writing() as connection:
            if connection.execute(update(_step).where(*same).values(asdict(step))).rowcount == 0:
                connection.execute(insert(_step).values(asdict(step)))

    def steps(self, request: str) -> list[ErasureStep]:
        """What became of a request, place by place."""
        with self.database.reading() as connection:
            rows = connection.execute(select(_step).where(_step.c.request == request)).mappings().all()
        return [ErasureStep(**row) for row in sorted(rows, key=itemgetter("destination", "audience"))]


def _secret(connection: Connection) -> bytes | None:
    found = connection.scalar(select(tables.match_secret.c.value))
    return None if found is None else bytes.fromhex(found)


def _tombstones(connection: Connection, request: str | None = None) -> list[Key]:
    query = select(_tombstone.c.kind, _tombstone.c.key)
    rows = connection.execute(query if request is None else query.where(_tombstone.c.request == request))
    return sorted({(kind, bytes.fromhex(key)) for kind, key in rows})
