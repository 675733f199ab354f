"""Six delivered days, and a copy of them for each test."""

import shutil
from pathlib import Path

import pytest

from audience_assets_tests.retention.world import DAYS, World


@pytest.fixture(scope="module")
def six_days(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Six days that were delivered, each on its day."""
    world = World(tmp_path_factory.mktemp("six") / "world", {})
    for day in DAYS[:-1]:
        world.build(day)
        world.deliver(day)
    return world


@pytest.fixture
def world(six_days: World, tmp_path: Path) -> World:
    shutil.copytree(six_days.folder, tmp_path / "world")
    found = World(tmp_path / "world", six_days.given)
    found.age()
    return found
