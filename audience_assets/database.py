"""DuckDB connections: in memory, bounded, with the rules installed. DuckDB computes; it owns no state."""

import atexit
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import monotonic

import duckdb
import pyarrow as pa

from audience_assets.rules import engine
from audience_assets.settings import Settings
from audience_assets.sql import literal
from audience_assets.storage import files, state_reading
from audience_assets.storage.keys import NO_KEYS
from audience_assets.storage.layout import SPILL

logger = logging.getLogger(__name__)

CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    # Nothing that was read may outlive the step: the extract may be replaced before the next one.
    "enable_external_file_cache": False,
}

STEP = "step"
"""The schema that is a connection's own: whatever a step creates, outside of it or not, ends with the step."""


@dataclass(slots=True)
class _Database:
    """A database that one connection at a time works in, and the folder that it may spill into."""

    connection: duckdb.DuckDBPyConnection
    spills: str = ""
    rules: bool = False

    def bind(self, settings: Settings, *, spill: bool) -> None:
        """Give it the bounds of a step."""
        self.spills = str(files.private_folder(settings.scratch / SPILL)) if spill else ""
        threads = settings.engine.threads
        self.connection.execute(f"set memory_limit = {literal(settings.engine.memory_limit)}")
        self.connection.execute(f"set temp_directory = {literal(self.spills)}")
        self.connection.execute("reset threads" if threads is None else f"set threads = {threads:d}")


QUICK = 1.0
"""Seconds. After a step that took longer, a new database costs nothing by comparison, and its memory goes back."""

_idle: list[_Database] = []
"""The database of the quick step before, if it is free: a new one with the rules costs more than the step itself."""


@contextmanager
def connect(
    settings: Settings, *, rules: bool = True, spill: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to an empty in-memory database that never loads an extension.

    Nobody else works in that database meanwhile, and nothing of what was done in it can be seen afterwards.

    Args:
        settings: Bounds for memory and threads.
        rules: Whether the rules' macros and look-ups are needed.
        spill: Whether it may spill into the scratch folder.
    """
    database = _taken(settings, spill=spill)
    started = monotonic()
    try:
        if rules and not database.rules:
            engine.install(database.connection)
            database.rules = True
        with database.connection.cursor() as connection:
            connection.execute(f"create schema {STEP}")
            connection.execute(f"set search_path = '{STEP},main'")
            # Who may not spill does not touch the state either, and needs no key.
            state_reading.register(connection, settings.state, settings.keys if spill else NO_KEYS)
            yield connection
    except (duckdb.Error, OSError) as error:
        if (explained := state_reading.explained(error, settings.state)) is None:
            raise
        raise explained from None
    finally:
        if settings.encryption_key is not None and _has_spilled(database):
            _tell_of_overflow_in_clear()
        _give_back(database, quick=monotonic() - started < QUICK)


def table_of_ids(connection: duckdb.DuckDBPyConnection, name: str, ids: Iterable[str]) -> None:
    """Create the temporary table `name` with these customer_ids."""
    connection.register("listed_ids", pa.table({"customer_id": pa.array(sorted(ids), pa.string())}))
    connection.execute(f"create or replace temp table {name} as select * from listed_ids")
    connection.unregister("listed_ids")


def _taken(settings: Settings, *, spill: bool) -> _Database:
    """The idle database, or a new one, with these bounds."""
    with suppress(IndexError):  # another thread may take it first
        database = _idle.pop()
        try:
            database.bind(settings, spill=spill)
        except duckdb.Error:  # it has spilled, and cannot do so anywhere else
            database.connection.close()
        else:
            return database
    database = _Database(duckdb.connect(config=CLOSED))
    database.bind(settings, spill=spill)
    return database


def _give_back(database: _Database, *, quick: bool) -> None:
    """Empty a database and keep it for the next step, or close it, which removes what it spilled."""
    try:
        quick = quick and not _has_spilled(database)
        for name in database.connection.list_filesystems():
            database.connection.unregister_filesystem(name)
        database.connection.execute(f"drop schema if exists {STEP} cascade")
    except (duckdb.Error, OSError):
        quick = False
    if not quick:
        database.connection.close()
        return
    _idle.append(database)
    while len(_idle) > 1:
        _close_idle()


def _has_spilled(database: _Database) -> bool:
    try:
        return bool(database.spills) and any(Path(database.spills).iterdir())
    except OSError:  # the folder went away, and with it what was in it
        return False


@cache
def _tell_of_overflow_in_clear() -> None:
    """DuckDB encrypts its overflow only with an extension that must be downloaded."""
    logger.warning(
        "a step needed more than engine.memory_limit: what did not fit was in %s for the moment, not encrypted; put "
        "scratch_dir on an encrypted disk, or raise engine.memory_limit or engine.buckets",
        SPILL,
    )


def _close_idle() -> None:
    with suppress(IndexError):
        _idle.pop(0).connection.close()


# A forked process has none of DuckDB's threads, so it must not inherit a database.
os.register_at_fork(before=_close_idle)
atexit.register(_close_idle)
