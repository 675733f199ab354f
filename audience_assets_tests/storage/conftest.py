"""A state directory on the disk, and one on the real S3 server."""

from pathlib import Path

import pytest

from audience_assets.sandbox.s3 import S3Server
from audience_assets.settings import Settings
from audience_assets_tests.storage.on_s3 import credentials, settings_on_s3


@pytest.fixture
def on_s3(s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a state on S3 that nobody else uses; the tasks run on this machine."""
    credentials(monkeypatch, s3_server.administrator)
    return settings_on_s3(s3_server, tmp_path)


@pytest.fixture(params=["on the disk", "on S3", "on S3 with workers elsewhere"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of each kind of state directory."""
    if request.param == "on the disk":
        return Settings(state_dir=tmp_path / "state")
    found: Settings = request.getfixturevalue("on_s3")
    runner = "ray" if request.param.endswith("elsewhere") else "processes"
    return found.model_copy(update={"engine": found.engine.model_copy(update={"runner": runner})})
