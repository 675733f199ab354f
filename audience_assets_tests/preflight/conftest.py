"""An account at each partner's sandbox with one audience that is fed, and a deployment that delivers to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.newtail import NewtailServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.assets.deployment import KEY, KEY_ID, destination
from audience_assets_tests.assets.meta_account import meta_destination, secrets_of
from audience_assets_tests.assets.tiktok_advertiser import tiktok_destination, token_of
from audience_assets_tests.preflight.looking import (
    API_KEY,
    APP_ID,
    Newtail,
    OnMeta,
    OnS3,
    OnTikTok,
    meta_audience,
    tiktok_audience,
)


@pytest.fixture(scope="package")
def meta_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MetaServer]:
    with MetaServer(tmp_path_factory.mktemp("meta")) as running:
        yield running


@pytest.fixture(scope="package")
def tiktok_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TikTokServer]:
    with TikTokServer(tmp_path_factory.mktemp("tiktok")) as running:
        yield running


@pytest.fixture(scope="package")
def newtail_server(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewtailServer]:
    with NewtailServer(tmp_path_factory.mktemp("newtail"), s3_server) as running:
        yield running


@pytest.fixture
def meta(meta_server: MetaServer, tmp_path: Path) -> Iterator[OnMeta]:
    account = meta_server.platform.add_account()
    account.proof_required = True
    audience = meta_audience(account, meta_server.platform.clock)
    declared = meta_destination(
        meta_server, account, audiences={"vip": {"id": audience.id}}, patience_seconds=0
    )
    with secrets_of(account):
        yield OnMeta("meta", tmp_path, declared, account, audience, meta_server.platform.clock)
    meta_server.platform.clock.date_off = 0.0


@pytest.fixture
def tiktok(tiktok_server: TikTokServer, tmp_path: Path) -> Iterator[OnTikTok]:
    advertiser = tiktok_server.platform.add_advertiser()
    audience = tiktok_audience(advertiser, tiktok_server.platform.clock)
    declared = tiktok_destination(
        tiktok_server, advertiser, audiences={"vip": {"id": audience.id}}, patience_seconds=0
    )
    with token_of(advertiser):
        yield OnTikTok("tiktok", tmp_path, declared, advertiser, audience, tiktok_server.platform.clock)
    tiktok_server.platform.clock.date_off = 0.0


@pytest.fixture
def s3(
    s3_server: S3Server,
    administrator: object,
    bucket_prefix: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> OnS3:
    monkeypatch.setenv(KEY_ID, s3_server.write_only.access_key_id)
    monkeypatch.setenv(KEY, s3_server.write_only.secret_access_key)
    return OnS3("vtex_ads", tmp_path, destination(s3_server, bucket_prefix), s3_server.bucket, administrator)


@pytest.fixture
def newtail(
    newtail_server: NewtailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Newtail]:
    monkeypatch.setenv(APP_ID, newtail_server.app_id)
    monkeypatch.setenv(API_KEY, newtail_server.api_key)
    declared = {
        "type": "vtex_ads",
        "transport": "presigned",
        "upload_url": newtail_server.base_url,
        "app_id": {"env": APP_ID},
        "api_key": {"env": API_KEY},
    }
    yield Newtail("vtex_ads", tmp_path, declared, newtail_server)
    newtail_server.clock.date_off = 0.0
    newtail_server.faults.clear()
