"""Everything that is SQLite's alone: opening and creating the file, how transactions begin, what its errors mean."""

import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from audience_assets.errors import SettingsError, StateError
from audience_assets.ledger.backend import Backend
from audience_assets.ledger.records import utc_now

BUSY_SECONDS = 30.0
"""How long a writer waits for another one."""

WRITES = "ledger_writes"
"""Execution option of a connection that is going to write."""


def file_of(url: URL) -> Path:
    """The file that a URL names.

    Raises:
        SettingsError: It names none.
    """
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise SettingsError("The ledger must outlive a run: name a file, as in sqlite:///path/to/ledger.db.")
    return Path(url.database).absolute()


def busy_seconds(url: URL) -> float:
    """How long a writer waits for another one, by this URL.

    Raises:
        SettingsError: It is not a number, or the URL says something else besides.
    """
    unknown = sorted(set(url.query) - {"timeout"})
    if unknown:
        raise SettingsError(f"The ledger URL takes only ?timeout=seconds after a file, not {unknown[0]!r}.")
    try:
        return float(str(url.query.get("timeout", BUSY_SECONDS)))
    except ValueError as error:
        raise SettingsError("The timeout in the ledger URL must be a number of seconds.") from error


def file_engine(path: Path, busy_seconds: float = BUSY_SECONDS) -> Engine:
    """An engine on an existing file. Connections are not kept: nothing to leak, nothing to carry over a fork."""

    def connect() -> sqlite3.Connection:
        return _connect(path, busy_seconds)

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "begin", _begin)
    return engine


def _connect(path: Path, busy_seconds: float) -> sqlite3.Connection:
    # mode=rw: a ledger that vanished must be an error, never a new, empty one that would send everything again.
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=busy_seconds, isolation_level=None
    )
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            with closing(connection.execute(f"PRAGMA {pragma}")):
                pass
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail at once, not wait, when another has written meanwhile.
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def ensure_file(path: Path, create_schema: Callable[[Connection], None]) -> None:
    """Create the ledger file with its schema, unless there is one; of several processes one wins.

    The file is built under another name and linked to its own in one step, so nobody ever sees half a ledger, and an
    empty file can only be damage.

    Raises:
        StateError: The place cannot be written, or the file there is empty.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create_file(path, create_schema)
        empty = path.stat().st_size == 0
    except OSError as error:
        raise StateError(
            f"The ledger at {path} cannot be created ({error.strerror}): make its directory writable for this user, "
            "on a disk of this machine, or set another ledger URL."
        ) from error
    if empty:
        raise StateError(f"The ledger at {path} is empty, so it was cut off: restore it from a backup.")


def _create_file(path: Path, create_schema: Callable[[Connection], None]) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}.new")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        engine = file_engine(draft)
        with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            create_schema(connection)
        engine.dispose()
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was first; its ledger is as good as ours
        _sync_directory(path.parent)
    finally:
        for leftover in (draft, Path(f"{draft}-wal"), Path(f"{draft}-shm")):
            leftover.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    if os.name == "nt":  # Windows cannot open a directory
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_MEANINGS = {
    sqlite3.SQLITE_BUSY: "stayed locked by another process: stop the one that holds it, and run again",
    sqlite3.SQLITE_NOTADB: "is damaged or not a ledger: restore it from a backup",
    sqlite3.SQLITE_CORRUPT: "is damaged: restore it from a backup",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened: restore it, and make its directory writable for this user",
    sqlite3.SQLITE_READONLY: "cannot be written: make it and its directory writable for this user",
    sqlite3.SQLITE_PERM: "cannot be written: make it and its directory writable for this user",
    sqlite3.SQLITE_FULL: "cannot grow: free space on its disk, and run again",
    sqlite3.SQLITE_IOERR: "cannot be read or written: check its disk, and run again",
}


def explained(error: BaseException, place: str) -> StateError:
    """What an SQLite error says about the file, and what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    says = None if code is None else _MEANINGS.get(code & 0xFF)  # the low byte is the kind, the rest a detail
    said = f"{type(error).__name__} ({str(error).partition(chr(10))[0]})"
    return StateError(
        f"The ledger at {place} "
        f"{says or f'answered with {said}: check that it can be reached and written, and run again'}."
    )


BACKEND = Backend(
    read_options={},
    write_options={WRITES: True},
    now=lambda _: utc_now(),  # a file is used by the processes of one machine, and they share its clock
    explained=explained,
    passing=lambda _: False,  # SQLite itself waits for other writers
)
