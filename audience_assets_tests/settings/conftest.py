"""An environment without settings, and settings files to load."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from audience_assets import settings
from audience_assets.settings import Settings

Load = Callable[[str], Settings]


@pytest.fixture(autouse=True)
def _no_settings_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith("AUDIENCE_ASSETS")]:
        monkeypatch.delenv(name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deployment" / "settings.toml"


@pytest.fixture
def load(file: Path) -> Load:
    """Write a settings file and load it."""

    def load(text: str) -> Settings:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return settings.load(file)

    return load
