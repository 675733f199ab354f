from collections.abc import Iterator

import pytest

from audience_assets.destinations.meta.client import MetaClient, connect
from audience_assets_tests.destinations.meta.delivering import Ads
from audience_assets_tests.destinations.meta.scripted import Scripted
from audience_assets_tests.destinations.scripted import Clock, serving


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    with serving(Scripted()) as script:
        yield script


@pytest.fixture
def meta(scripted: Scripted) -> Scripted:
    """What answers in Meta's place, and what it was asked: new for each test."""
    scripted.forget()
    return scripted


@pytest.fixture
def client(meta: Scripted, clock: Clock) -> Iterator[MetaClient]:
    with connect(meta.access(), sleep=clock.sleep, now=clock.now) as opened:
        yield opened


@pytest.fixture
def ads(meta_ads: Ads) -> Ads:
    return meta_ads
