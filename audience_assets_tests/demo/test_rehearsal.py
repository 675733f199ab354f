"""A deployment's own settings rehearse at the sandbox, and neither its partners nor its own state hear of it."""

import json
import os
import shlex
from pathlib import Path

import pytest

from audience_assets import settings
from audience_assets.demo import rehearsal
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.errors import SettingsError

READY = {
    "s3": {
        "endpoint_url": "http://127.0.0.1:1",
        "bucket": "partner-bucket",
        "prefix": "it's",
        "region": "us-east-1",
        "access_key_id": "administrator",
        "secret_access_key": "of the sandbox",
        "write_only": {"access_key_id": "key-id", "secret_access_key": "key"},
    },
    "newtail": {"base_url": "http://127.0.0.1:2", "app_id": "app", "api_key": "api"},
    "meta": {
        "base_url": "http://127.0.0.1:3",
        "access_token": "meta-token",
        "app_secret": "proof",
        "ad_account": "act_33",
    },
    "tiktok": {
        "base_url": "http://127.0.0.1:4",
        "access_token": "tiktok-token",
        "advertiser_id": "7000000000000000001",
    },
}
OWN = """
state_dir = "/var/lib/audiences"
ledger_url = "postgresql://ledger@db/ledger"
[destinations.files]
bucket = "the-real-one"
access_key_id = { env = "REAL_ID" }
secret_access_key = { env = "REAL_KEY" }
[destinations.forms]
transport = "presigned"
app_id = { env = "REAL_APP" }
api_key = { env = "REAL_API_KEY" }
[destinations.meta_br]
type = "meta"
ad_account = "1"
access_token = { env = "REAL_META" }
[destinations.tiktok]
type = "tiktok"
advertiser_id = "2"
access_token = { env = "REAL_TIKTOK" }
"""


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("AUDIENCE_ASSETS", "SANDBOX"))]:
        monkeypatch.delenv(name)
    (tmp_path / "settings.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "ready.json").write_text(json.dumps(READY), encoding="utf-8")
    return tmp_path / "ready.json"


def rehearsing(ready: Path, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    """The settings as they are once a shell has taken the exports."""
    file = ready.with_name("settings.toml")
    for line in list(rehearsal.exports(settings.load(file), ready)):
        export, given = shlex.split(line)
        assert export == "export"
        monkeypatch.setenv(*given.split("=", 1))
    return settings.load(file)


def test_each_destination_is_the_sandbox_s_with_its_credentials(
    ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rehearsing(ready, monkeypatch).destinations
    files, forms, meta, tiktok = (found[name] for name in ("files", "forms", "meta_br", "tiktok"))
    assert isinstance(files, VtexAdsSettings)
    target = files.target("files")
    assert (target.endpoint_url, target.bucket, files.prefix) == (
        "http://127.0.0.1:1",
        "partner-bucket",
        "it's",
    )
    assert (target.access_key_id, target.secret_access_key) == ("key-id", "key")
    assert isinstance(forms, VtexAdsSettings)
    access = forms.newtail("forms")
    assert (access.base_url, access.app_id, access.api_key) == ("http://127.0.0.1:2", "app", "api")
    assert isinstance(meta, MetaSettings)
    assert (meta.base_url, meta.account, meta.access_token.value()) == (
        "http://127.0.0.1:3",
        "act_33",
        "meta-token",
    )
    assert isinstance(tiktok, TikTokSettings)
    assert (tiktok.base_url, tiktok.account, tiktok.access_token.value()) == (
        "http://127.0.0.1:4",
        "7000000000000000001",
        "tiktok-token",
    )


def test_the_state_and_the_ledger_are_not_the_deployment_s(
    ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = rehearsing(ready, monkeypatch)
    assert found.state_dir == ready.parent / "rehearsal"
    assert found.ledger == f"sqlite:///{ready.parent}/rehearsal/ledger.sqlite"


@pytest.mark.parametrize("content", [None, "", "{}", "[]", '{"s3": {}}'])
def test_without_a_sandbox_it_is_said_how_to_start_one(ready: Path, content: str | None) -> None:
    if content is None:
        ready.unlink()
    else:
        ready.write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError, match="start one with audience-assets sandbox --ready"):
        list(rehearsal.exports(settings.load(ready.with_name("settings.toml")), ready))
