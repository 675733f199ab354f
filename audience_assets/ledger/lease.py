"""One holder at a time for a name, over processes and hosts; a dead holder's lease is taken over."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, insert, select, update

from audience_assets.errors import OutOfOrderError, StateError
from audience_assets.ledger import tables
from audience_assets.ledger.database import Database
from audience_assets.ledger.process import Process, is_dead, this_process
from audience_assets.ledger.records import utc_now

_columns = tables.lease.c


class Lease:
    """The right to work on a name until it expires; made by `Ledger.lease`."""

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
        expires_at = utc_now() + timedelta(seconds=self.seconds)
        with self._database.writing() as connection:
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
        with self._database.writing() as connection:
            row = (
                connection.execute(select(tables.lease).where(_columns.name == self.name)).mappings().first()
            )
            if row is not None:
                if row["expires_at"] > utc_now() and not is_dead(_process_of(row)):
                    raise OutOfOrderError(_who_holds(row))
                connection.execute(delete(tables.lease).where(_columns.name == self.name))
            _insert(connection, self, this_process())

    def release(self) -> None:
        """Give it back. Somebody else's lease on the same name stays."""
        with self._database.writing() as connection:
            connection.execute(delete(tables.lease).where(*self._is_ours()))

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
        with suppress(StateError):  # the body's error matters more; the lease expires by itself
            lease.release()
        raise
    lease.release()


def _insert(connection: Connection, lease: Lease, here: Process) -> None:
    now = utc_now()
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
