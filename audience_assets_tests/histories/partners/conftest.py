"""One sandbox of each partner, one connection and one database for a test process; a deployment and accounts of its own for each history."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import duckdb
import httpx2
import pytest
from sqlalchemy import create_engine, event
from sqlalchemy.pool import StaticPool

from audience_assets.destinations.contract import Contract
from audience_assets.ledger import sqlite_file
from audience_assets.ledger.database import Database
from audience_assets.ledger.ledger import Ledger
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets.storage.layout import Layout
from audience_assets_tests.histories.partners import deployment
from audience_assets_tests.histories.partners.deployment import Servers
from audience_assets_tests.histories.partners.history import History

MEMORY = Path("/dev/shm")  # noqa: S108 - only a place where nothing waits for a disk


@pytest.fixture(scope="session")
def meta_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetaServer]:
    with MetaServer(tmp_path_factory.mktemp("meta")) as server:
        yield server


@pytest.fixture(scope="session")
def tiktok_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TikTokServer]:
    with TikTokServer(tmp_path_factory.mktemp("tiktok")) as server:
        yield server


@pytest.fixture(scope="session")
def http() -> Iterator[httpx2.Client]:
    with httpx2.Client(timeout=30, trust_env=False) as client:
        yield client


@pytest.fixture(scope="session")
def duckdb_database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1, "enable_external_file_cache": False}) as connection:
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where a deployment lies: in memory where that is possible, because a disk is waited for at every step."""
    if not os.access(MEMORY, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=MEMORY) as made:
        yield Path(made)


@pytest.fixture
def without_contract(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare the check of each file's rows, a fifth of the time; the files' schemas are still checked."""
    monkeypatch.setattr(Contract, "check", lambda _contract, _table: None)


@pytest.fixture(scope="session")
def servers(
    meta_server: MetaServer,
    tiktok_server: TikTokServer,
    http: httpx2.Client,
    duckdb_database: duckdb.DuckDBPyConnection,
) -> Servers:
    return Servers(meta_server, tiktok_server, http, duckdb_database)


@pytest.fixture
def new_history(servers: Servers, folder: Path) -> Iterator[Callable[[Random], History]]:
    """Make the history of a seed."""
    ledgers: list[Ledger] = []

    def make(rng: Random) -> History:
        ledgers.append(_ledger(folder / "ledger.db"))
        return deployment.random_history(rng, servers, Layout(folder / "state"), ledgers[-1])

    yield make
    for ledger in ledgers:
        ledger.close()
    servers.meta.platform.accounts.clear()
    servers.tiktok.platform.advertisers.clear()


def _ledger(path: Path) -> Ledger:
    """A ledger that keeps its one connection open, which is quicker; all lives of a history are in one thread."""
    Ledger.open(f"sqlite:///{path}").close()
    connection = sqlite_file._connect(path, sqlite_file.BUSY_SECONDS)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    event.listen(engine, "begin", sqlite_file._begin)
    return Ledger(Database(engine, str(path)))
