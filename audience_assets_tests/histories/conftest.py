"""Makes a day cheap: DuckDB's rules are installed once for a test process, not for each step."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pytest

from audience_assets import database
from audience_assets.rules import engine
from audience_assets.settings import Settings

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "autoload_known_extensions": False,
    "enable_external_file_cache": False,  # it would outlive a step, and an extract that is corrected within a second
}


@pytest.fixture(scope="session")
def installed() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database that has the rules and nothing else."""
    with duckdb.connect(config=CONFIG) as connection:
        engine.install(connection)
        yield connection


@pytest.fixture
def one_database(installed: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step gets a fresh connection to that one database and leaves nothing behind in it."""

    @contextmanager
    def connect(_settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
        with installed.cursor() as connection:
            try:
                yield connection
            finally:
                _clear(connection)

    monkeypatch.setattr(database, "connect", connect)


def _clear(connection: duckdb.DuckDBPyConnection) -> None:
    views = "select 'view', view_name from duckdb_views() where not internal and not temporary"
    tables = "select 'table', table_name from duckdb_tables() where not temporary"
    for kind, name in connection.execute(f"{views} union all {tables}").fetchall():
        if name not in engine.LOOKUPS:
            connection.execute(f"drop {kind} {name}")
