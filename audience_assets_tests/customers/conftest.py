"""A fresh deployment for each test, and one database for them all."""

from pathlib import Path
from typing import Any

import pytest

from audience_assets import database
from audience_assets.settings import Settings
from audience_assets_tests.customers.extracts import Extracts


@pytest.fixture
def extracts(tmp_path: Path) -> Extracts:
    """A deployment without an extract."""
    return Extracts(tmp_path)


@pytest.fixture(scope="session")
def spill_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state directory that nothing but DuckDB uses."""
    return tmp_path_factory.mktemp("spill")


@pytest.fixture(autouse=True)
def _one_spill_folder(spill_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step may take the idle database of another test's step only if both would spill into the same folder."""
    config = database._config

    def shared(settings: Settings, **given: Any) -> Any:
        return config(settings.model_copy(update={"state_dir": spill_folder}), **given)

    monkeypatch.setattr(database, "_config", shared)
