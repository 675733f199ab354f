"""Everything that is Postgres's alone: how a server is connected to, what a transaction asks of it, and creating the tables once."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError

from audience_assets.errors import DeliveryInterruptedError, SettingsError
from audience_assets.ledger.backend import Backend
from audience_assets.ledger.postgres_errors import explained

WAIT_SECONDS = 30.0
"""How long a writer waits for another one, and everybody for a server that restarts."""

STATEMENT_SECONDS = 60.0
"""How long the server works on one statement, besides waiting for another writer."""

IDLE_SECONDS = 60.0
"""After so long the server ends a transaction whose process was frozen or cut off, so that it holds up nobody else."""

_CONNECTION = {
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",  # milliseconds
    "application_name": "audience_assets",
}
"""Options of libpq that the URL may change."""

# Asked for in each transaction, not in each session: a pooler such as PgBouncer hands sessions around.
_ASK = """
SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true),
    set_config('idle_in_transaction_session_timeout', %s, true),
    set_config('synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true)
"""

_CREATING = 0x61756469656E6365  # "audience" in ASCII, the number of the advisory lock


def server_engine(url: URL) -> Engine:
    """An engine that replaces a connection which the server closed meanwhile.

    Raises:
        SettingsError: The URL cannot be used, or psycopg is not installed.
    """
    _refuse_unusable(url)
    seconds = wait_seconds(url)
    query = {**_CONNECTION, **url.difference_update_query(["timeout"]).query, "client_encoding": "utf8"}
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg", query=query),
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            hide_parameters=True,
            use_native_hstore=False,  # the driver would look for it on every connection
            connect_args={"prepare_threshold": None},  # a prepared statement belongs to a session, see above
        )
    except ModuleNotFoundError:
        raise SettingsError(
            "The ledger on Postgres needs psycopg: install audience-assets[postgres]."
        ) from None
    each = (seconds, seconds + STATEMENT_SECONDS, IDLE_SECONDS)
    limits = tuple(f"{max(1.0, 1000 * one):.0f}ms" for one in each)  # 0 would mean no limit

    def ask(connection: Connection) -> None:
        connection.exec_driver_sql(_ASK, limits)

    event.listen(engine, "begin", ask)
    return engine


def _refuse_unusable(url: URL) -> None:
    if "+" in url.drivername and url.drivername != "postgresql+psycopg":
        raise SettingsError("The ledger URL names a driver that is not ours: write postgresql://.")
    if "@" in f"{url.host}{url.database}":
        raise SettingsError("The ledger URL has a second @: write the one in the password as %40.")
    if not url.database:
        raise SettingsError("The ledger URL names no database: write postgresql://user@host/database.")


def wait_seconds(url: URL) -> float:
    """How long a URL lets us wait for other writers, and for the server.

    Raises:
        SettingsError: It does not say a number of seconds.
    """
    try:
        return float(str(url.query.get("timeout", WAIT_SECONDS)))
    except ValueError:
        raise SettingsError("The timeout in the ledger URL must be a number of seconds.") from None


def place_of(url: URL) -> str:
    """The server and the database by name, without user and password."""
    named = url.query.get("host", ()) if url.host is None else url.host
    hosts = named if isinstance(named, str) else ",".join(named)
    port = f":{url.port}" if url.port else ""
    return f"{hosts or 'this machine'}{port}/{url.database}"


def ensure_tables(
    connection: Connection,
    create_schema: Callable[[Connection], None],
    is_created: Callable[[Connection], bool],
) -> None:
    """Create the tables in this transaction, unless another process was first."""
    connection.execute(select(func.pg_advisory_xact_lock(_CREATING)))
    if not is_created(connection):
        create_schema(connection)


def backend(url: URL) -> Backend:
    """How a server is used. A reader sees one moment; a writer sees what the one before it committed."""
    return Backend(
        read_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True},
        write_options={},
        now=_now,
        explained=explained,
        passing=_passing,
        patience=wait_seconds(url),
    )


def _now(connection: Connection) -> datetime:
    # Not now(): that is when the transaction began, before it waited for the writer before it.
    return cast("datetime", connection.scalar(select(func.clock_timestamp()))).astimezone(UTC)


def _passing(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else None
    return cause is not None and isinstance(explained(cause, ""), DeliveryInterruptedError)
