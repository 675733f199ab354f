"""Files of ours on the local disk: written beside their final name, fsynced, then renamed; never changed afterwards."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A published file: where it is, its SHA-256 in hex, its size in bytes."""

    path: Path
    sha256: str
    size: int


def private_folder(folder: Path) -> Path:
    """Create a folder, and those above it that are missing, such that only its owner can read them and a crash keeps them."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        _fsync(each.parent)
    return folder


@contextmanager
def draft_beside(folder: Path, suffix: str) -> Iterator[Path]:
    """A path in `folder` to write to; whatever is still there at the end was not published and is removed."""
    draft = private_folder(folder) / f".draft-{token_hex(8)}{suffix}"
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def draft_folder_beside(folder: Path) -> Iterator[Path]:
    """A private folder in `folder` for drafts; it is removed at the end with whatever was not published out of it."""
    draft = private_folder(private_folder(folder) / f".draft-{token_hex(8)}")
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def publish(draft: Path, final: Path) -> StoredFile:
    """Make a finished draft durable under its final name.

    The bytes are on disk before the name is, so a name never stands for half a file.
    """
    stored = StoredFile(final, sha256_of(draft), draft.stat().st_size)
    draft.chmod(PRIVATE_FILE)
    _fsync(draft)
    draft.replace(final)
    _fsync(final.parent)
    return stored


def write_text(final: Path, text: str) -> None:
    """Publish a small text file atomically."""
    with draft_beside(final.parent, final.suffix) as draft:
        draft.write_text(text, encoding="utf-8")
        publish(draft, final)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
