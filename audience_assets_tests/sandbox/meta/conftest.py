"""One server for all tests of a process, and an ad account of its own for each test."""

from collections.abc import Iterator

import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.sandbox.meta.caller import Caller


@pytest.fixture(scope="session")
def meta_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetaServer]:
    with MetaServer(tmp_path_factory.mktemp("meta")) as server:
        yield server


@pytest.fixture
def account(meta_server: MetaServer) -> Account:
    return meta_server.platform.add_account()


@pytest.fixture
def caller(meta_server: MetaServer, account: Account) -> Iterator[Caller]:
    with Caller(meta_server.base_url, account) as caller:
        yield caller


@pytest.fixture
def audience(caller: Caller) -> Audience:
    return caller.create()
