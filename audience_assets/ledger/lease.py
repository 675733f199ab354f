"""One holder at a time for a name, over processes and hosts; a dead holder's lease is taken over."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from audience_assets.errors import AudienceAssetsError, OutOfOrderError
from audience_assets.ledger import tables
from audience_assets.ledger.database import Database
from audience_assets.ledger.process import Process, is_dead, this_process

_columns = tables.lease.c

_given_up: set[str] = set()
"""Holders in this process that want their lease no more, though the ledger could not be told."""


class Lease:
    """The right to work on a name until it expires; made by `Ledger.lease`.

    It expires by the database's clock. Machines' clocks differ: one that is minutes ahead would take a living holder's
    lease for expired, and two would send at once. Only one clock is ever asked, so no two are ever compared.
    """

    def __init__(self, database: Database, name: str, seconds: float) -> None:
        self._database = database
        self.name = name
        self.seconds = seconds
        # Not the process: two holders inside one process exclude each other too.
        self.holder = secrets.token_hex(16)

    def renew(self) -> None:
        """Hold it for another full term, counted from now.

        Raises:
            OutOfOrderError: It expired and another holder took it, so this one must stop.
        """
        with self._database.writing() as connection:
            expires_at = self._database.now(connection) + timedelta(seconds=self.seconds)
            change = update(tables.lease).where(*self._is_ours()).values(expires_at=expires_at)
            if connection.execute(change).rowcount == 0:
                raise OutOfOrderError(
                    f"The lease on {self.name!r} expired and another run took it: let that run end, then run again."
                )

    def take(self) -> None:
        """Take it, from a dead or expired holder if need be.

        Raises:
            OutOfOrderError: A living holder has it.
        """
        with self._giving_up_on_failure(), self._database.writing() as connection:
            now = self._database.now(connection)
            row = (
                connection.execute(select(tables.lease).where(_columns.name == self.name)).mappings().first()
            )
            if row is not None:
                if row["expires_at"] > now and not _is_gone(row):
                    raise OutOfOrderError(_who_holds(row))
                connection.execute(delete(tables.lease).where(_columns.name == self.name))
            _insert(connection, self, this_process(), now)

    def release(self) -> None:
        """Give it back. Somebody else's lease on the same name stays."""
        with self._giving_up_on_failure(), self._database.writing() as connection:
            connection.execute(delete(tables.lease).where(*self._is_ours()))

    @contextmanager
    def _giving_up_on_failure(self) -> Iterator[None]:
        """Let the next run in this process, which lives on, have what a failing ledger could not take back."""
        try:
            yield
        except BaseException:
            _given_up.add(self.holder)
            raise

    def _is_ours(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return _columns.name == self.name, _columns.holder == self.holder


@contextmanager
def held(database: Database, name: str, seconds: float) -> Iterator[Lease]:
    """Hold a lease while the body runs.

    Raises:
        OutOfOrderError: A living holder has it.
    """
    lease = Lease(database, name, seconds)
    lease.take()
    try:
        yield lease
    except BaseException:
        with suppress(AudienceAssetsError):  # the body's error matters more; the lease expires by itself
            lease.release()
        raise
    lease.release()


def _insert(connection: Connection, lease: Lease, here: Process, now: datetime) -> None:
    connection.execute(
        insert(tables.lease).values(
            name=lease.name,
            holder=lease.holder,
            host=here.host,
            machine=here.machine,
            process=here.number,
            process_started=here.started,
            taken_at=now,
            expires_at=now + timedelta(seconds=lease.seconds),
        )
    )


def _is_gone(row: RowMapping) -> bool:
    return row["holder"] in _given_up or is_dead(_process_of(row))


def _process_of(row: RowMapping) -> Process:
    return Process(
        host=row["host"], machine=row["machine"], number=row["process"], started=row["process_started"]
    )


def _who_holds(row: RowMapping) -> str:
    since, until = (f"{row[name]:%Y-%m-%d %H:%M:%S} UTC" for name in ("taken_at", "expires_at"))
    return (
        f"{row['name']!r} is held by process {row['process']} on {row['host']} since {since}, until {until} at most "
        "unless it renews: wait for that run to end, or stop it, then run again."
    )
