"""New deployments, and cheap days: DuckDB's rules are installed once for a test process, not for each step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from audience_assets import database
from audience_assets.delta import changes
from audience_assets.delta.snapshot import Members
from audience_assets.rules import engine
from audience_assets.sandbox.s3 import S3Server
from audience_assets.settings import Settings
from audience_assets_tests.histories import faults
from audience_assets_tests.histories.model import Model
from audience_assets_tests.histories.partner import Partner
from audience_assets_tests.histories.world import DESTINATION, World, destination_settings, settings_of

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
    def connect(_settings: Settings, **_given: bool) -> Iterator[duckdb.DuckDBPyConnection]:
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


@pytest.fixture(scope="session", autouse=True)
def _shared_clients() -> Iterator[None]:
    """What all lives share is closed in the end."""
    yield
    faults.close_clients()


@pytest.fixture(autouse=True)
def _nobody_is_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whenever only those are compared who may differ, everybody is compared, too, and the same are found."""
    find = changes.find_candidates

    def found(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, ...]]:
        return set(connection.execute("from candidates").fetchall())

    def compared(
        connection: duckdb.DuckDBPyConnection, held: Members, due: Members, among: str | None = None
    ) -> None:
        find(connection, held, due, among)
        if among is not None:
            of_these = found(connection)
            find(connection, held, due)
            assert of_these == found(connection)

    monkeypatch.setattr(changes, "find_candidates", compared)


@pytest.fixture
def new_world(
    s3_server: S3Server, administrator: Any, bucket_prefix: str, tmp_path: Path
) -> Callable[..., World]:
    """Make a deployment of its own: `new_world(model, name="x", buckets=2, **destination)`."""

    def make(model: Model | None = None, *, name: str = "a", buckets: int = 1, **given: Any) -> World:
        model = model or Model()
        source = {"extract": "incremental"} if model.incremental else {}
        prefix, folder = f"{bucket_prefix}/{name}", tmp_path / name
        folder.mkdir()
        destination = destination_settings(s3_server, prefix, departed=model.departed, **given)
        settings = settings_of(folder, {DESTINATION: destination}, buckets, **source)
        return World(folder, settings, Partner(administrator, s3_server.bucket, prefix), model)

    return make
