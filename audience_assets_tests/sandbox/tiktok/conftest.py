"""One server for all tests of a process, and an advertiser of its own for each test; small audiences are enough."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.sandbox.tiktok.caller import Caller, lines


@pytest.fixture(scope="session")
def tiktok_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TikTokServer]:
    with TikTokServer(tmp_path_factory.mktemp("tiktok")) as server:
        yield server


@pytest.fixture
def tiktok_log(tiktok_server: TikTokServer) -> Path:
    return tiktok_server.log_path


@pytest.fixture
def clock(tiktok_server: TikTokServer) -> Clock:
    return tiktok_server.platform.clock


@pytest.fixture
def advertiser(tiktok_server: TikTokServer) -> Advertiser:
    advertiser = tiktok_server.platform.add_advertiser()
    advertiser.smallest_audience = 1
    return advertiser


@pytest.fixture
def caller(tiktok_server: TikTokServer, advertiser: Advertiser) -> Iterator[Caller]:
    with Caller(tiktok_server.base_url, advertiser) as caller:
        yield caller


@pytest.fixture
def audience(caller: Caller) -> Audience:
    """An audience of a, b and c."""
    return caller.created(lines("a", "b", "c"))
