"""Files of ours: written beside their final name, fsynced, then renamed; never changed afterwards.

On S3 they are written in a scratch folder of this machine and become objects in one request, which is as atomic.
"""

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, TypeVar

from audience_assets.errors import AudienceAssetsError, StateError
from audience_assets.storage import scratch
from audience_assets.storage.object_path import ObjectPath, Place

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
CHUNK = 1 << 20

AnyPlace = TypeVar("AnyPlace", bound=Place)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A published file: where it is, its SHA-256 in hex, its size in bytes."""

    path: Place
    sha256: str
    size: int


def private_folder(folder: AnyPlace) -> AnyPlace:
    """Create a folder, and those above it that are missing, such that only its owner can read them and a crash keeps them.

    S3 has no folders.
    """
    if isinstance(folder, ObjectPath):
        return folder
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
        _fsync(each.parent)
    return folder


def workplace(folder: Place) -> Path:
    """Where drafts of a folder's files are written: in itself, or in the scratch folder for one on S3."""
    if isinstance(folder, Path):
        return private_folder(folder)
    return private_folder(folder.store.scratch or scratch.temporary_folder())


@contextmanager
def draft_beside(folder: Place, suffix: str) -> Iterator[Path]:
    """A path of this machine to write to; whatever is still there at the end was not published and is removed."""
    draft = workplace(folder) / f".draft-{token_hex(8)}{suffix}"
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def draft_folder_beside(folder: Place) -> Iterator[Place]:
    """A private folder for drafts, which all workers see; it is removed at the end with whatever was not published out of it."""
    if isinstance(folder, ObjectPath) and folder.store.workers_elsewhere:
        remote = folder / f".draft-{token_hex(8)}"
        try:
            yield remote
        finally:
            with suppress(AudienceAssetsError):
                remote.store.remove_below(f"{remote.key}/")
        return
    with _local_draft_folder(folder) as draft:
        yield draft


@contextmanager
def written(draft: Place) -> Iterator[Path]:
    """A path of this machine to write a draft to, which afterwards is where all workers see it."""
    if isinstance(draft, Path):
        yield draft
        return
    with draft_beside(draft.parent, draft.suffix) as path:
        yield path
        draft.store.put(draft.key, path, sha256_of(path))


@contextmanager
def workshop(folder: Place) -> Iterator[Path]:
    """A new folder of this machine for drafts that `handed_over` brings below `folder`.

    Each try of a task has its own, so that nothing of a try that was killed is ever taken for the next one's.
    """
    if isinstance(folder, Path):
        yield private_folder(folder / token_hex(8))
        return
    with _local_draft_folder(folder) as local:
        yield local


def handed_over(path: Path, folder: Place) -> Place:
    """A draft of a workshop, moved to where all workers see it."""
    if isinstance(folder, Path):
        return path
    target = folder / f"{token_hex(8)}{path.suffix}"
    target.store.put(target.key, path, sha256_of(path))
    path.unlink()
    return target


def publish(draft: Place, final: Place) -> StoredFile:
    """Make a finished draft durable under its final name.

    The bytes are on disk before the name is, so a name never stands for half a file. On S3 the name must say what it stands
    for, because an object is never replaced.

    Raises:
        StateError: On S3, other bytes have the name.
    """
    if isinstance(final, Path) and isinstance(draft, Path):
        stored = StoredFile(final, sha256_of(draft), draft.stat().st_size)
        draft.chmod(PRIVATE_FILE)
        _fsync(draft)
        draft.replace(final)
        _fsync(final.parent)
        return stored
    if isinstance(final, Path):
        raise TypeError("a draft on S3 belongs to a file on S3")
    return _sent(draft, lambda _: final)


def publish_by_content(draft: Place, folder: ObjectPath, stem: str) -> StoredFile:
    """Publish a draft on S3 under a name that begins with `stem` and ends with the digest of its bytes."""
    return _sent(draft, lambda sha256: folder / f"{stem}-{sha256[:16]}{draft.suffix}")


def replace(draft: Path, final: Place) -> None:
    """Publish a file whose name may stand for other bytes already."""
    if isinstance(final, Path):
        publish(draft, final)
    else:
        final.store.put(final.key, draft, sha256_of(draft))


def write_text(final: Place, text: str) -> None:
    """Publish a small text file atomically, in the place of one that is there."""
    if isinstance(final, ObjectPath):
        content = text.encode()
        final.store.put(final.key, content, hashlib.sha256(content).hexdigest())
        return
    with draft_beside(final.parent, final.suffix) as draft:
        draft.write_text(text, encoding="utf-8")
        publish(draft, final)


@contextmanager
def at_hand(file: Place) -> Iterator[Path]:
    """A file of ours as one of this machine, for as long as the `with` block lasts.

    Raises:
        StateError: It is missing, on S3.
    """
    if isinstance(file, Path):
        yield file
        return
    with _local_draft_folder(file.parent) as folder:
        path = folder / file.name
        try:
            with file.store.stream(file.key) as source, path.open("wb") as copy:
                path.chmod(PRIVATE_FILE)
                shutil.copyfileobj(source, copy, CHUNK)
        except FileNotFoundError:
            raise StateError(f"{file} is missing: materialize its asset for that day again") from None
        yield path


def sha256_of(path: Place) -> str:
    """SHA-256 of a file's bytes in hex."""
    digest = hashlib.sha256()
    with _opened(path) as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sent(draft: Place, final_of: Callable[[str], ObjectPath]) -> StoredFile:
    """Bring a draft to S3, or copy it within S3, under the name that its digest gives."""
    if isinstance(draft, Path):
        sha256 = sha256_of(draft)
        final = final_of(sha256)
        final.store.put_new(final.key, draft, sha256)
        return StoredFile(final, sha256, draft.stat().st_size)
    if (found := draft.store.find(draft.key)) is None:
        raise StateError(f"{draft} went away before it was published: run again")
    final = final_of(found.sha256)
    final.store.copy_new(draft.key, found, final.key)
    return StoredFile(final, found.sha256, found.size)


@contextmanager
def _local_draft_folder(folder: Place) -> Iterator[Path]:
    draft = private_folder(workplace(folder) / f".draft-{token_hex(8)}")
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _opened(path: Place) -> AbstractContextManager[BinaryIO]:
    return path.open("rb") if isinstance(path, Path) else path.store.stream(path.key)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
