from collections.abc import Iterator
from pathlib import Path

import pytest

from audience_assets.destinations.meta.client import MetaClient, connect
from audience_assets.ledger import Ledger
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.destinations.meta.delivering import APP_SECRET, NAME, TOKEN, Ads, settings_of
from audience_assets_tests.destinations.meta.scripted import Clock, Scripted, scripted_server
from audience_assets_tests.destinations.state import State


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    with scripted_server() as script:
        yield script


@pytest.fixture
def meta(scripted: Scripted) -> Scripted:
    """What answers in Meta's place, and what it was asked: new for each test."""
    scripted.forget()
    return scripted


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(meta: Scripted, clock: Clock) -> Iterator[MetaClient]:
    with connect(meta.access(), sleep=clock.sleep, now=clock.now) as opened:
        yield opened


@pytest.fixture(scope="package")
def meta_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetaServer]:
    with MetaServer(tmp_path_factory.mktemp("meta")) as running:
        yield running


@pytest.fixture
def ads(meta_server: MetaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ads]:
    """An empty ad account, and a deployment that has delivered nothing to it yet."""
    account = meta_server.platform.add_account()
    account.record = account.proof_required = True
    monkeypatch.setenv(TOKEN, account.access_token)
    monkeypatch.setenv(APP_SECRET, account.app_secret)
    with Ledger.open(f"sqlite:///{tmp_path}/state/ledger.sqlite") as ledger:
        state = State(tmp_path / "state", ledger, settings_of(meta_server, account), NAME, kept={})
        yield Ads(state, meta_server, account)
