"""What holds for every partner's API that keeps audiences from one start to the next."""

import json
from pathlib import Path

import httpx2
import pytest

from audience_assets.errors import SettingsError
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.tiktok.server import TikTokServer

Kind = type[MetaServer] | type[TikTokServer]


@pytest.fixture(params=[MetaServer, TikTokServer])
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def test_it_listens_on_loopback_only_and_is_gone_afterwards(kind: Kind, tmp_path: Path) -> None:
    with kind(tmp_path) as server:
        assert server.base_url.startswith("http://127.0.0.1:")
    assert not server.running
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(server.base_url, trust_env=False)


@pytest.mark.parametrize("damage", ["{", "[]", '{"access_token": 1}'])
def test_damaged_credentials_are_told(kind: Kind, tmp_path: Path, damage: str) -> None:
    (tmp_path / "credentials.json").write_text(damage, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"credentials\.json is damaged: remove"), kind(tmp_path):
        pass


@pytest.mark.parametrize("damage", [{}, {"audiences": [1]}, {"audiences": ['{"id": "1"}']}])
def test_damaged_audiences_are_told(kind: Kind, tmp_path: Path, damage: object) -> None:
    (tmp_path / "audiences.json").write_text(json.dumps(damage), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"audiences\.json is damaged: remove"), kind(tmp_path):
        pass
