"""One ledger database: opened, checked, and used in short transactions of which one writes at a time."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import URL, Connection, Engine, create_engine, insert, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from audience_assets.errors import SettingsError, StateError
from audience_assets.ledger import tables
from audience_assets.ledger.sqlite_file import BUSY_SECONDS, WRITES, ensure_file, file_engine, meaning


class Database:
    """The engine with its place by name. Every error of the database leaves as a StateError that names the place."""

    def __init__(self, engine: Engine, place: str) -> None:
        self._engine = engine
        self.place = place

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the ledger, creating it on first use.

        Args:
            url: `sqlite:///path/to/ledger.db` (seconds to wait for other writers: `?timeout=30`), or a Postgres URL.

        Raises:
            SettingsError: The URL cannot be used.
            StateError: The ledger cannot be created or read, is damaged, or is of another version.
        """
        try:
            parsed = make_url(url)
        except (ArgumentError, ValueError) as error:
            raise SettingsError("The ledger URL is not one: write sqlite:///path/to/ledger.db.") from error
        backend = parsed.get_backend_name()
        if backend == "sqlite":
            return cls._open_file(parsed)
        if backend == "postgresql":
            return cls._open_server(parsed)
        raise SettingsError(f"The ledger cannot live in {backend}: use a sqlite or postgresql URL.")

    @classmethod
    def _open_file(cls, url: URL) -> Self:
        path = _file_of(url)
        database = cls(file_engine(path, _busy_seconds(url)), str(path))
        with database._named_errors():
            ensure_file(path, _create_schema)
        database._check_version()
        return database

    @classmethod
    def _open_server(cls, url: URL) -> Self:
        try:
            engine = create_engine(
                url, isolation_level="READ COMMITTED", pool_pre_ping=True, hide_parameters=True
            )
        except (ModuleNotFoundError, NoSuchModuleError) as error:
            raise SettingsError(f"The ledger URL needs a driver that is not installed: {error}.") from error
        database = cls(engine, url.render_as_string(hide_password=True))
        try:
            with database._named_errors():
                _create_schema_once(engine)
            database._check_version()
        except StateError:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close what is open."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads, and waits for no writer."""
        with self._named_errors(), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that no other writer overlaps, so what it reads stays true until it commits.

        SQLite gives that with BEGIN IMMEDIATE. Postgres gives it by the lock on the version's row.
        """
        with (
            self._named_errors(),
            self._engine.connect().execution_options(**{WRITES: True}) as connection,
            connection.begin(),
        ):
            found = connection.scalars(select(tables.schema_version.c.version).with_for_update()).all()
            self._refuse_other_versions(list(found))
            yield connection

    def _check_version(self) -> None:
        with self.reading() as connection:
            known = inspect(connection).has_table(tables.schema_version.name)
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
        except (DBAPIError, sqlite3.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            says = meaning(cause) or (
                f"answered with {type(cause).__name__} ({str(cause).partition(chr(10))[0]}): check that it can be "
                "reached and written, and run again"
            )
            raise StateError(f"The ledger at {self.place} {says}.") from error


def _file_of(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SettingsError("The ledger must outlive a run: name a file, as in sqlite:///path/to/ledger.db.")
    return Path(url.database).absolute()


def _busy_seconds(url: URL) -> float:
    unknown = sorted(set(url.query) - {"timeout"})
    if unknown:
        raise SettingsError(f"The ledger URL takes only ?timeout=seconds after a file, not {unknown[0]!r}.")
    try:
        return float(str(url.query.get("timeout", BUSY_SECONDS)))
    except ValueError as error:
        raise SettingsError("The timeout in the ledger URL must be a number of seconds.") from error


def _create_schema(connection: Connection) -> None:
    # No "if not exists": a table of the same name that is not ours must stop us.
    tables.metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(tables.schema_version).values(version=tables.SCHEMA_VERSION))


def _create_schema_once(engine: Engine) -> None:
    """Create the tables on a server; when two processes do so at once, the one that fails finds them there."""
    try:
        with engine.begin() as connection:
            if not inspect(connection).has_table(tables.schema_version.name):
                _create_schema(connection)
    except DBAPIError:
        with engine.connect() as connection:
            if not inspect(connection).has_table(tables.schema_version.name):
                raise
