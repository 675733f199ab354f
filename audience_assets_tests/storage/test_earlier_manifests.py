"""The manifests of earlier days are found alike on the disk and on S3, newest first."""

from datetime import date

import pytest

from audience_assets.settings import Settings
from audience_assets.storage import files, manifest
from audience_assets.storage.manifest import Manifest

DAY = date(2026, 3, 1)
DAYS = ("2025-12-31", "2026-02-01", "2026-02-28", "2026-03-01", "2026-03-02")


class Note(Manifest):
    """A manifest of these tests."""

    day: str


@pytest.fixture
def written(settings: Settings) -> Settings:
    """A manifest for each day; another asset has one too."""
    for asset, days in (("asset", DAYS), ("asset_of_another_name", ["2026-02-02"])):
        for day in days:
            Note(day=day).write(files.private_folder(settings.state / asset / day))
    return settings


def found(settings: Settings) -> list[str]:
    return [each.day for each in manifest.before(Note, settings.state / "asset" / DAY.isoformat(), DAY)]


def test_days_before_are_found_newest_first(written: Settings) -> None:
    assert found(written) == ["2026-02-28", "2026-02-01", "2025-12-31"]


def test_a_day_without_a_manifest_of_the_kind_is_passed_over(written: Settings) -> None:
    files.write_text(written.state / "asset" / "2026-02-28" / "manifest.json", "{}")
    files.write_text(files.private_folder(written.state / "asset" / "2026-02-15") / "another.json", "{}")
    assert found(written) == ["2026-02-01", "2025-12-31"]


def test_an_asset_that_was_never_materialized_has_none(settings: Settings) -> None:
    assert found(settings) == []
