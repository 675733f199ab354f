from collections.abc import Iterator

import pytest

from audience_assets.destinations.meta.client import MetaClient, connect
from audience_assets_tests.destinations.meta.scripted import Clock, Scripted, scripted_server


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
