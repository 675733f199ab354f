"""One ledger database: opened, checked, and used in short transactions of which one writes at a time."""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, Self

import stamina
from sqlalchemy import URL, Connection, Engine, insert, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError

from audience_assets.errors import AudienceAssetsError, SettingsError, StateError
from audience_assets.ledger import postgres_server, sqlite_file, tables
from audience_assets.ledger.backend import Backend

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0  # seconds between two attempts to begin a transaction

logger = logging.getLogger(__name__)


class Database:
    """The engine with its place by name. Every error of the database leaves as one of ours that names the place."""

    def __init__(self, engine: Engine, place: str, backend: Backend = sqlite_file.BACKEND) -> None:
        self._engine = engine
        self._backend = backend
        self.place = place

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the ledger, creating it on first use.

        Args:
            url: `sqlite:///path/to/ledger.db`, or `postgresql://user:password@host:port/database` with libpq's options.
                Both take `?timeout=30`: the seconds to wait for other writers, and for a server that restarts.

        Raises:
            SettingsError: The URL cannot be used, or the server refuses what it says.
            StateError: The ledger cannot be created or read, is damaged, or is of another version.
            DeliveryInterruptedError: The server cannot be reached.
        """
        parsed = _parsed(url)
        backend = parsed.get_backend_name()
        if backend == "sqlite":
            return cls._open_file(parsed)
        if backend in {"postgresql", "postgres"}:
            return cls._open_server(parsed)
        raise SettingsError(f"The ledger cannot live in {backend}: use a sqlite or postgresql URL.")

    @classmethod
    def _open_file(cls, url: URL) -> Self:
        path = sqlite_file.file_of(url)
        database = cls(sqlite_file.file_engine(path, sqlite_file.busy_seconds(url)), str(path))
        with database._named_errors():
            sqlite_file.ensure_file(path, _create_schema)
        database._check_version()
        return database

    @classmethod
    def _open_server(cls, url: URL) -> Self:
        engine = postgres_server.server_engine(url)
        database = cls(engine, postgres_server.place_of(url), postgres_server.backend(url))
        try:
            if not database._has_tables():
                with database._transaction(database._backend.write_options) as connection:
                    postgres_server.ensure_tables(connection, _create_schema, database._is_created)
            database._check_version()
        except AudienceAssetsError:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close what is open."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, sees one moment, and waits for no writer."""
        with self._transaction(self._backend.read_options) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer overlaps, so what it reads stays true until it commits.

        SQLite gives that with BEGIN IMMEDIATE. Postgres gives it by the lock on the version's row, which comes before
        everything else: so READ COMMITTED is enough, nothing can deadlock, and no attempt is made in vain.
        """
        with self._transaction(self._backend.write_options, self._lock) as connection:
            yield connection

    def now(self, connection: Connection) -> datetime:
        """The time by the clock that all processes of this ledger share: the server's, or this machine's."""
        return self._backend.now(connection)

    @contextmanager
    def _transaction(
        self, options: Any, first: Callable[[Connection], None] = lambda _: None
    ) -> Iterator[Connection]:
        """Begin, wait for a server that restarts, and commit; once begun, nothing is attempted again.

        A commit whose answer is lost may have been made, so the caller must look before it repeats: a run does.
        """
        with self._named_errors(), ExitStack() as whole:
            for attempt in stamina.retry_context(
                on=self._waiting(),
                attempts=None,
                timeout=self._backend.patience or None,
                wait_initial=FIRST_PAUSE,
                wait_max=LONGEST_PAUSE,
                wait_jitter=FIRST_PAUSE,
            ):
                with attempt, ExitStack() as begun:
                    connection = begun.enter_context(self._engine.connect())
                    connection = connection.execution_options(**options)
                    begun.enter_context(connection.begin())
                    first(connection)
                    whole.push(begun.pop_all())
            yield connection

    def _waiting(self) -> Callable[[Exception], bool]:
        """Stamina's hook: whether to try again; the first time it is told, because it may take a while."""
        told = False

        def waits(error: Exception) -> bool:
            nonlocal told
            worth_it = self._backend.patience > 0 and self._backend.passing(error)
            if worth_it and not told:
                logger.warning(
                    "the ledger at %s is away: waiting, %.0f s at most", self.place, self._backend.patience
                )
                told = True
            return worth_it

        return waits

    def _lock(self, connection: Connection) -> None:
        found = connection.scalars(select(tables.schema_version.c.version).with_for_update()).all()
        self._refuse_other_versions(list(found))

    def _has_tables(self) -> bool:
        with self.reading() as connection:
            return self._is_created(connection)

    @staticmethod
    def _is_created(connection: Connection) -> bool:
        return inspect(connection).has_table(tables.schema_version.name)

    def _check_version(self) -> None:
        with self.reading() as connection:
            known = self._is_created(connection)
            found = connection.scalars(select(tables.schema_version.c.version)).all() if known else []
        self._refuse_other_versions(list(found))

    def _refuse_other_versions(self, found: list[int]) -> None:
        if found == [tables.SCHEMA_VERSION]:
            return
        if not found:
            raise StateError(f"The database at {self.place} is not a ledger: set another ledger URL.")
        raise StateError(
            f"The ledger at {self.place} has schema {max(found)} and this version of audience_assets knows "
            f"{tables.SCHEMA_VERSION}: run the version that wrote it."
        )

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            # Not chained: a driver's error may carry the connection, and with it the password.
            raise self._backend.explained(error.orig or error, self.place) from None
        except sqlite3.Error as error:
            raise self._backend.explained(error, self.place) from error


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # their messages quote parts of it, which may be parts of a password
        raise SettingsError(
            "The ledger URL is not one: write sqlite:///path/to/ledger.db or postgresql://user:password@host/database, "
            "with special characters in the password percent-encoded."
        ) from None


def _create_schema(connection: Connection) -> None:
    # No "if not exists": a table of the same name that is not ours must stop us.
    tables.metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(tables.schema_version).values(version=tables.SCHEMA_VERSION))
