"""Empty state directories with their ledgers, accounts of the sandboxes, and time that passes only when somebody sleeps."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.http.connection import open_connection
from audience_assets.ledger import Ledger
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.destinations.delivering import Delivering
from audience_assets_tests.destinations.meta import delivering as to_meta
from audience_assets_tests.destinations.scripted import Clock
from audience_assets_tests.destinations.state import State, new_state
from audience_assets_tests.destinations.tiktok import delivering as to_tiktok


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with Ledger.open(f"sqlite:///{tmp_path}/state/ledger.sqlite") as ledger:
        yield State(tmp_path / "state", ledger, VtexAdsSettings(rows_per_file=1))


@pytest.fixture(scope="session")
def meta_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetaServer]:
    with MetaServer(tmp_path_factory.mktemp("meta")) as running:
        yield running


@pytest.fixture(scope="session")
def tiktok_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TikTokServer]:
    with TikTokServer(tmp_path_factory.mktemp("tiktok")) as running:
        yield running


@pytest.fixture(scope="session")
def tiktok_http(tiktok_server: TikTokServer) -> Iterator[httpx2.Client]:
    with open_connection(tiktok_server.base_url, 5.0) as opened:
        yield opened


@pytest.fixture
def meta_ads(
    meta_server: MetaServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[to_meta.Ads]:
    """An empty ad account, and a deployment that has delivered nothing to it yet."""
    account = meta_server.platform.add_account()
    account.record = account.proof_required = True
    monkeypatch.setenv(to_meta.TOKEN, account.access_token)
    monkeypatch.setenv(to_meta.APP_SECRET, account.app_secret)
    with new_state(tmp_path, to_meta.settings_of(meta_server, account), to_meta.NAME) as state:
        yield to_meta.Ads(state, meta_server, account)


@pytest.fixture
def tiktok_ads(
    tiktok_server: TikTokServer, tiktok_http: httpx2.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[to_tiktok.Advertising]:
    """An advertiser that takes audiences of one, and a deployment that has delivered nothing to it yet."""
    advertiser = tiktok_server.platform.add_advertiser()
    advertiser.smallest_audience, advertiser.record = 1, True
    monkeypatch.setenv(to_tiktok.TOKEN, advertiser.access_token)
    with new_state(tmp_path, to_tiktok.settings_of(tiktok_server, advertiser), to_tiktok.NAME) as state:
        yield to_tiktok.Advertising(state, tiktok_server, advertiser, tiktok_http)


@pytest.fixture(params=["meta_ads", "tiktok_ads"])
def any_ads(request: pytest.FixtureRequest) -> Delivering:
    """A deployment that delivers to each partner which keeps a list for each audience."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Delivering)
    return found
