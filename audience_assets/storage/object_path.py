"""A file or folder of ours on S3, spelled as pathlib spells one on the disk."""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from audience_assets.storage.object_store import ObjectStore


@dataclass(frozen=True, slots=True)
class ObjectPath:
    """A key of the state's bucket; a folder is what its keys begin with."""

    store: ObjectStore = field(repr=False)
    key: str

    def __truediv__(self, name: str) -> "ObjectPath":
        return ObjectPath(self.store, f"{self.key}/{name}" if self.key else name)

    def __str__(self) -> str:
        return f"s3://{self.store.bucket}/{self.key}"

    @property
    def name(self) -> str:
        """The last part of the key."""
        return PurePosixPath(self.key).name

    @property
    def suffix(self) -> str:
        """How the name ends."""
        return PurePosixPath(self.key).suffix

    @property
    def parent(self) -> "ObjectPath":
        """The folder it lies in."""
        return ObjectPath(self.store, self.key.rpartition("/")[0])

    def relative_to(self, folder: str) -> PurePosixPath:
        """Its way from a folder above it."""
        return PurePosixPath(str(self)).relative_to(folder)

    def is_file(self) -> bool:
        """Whether there is such an object."""
        return self.store.find(self.key) is not None

    def exists(self) -> bool:
        """Whether there is such an object, or one below it."""
        return self.is_file() or self.store.any_below(f"{self.key}/")

    def read_bytes(self) -> bytes:
        """The whole object.

        Raises:
            FileNotFoundError: There is none.
        """
        with self.store.stream(self.key) as file:
            return file.read()


Place = Path | ObjectPath
"""Where a file or folder of ours lies: on the local disk or on S3."""


def folders(place: Place) -> set[str]:
    """The names of the folders in a folder; none where there is no such folder."""
    if isinstance(place, Path):
        return {each.name for each in place.iterdir() if each.is_dir()} if place.is_dir() else set()
    return place.store.folders(f"{place.key}/")


def missing(files: list[Place]) -> Place | None:
    """The first of these files that is not there; a folder on S3 is listed once, however many files of it are asked for."""
    listed: dict[ObjectPath, set[str]] = {}
    for file in files:
        if isinstance(file, Path):
            there = file.is_file()
        else:
            folder = file.parent
            if folder not in listed:
                listed[folder] = file.store.names(f"{folder.key}/")
            there = file.key in listed[folder]
        if not there:
            return file
    return None
