"""A file of ours is either not there or whole, only its owner can read it, and a manifest is one of ours or is refused."""

import os
import subprocess
import sys
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from audience_assets.errors import StateError
from audience_assets.storage import files, manifest
from audience_assets.storage.layout import Layout
from audience_assets.storage.manifest import Manifest

CRASHING = """
import os, sys
from pathlib import Path
from audience_assets.storage import files

draft, final, left = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])

def trace(frame, event, _):
    global left
    if frame.f_code.co_filename != files.__file__:
        return None
    if event in ("line", "return"):
        left -= 1
        if left < 0:
            os._exit(9)
    return trace

sys.settrace(trace)
files.publish(draft, final)
sys.settrace(None)
"""
"""Publishes in a process that ends at the nth line of our code, as when the machine takes it away."""
CONTENT = b"x" * 3_000_000


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


class Note(Manifest):
    """A manifest of these tests."""

    day: date
    rows: int


@pytest.mark.parametrize("before", [None, b"an earlier version"], ids=["new", "replacing"])
def test_a_crash_between_any_two_steps_leaves_the_old_or_the_whole(
    tmp_path: Path, before: bytes | None
) -> None:
    finished = False
    outcomes = []
    for steps in range(0, 60, 3):
        folder = tmp_path / str(steps)
        folder.mkdir()
        draft, final = folder / ".draft", folder / "final"
        draft.write_bytes(CONTENT)
        if before is not None:
            final.write_bytes(before)
        ended = subprocess.run(
            [sys.executable, "-c", CRASHING, draft, final, str(steps)], check=False, env=os.environ
        )
        assert ended.returncode in (0, 9)
        found = final.read_bytes() if final.exists() else None
        assert found in (before, CONTENT)
        outcomes.append(found)
        finished = ended.returncode == 0
        if finished:
            break
    assert finished
    assert set(outcomes) == {before, CONTENT}


def test_bytes_are_durable_before_their_name_and_the_name_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(handle: int) -> None:
        steps.append(f"fsync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        fsync(handle)

    def noted_replace(source: Path, target: Path) -> None:
        steps.append(f"replace {Path(target).name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    with files.draft_beside(tmp_path / "new" / "folder", ".txt") as draft:
        draft.write_text("x")
        files.publish(draft, draft.parent / "final.txt")
    assert steps == [
        f"fsync {tmp_path.name}",
        "fsync new",
        f"fsync {draft.name}",
        "replace final.txt",
        "fsync folder",
    ]


def test_what_is_published_is_told_with_its_digest_and_size(tmp_path: Path) -> None:
    with files.draft_beside(tmp_path, ".bin") as draft:
        draft.write_bytes(CONTENT)
        stored = files.publish(draft, tmp_path / "final.bin")
    assert stored == files.StoredFile(tmp_path / "final.bin", sha256(CONTENT).hexdigest(), len(CONTENT))
    assert files.sha256_of(stored.path) == stored.sha256
    assert [path.name for path in tmp_path.iterdir()] == ["final.bin"]


def test_only_the_owner_can_read_files_and_all_new_folders(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        files.write_text(tmp_path / "state" / "asset" / "day" / "note.json", "{}")
    finally:
        os.umask(umask)
    assert mode(tmp_path / "state" / "asset" / "day" / "note.json") == 0o600
    for folder in ("state", "state/asset", "state/asset/day"):
        assert mode(tmp_path / folder) == 0o700, folder


def test_folders_that_were_there_keep_their_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert files.private_folder(tmp_path / "a" / "b") == tmp_path / "a" / "b"
    files.private_folder(tmp_path / "a" / "b")
    assert mode(tmp_path) == 0o755


def test_a_draft_that_is_not_published_is_removed(tmp_path: Path) -> None:
    with files.draft_beside(tmp_path, ".txt") as draft:
        draft.write_text("half")
        assert draft.name.startswith(".draft-")
    assert list(tmp_path.iterdir()) == []


def test_a_manifest_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    note = Note(day=date(2026, 11, 5), rows=3)
    note.write(tmp_path)
    assert manifest.read(Note, tmp_path, "raw_customers") == note
    Note(day=date(2026, 11, 5), rows=4).write(tmp_path)
    assert manifest.read(Note, tmp_path, "raw_customers").rows == 4
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_a_missing_manifest_says_what_to_materialize(tmp_path: Path) -> None:
    with pytest.raises(
        StateError,
        match=r"x/delta has nothing for this day yet .*manifest.json is missing.: materialize it first",
    ):
        manifest.read(Note, tmp_path / "gone", "x/delta")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b'{"day": "2026-11-05"}',
        b'{"day": "2026-11-05", "rows": 1, "more": 1}',
    ],
)
def test_another_content_is_no_manifest(tmp_path: Path, content: bytes) -> None:
    (tmp_path / manifest.NAME).write_bytes(content)
    with pytest.raises(StateError, match="is not a manifest of x/delta: materialize the asset again"):
        manifest.read(Note, tmp_path, "x/delta")


def test_a_missing_file_says_what_to_materialize(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("")
    assert manifest.existing(tmp_path / "there", "x/delta") == tmp_path / "there"
    with pytest.raises(
        StateError, match="gone is missing: materialize x/delta for that day again, or restore"
    ):
        manifest.existing(tmp_path / "gone", "x/delta")


def test_each_asset_and_day_has_a_folder_of_its_own(tmp_path: Path) -> None:
    layout, day = Layout(tmp_path), date(2026, 11, 5)
    folders = [
        layout.raw(day),
        layout.normalized(day),
        layout.hashed(day),
        layout.delta("vtex_br", day),
    ]
    assert [layout.relative(folder) for folder in folders] == [
        "raw_customers/2026-11-05",
        "normalized_customers/2026-11-05",
        "hashed_customers/2026-11-05",
        "vtex_br/delta/2026-11-05",
    ]
    assert [layout.absolute(layout.relative(folder)) for folder in folders] == folders
