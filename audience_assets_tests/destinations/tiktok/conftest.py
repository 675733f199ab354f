from collections.abc import Iterator

import pytest

from audience_assets.destinations.tiktok.client import TikTokClient, connect
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
