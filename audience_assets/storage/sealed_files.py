"""DuckDB's way to sealed files: file systems that seal what it writes and open what it reads, so that nothing lies in clear.

They are registered on connections whose settings have a key. A file that is not sealed, from before there was a key, is
read as it is.
"""

from pathlib import Path
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from audience_assets.storage import sealed
from audience_assets.storage.keys import KeyRing
from audience_assets.storage.s3_reading import S3Reading
from audience_assets.storage.shared_file import OnDisk, OnS3, SharedFile

ON_DISK = "sealed"
ON_S3 = "sealed-s3"


class SealedOnDisk(LocalFileSystem):  # type: ignore[misc]  # fsspec ships no types
    """Files of this machine, drafts of a state on S3 among them."""

    protocol = ON_DISK
    cachable = False

    def __init__(self, ring: KeyRing) -> None:
        super().__init__()
        self._ring = ring

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(each) for each in path]
        return str(path).removeprefix(f"{cls.protocol}://")

    def open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        """A file to read, or a new one to write."""
        name = self._strip_protocol(path)
        if mode == "rb":
            return sealed.opened(OnDisk(name), self._ring, name)
        return sealed.created(Path(name), self._ring)

    def glob(self, path: str, **_: Any) -> list[str]:
        """The file itself: no sign in its name stands for others."""
        name = self._strip_protocol(path)
        return [name] if Path(name).is_file() else []

    def size(self, path: str) -> int:
        """How many bytes it holds once it is opened."""
        with self.open(path) as file:
            return int(file.size)

    def mkdir(self, path: str, create_parents: bool = True, **_: Any) -> None:  # noqa: FBT001, FBT002 - fsspec's
        """A folder that only its owner can read."""
        Path(self._strip_protocol(path)).mkdir(mode=0o700, parents=create_parents)


class SealedOnS3(S3Reading):
    """Objects of the state's bucket; written ones were sealed on this machine."""

    protocol = ON_S3

    def __init__(self, client: Any, ring: KeyRing) -> None:
        super().__init__(client)
        self._ring = ring
        self._sizes: dict[str, int] = {}

    def open(self, path: str, mode: str = "rb", **_: Any) -> SharedFile:
        """An object to read."""
        if mode != "rb":
            raise NotImplementedError("nothing is written to S3 in this way")
        key = self._strip_protocol(path)
        file = sealed.opened(OnS3(self.fs, key), self._ring, f"s3://{key}")
        self._sizes[key] = file.size
        return file

    def size(self, path: str) -> int:
        """How many bytes it holds once it is opened; DuckDB asks after it opened it, and objects never change."""
        key = self._strip_protocol(path)
        if key not in self._sizes:
            self.open(path).close()
        return self._sizes[key]
