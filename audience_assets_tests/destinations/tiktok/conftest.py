from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from audience_assets.destinations.tiktok.client import TikTokClient, connect
from audience_assets.http.connection import open_connection
from audience_assets.ledger import Ledger
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.destinations.state import State
from audience_assets_tests.destinations.tiktok.delivering import NAME, TOKEN, Advertising, settings_of
from audience_assets_tests.destinations.tiktok.scripted import Clock, Scripted, scripted_server


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    with scripted_server() as script:
        yield script


@pytest.fixture
def tiktok(scripted: Scripted) -> Scripted:
    """What answers in TikTok's place, and what it was asked: new for each test."""
    scripted.forget()
    return scripted


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(tiktok: Scripted, clock: Clock) -> Iterator[TikTokClient]:
    with connect(tiktok.access(), sleep=clock.sleep, now=clock.now) as opened:
        yield opened


@pytest.fixture(scope="package")
def tiktok_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TikTokServer]:
    with TikTokServer(tmp_path_factory.mktemp("tiktok")) as running:
        yield running


@pytest.fixture(scope="package")
def http(tiktok_server: TikTokServer) -> Iterator[httpx2.Client]:
    with open_connection(tiktok_server.base_url, 5.0) as opened:
        yield opened


@pytest.fixture
def ads(
    tiktok_server: TikTokServer, http: httpx2.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Advertising]:
    """An advertiser that takes audiences of one, and a deployment that has delivered nothing to it yet."""
    advertiser = tiktok_server.platform.add_advertiser()
    advertiser.smallest_audience, advertiser.record = 1, True
    monkeypatch.setenv(TOKEN, advertiser.access_token)
    with Ledger.open(f"sqlite:///{tmp_path}/state/ledger.sqlite") as ledger:
        state = State(tmp_path / "state", ledger, settings_of(tiktok_server, advertiser), NAME, kept={})
        yield Advertising(state, tiktok_server, advertiser, http)
