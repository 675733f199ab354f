"""A file that DuckDB's threads read together: they share one handle, and between one's seek and its read another may seek.

So every thread has a position of its own here, as fsspec's and pyarrow's files have not.
"""

import io
import os
from threading import get_ident
from typing import Any, Protocol

LARGEST_READ = 1 << 30
"""Bytes; one call of the operating system reads no more than 2 GB."""


class Bytes(Protocol):
    """Bytes that lie somewhere and never change."""

    @property
    def size(self) -> int:
        """How many there are."""
        ...

    def read_at(self, start: int, size: int) -> bytes:
        """So many bytes from a place on, fewer at the end."""
        ...

    def close(self) -> None:
        """Let go of them."""
        ...


class OnDisk:
    """The bytes of a file of this machine."""

    def __init__(self, path: str) -> None:
        self._file = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115 - closed by close
        self.size = os.fstat(self._file.fileno()).st_size

    def read_at(self, start: int, size: int) -> bytes:
        """So many bytes from a place on, fewer at the end."""
        found = []
        while size > 0 and (piece := os.pread(self._file.fileno(), min(size, LARGEST_READ), start)):
            found.append(piece)
            start, size = start + len(piece), size - len(piece)
        return found[0] if len(found) == 1 else b"".join(found)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class OnS3:
    """The bytes of an object, as pyarrow's S3 client reads them."""

    def __init__(self, filesystem: Any, path: str) -> None:
        self._file = filesystem.open_input_file(path)
        self.size = int(self._file.size())

    def read_at(self, start: int, size: int) -> bytes:
        """So many bytes from a place on, fewer at the end."""
        found: bytes = (
            self._file.read_at(max(0, min(size, self.size - start)), start) if start < self.size else b""
        )
        return found

    def close(self) -> None:
        """Close the object."""
        self._file.close()


class SharedFile(io.RawIOBase):
    """Bytes as a file to read, with a position for each thread."""

    def __init__(self, content: Bytes) -> None:
        self._content = content
        self._positions: dict[int, int] = {}

    @property
    def size(self) -> int:
        """How many bytes it has."""
        return self._content.size

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where this thread is."""
        return self._positions.get(get_ident(), 0)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self.size}[whence]
        self._positions[get_ident()] = start + offset
        return start + offset

    def read(self, size: int | None = -1) -> bytes:
        """So many bytes from where this thread is, all of the rest without a number."""
        start = self.tell()
        left = max(0, self.size - start)
        found = self._content.read_at(start, left if size is None or size < 0 else min(size, left))
        self.seek(start + len(found))
        return found

    def close(self) -> None:
        """Let go of the bytes."""
        if not self.closed:
            self._content.close()
        super().close()
