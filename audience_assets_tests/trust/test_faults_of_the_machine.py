"""A disk that is full, a folder that may not be written, a database that is locked: one sentence, and the next run brings the right state."""

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.three_partners import EVERYBODY, World, person
from audience_assets_tests.trust import another_process
from audience_assets_tests.trust.another_process import File

pytestmark = pytest.mark.slow

TODAY = [*EVERYBODY[3:], *(person(number) for number in range(20, 24))]
"""Three left and four came: 13 customers."""
TODAY_S = (13, 13, 13)


def assert_sentence(told: dict[str, str]) -> None:
    """Something failed, with one sentence of ours or of the system's, and nothing in a way that nobody thought of."""
    failed = [each for each in told.values() if each not in {"done", "delivered", "already"}]
    assert failed
    assert not [each for each in failed if each.startswith("unexpected") or "\n" in each]


def assert_mended(world: World) -> None:
    """Run again, the day is delivered, and once more it is there already."""
    world.run(DAYS[1])
    assert world.held() == TODAY_S
    assert set(world.at_vtex_ads()) == {str(row["customer_id"]) for row in TODAY}


@pytest.mark.parametrize("largest", [0, 4_096])
def test_a_disk_that_is_full_at_any_size_of_a_file_is_told_and_mended(world: World, largest: int) -> None:
    world.land(DAYS[1], TODAY)
    told = another_process.start(world.pipeline.settings, DAYS[1], handicap=File(largest)).said()
    assert_sentence(told)
    assert all(held in {12, 13} for held in world.held())
    assert_mended(world)


@contextmanager
def small_disk(place: Path) -> Iterator[None]:
    """A file system of 1 MB, where this user may make one."""
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)],
        check=False,
        capture_output=True,
        timeout=20,
    )
    if made.returncode:
        pytest.skip("this user may not mount a file system; the limit of a file's size stands for it")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, capture_output=True, timeout=20)


def fill(file: Path) -> None:
    """Write until nothing more can be written."""
    with suppress(OSError), file.open("wb", buffering=0) as opened:
        while opened.write(bytes(4096)):
            pass
    assert shutil.disk_usage(file.parent).free == 0


def test_a_disk_that_is_really_full_is_told_and_mended(make: Any, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk"):
        world: World = make(state_dir=str(tmp_path / "disk" / "state"))
        world.run(DAYS[0], EVERYBODY)
        ballast = tmp_path / "disk" / "ballast"
        fill(ballast)
        world.land(DAYS[1], TODAY)
        assert_sentence(another_process.start(world.pipeline.settings, DAYS[1]).said())
        assert world.held() == (12, 12, 12)
        ballast.unlink()
        assert_mended(world)


def test_a_folder_that_may_only_be_read_is_told_and_mended(make: Any, tmp_path: Path) -> None:
    world: World = make()
    world.run(DAYS[0], EVERYBODY)
    world.land(DAYS[1], TODAY)
    modes = {each: each.stat().st_mode for each in [*tmp_path.rglob("*"), *_to(tmp_path)]}
    try:
        for each, mode in modes.items():
            each.chmod(0o555 if each.is_dir() else (mode | 0o444) & ~0o222)
        told = another_process.start(
            world.pipeline.settings, DAYS[1], handicap=another_process.as_nobody
        ).said()
    finally:
        for each, mode in modes.items():
            each.chmod(mode)
    assert_sentence(told)
    assert world.held() == (12, 12, 12)
    assert_mended(world)


def _to(folder: Path) -> list[Path]:
    """The folders of pytest on the way to one, which another user may not enter."""
    return [folder, *(each for each in folder.parents if each.stat().st_mode & 0o077 == 0)]


def test_a_ledger_that_another_process_holds_is_waited_for_then_told_and_mended(
    make: Any, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger.sqlite"
    world: World = make(ledger_url=f"sqlite:///{ledger}?timeout=0.5")
    world.run(DAYS[0], EVERYBODY)
    world.land(DAYS[1], TODAY)
    with closing(sqlite3.connect(ledger, isolation_level=None)) as other:
        other.execute("begin exclusive")
        told = another_process.start(world.pipeline.settings, DAYS[1]).said()
        assert_sentence(told)
        assert "locked" in str(told)
        other.execute("rollback")
    assert world.held() == (12, 12, 12)
    assert_mended(world)
