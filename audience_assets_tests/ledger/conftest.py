"""A ledger on a real file and on a real server, snapshots to deliver, and scripts in processes of their own."""

import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from audience_assets.ledger import Ledger, PlannedBatch, Segment, Snapshot
from audience_assets.ledger.database import Database
from audience_assets.ledger.tables import metadata
from audience_assets_tests.ledger.postgres import PostgresServer, program

FIRST_DAY = date(2026, 11, 1)

Execute = Callable[..., Sequence[Any]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A running Postgres; with pytest-xdist each worker has its own."""
    if program("initdb") is None or program("postgres") is None:
        pytest.skip("needs Postgres's initdb and postgres, in PATH or in /usr/lib/postgresql")
    with PostgresServer() as running:
        yield running


@pytest.fixture(scope="session")
def new_ledger(server: PostgresServer) -> Iterator[str]:
    """The name of a database with a ledger in which nothing is yet, to be copied."""
    with server.database("new_ledger") as name:
        Ledger.open(server.url(name)).close()
        yield name


@pytest.fixture(scope="session")
def shared_ledger(server: PostgresServer, new_ledger: str) -> Iterator[str]:
    """The name of a database that tests use one after the other, which is quicker than one for each."""
    with server.database("shared_ledger", new_ledger) as name:
        yield name


@pytest.fixture
def database(server: PostgresServer, new_ledger: str) -> Iterator[str]:
    """The name of a test's own database, with its ledger."""
    with server.database(f"ledger-{uuid.uuid4().hex[:12]}", new_ledger) as name:
        yield name


@pytest.fixture
def empty_database(server: PostgresServer) -> Iterator[str]:
    """The name of a test's own database, with nothing in it."""
    with server.database(f"empty-{uuid.uuid4().hex[:12]}") as name:
        yield name


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the ledger is: each test that asks runs twice."""
    if request.param == "sqlite":
        yield f"sqlite:///{request.getfixturevalue('file')}?timeout=10"
        return
    server, name = map(request.getfixturevalue, ("server", "shared_ledger"))
    yield server.url(name)
    filled = ", ".join(table for table in metadata.tables if table != "schema_version")
    server.execute(f"TRUNCATE {filled} RESTART IDENTITY", name)


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        yield opened


@pytest.fixture
def execute(url: str) -> Iterator[Execute]:
    """Run a statement beside the ledger, with everything that the database itself refuses."""
    beside = Database.open(url)

    def execute(statement: str, **values: object) -> Sequence[Any]:
        with beside._engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return result.all() if result.returns_rows else []

    yield execute
    beside.close()


@pytest.fixture
def day() -> Callable[[int], date]:
    """The nth day of the story, from 1."""
    return lambda number: FIRST_DAY + timedelta(days=number - 1)


@pytest.fixture
def publish(ledger: Ledger) -> Callable[..., Snapshot]:
    """Publish a snapshot of the nth day, with the segment it needs."""

    def publish(number: int, key: str | None = None) -> Snapshot:
        day = FIRST_DAY + timedelta(days=number - 1)
        ledger.record_segment(Segment(f"segment-{day}", day, "rules-1", f"{day}/normalized.parquet", 10))
        key = key or f"snapshot-{day}"
        return ledger.publish_snapshot(
            Snapshot(key, day, None, f"segment-{day}", f"{key}.parquet", 10, 3, 2, 1)
        )

    return publish


@pytest.fixture
def batches() -> Callable[[int], list[PlannedBatch]]:
    """So many batches, ready to be planned."""
    return lambda count: [
        PlannedBatch("add", 100 + n, f"batch-{n}.parquet", f"sha-{n}", f"remote/{n}") for n in range(count)
    ]


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python code in another process; what still runs at the end is killed."""
    with ExitStack() as stack:

        def start(code: str, *arguments: object) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", code, *map(str, arguments)],
                stdout=subprocess.PIPE,
                stdin=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start
