"""What lies in a folder of ours, on the disk or on S3, and its removal."""

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from audience_assets.storage.layout import SPILL
from audience_assets.storage.object_path import Place


@dataclass(frozen=True, slots=True)
class Listed:
    """A file: its way from the folder, its size in bytes, and when it was written."""

    name: str
    size: int
    written: datetime


def listed(folder: Place) -> Iterator[Listed]:
    """Every file below a folder, however deep; links are not followed."""
    if not isinstance(folder, Path):
        prefix = f"{folder.key}/" if folder.key else ""
        for key, size, written in folder.store.listed(prefix):
            yield Listed(key.removeprefix(prefix), size, written)
        return
    for parent, _, names in os.walk(folder):
        for name in names:
            path = Path(parent) / name
            with suppress(FileNotFoundError):  # a draft that was published meanwhile
                found = path.lstat()
                written = datetime.fromtimestamp(found.st_mtime, UTC)
                yield Listed(path.relative_to(folder).as_posix(), found.st_size, written)


def remove(folder: Place, names: Collection[str]) -> None:
    """Remove files below a folder, and the folders in it that are empty afterwards; one that is gone already is no error."""
    if not isinstance(folder, Path):
        folder.store.remove([(folder / name).key for name in names])
        return
    for name in names:
        (folder / name).unlink(missing_ok=True)
    above = {parent for name in names for parent in Path(name).parents} - {Path(), Path(SPILL)}
    for parent in sorted(above, key=lambda each: len(each.parts), reverse=True):
        with suppress(OSError):  # something else is in it
            (folder / parent).rmdir()
