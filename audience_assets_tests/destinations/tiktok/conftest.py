from collections.abc import Iterator

import pytest

from audience_assets.destinations.tiktok.client import TikTokClient, connect
from audience_assets_tests.destinations.scripted import Clock, serving
from audience_assets_tests.destinations.tiktok.delivering import Advertising
from audience_assets_tests.destinations.tiktok.scripted import Scripted


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    with serving(Scripted()) as script:
        yield script


@pytest.fixture
def tiktok(scripted: Scripted) -> Scripted:
    """What answers in TikTok's place, and what it was asked: new for each test."""
    scripted.forget()
    return scripted


@pytest.fixture
def client(tiktok: Scripted, clock: Clock) -> Iterator[TikTokClient]:
    with connect(tiktok.access(), sleep=clock.sleep, now=clock.now) as opened:
        yield opened


@pytest.fixture
def ads(tiktok_ads: Advertising) -> Advertising:
    return tiktok_ads
