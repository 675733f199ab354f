"""Sealed files: encrypted and authenticated chunk by chunk, written once from front to back, read from anywhere.

A file is a header (magic, version, key id, salt) and chunks of 64 KiB, each AES-256-GCM under a key that HKDF-SHA256
derives for this file alone, with the header bound to it. A chunk's nonce is its number and a mark on the last one: the
STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance, CRYPTO 2015), as the age and Tink formats use it. So a chunk that was changed, moved, taken from another
file or cut off is refused and never returned.
"""

import io
import os
from pathlib import Path
from typing import IO, Any, cast

from audience_assets.errors import StateError
from audience_assets.storage.keys import ID_BYTES, Key, KeyRing
from audience_assets.storage.shared_file import Bytes, OnDisk, SharedFile

MAGIC = b"AUDSEAL"
VERSION = b"\x01"
SALT_BYTES = 32
HEADER_BYTES = len(MAGIC) + len(VERSION) + ID_BYTES + SALT_BYTES
CHUNK = 64 * 1024
"""Smaller chunks are slower to seal, larger ones are no faster, and a small read opens a whole one."""
TAG = 16
SEALED_CHUNK = CHUNK + TAG
PRIVATE = 0o600


def is_sealed(start: bytes) -> bool:
    """Whether a file that begins so is a sealed one."""
    return start.startswith(MAGIC)


class SealedWriter(io.RawIOBase):
    """A new sealed file that only its owner can read; whole once it is closed."""

    def __init__(self, path: str | Path, key: Key) -> None:
        salt = os.urandom(SALT_BYTES)
        header = MAGIC + VERSION + key.id + salt
        self._cipher = _cipher(key, header)
        self._number = 0
        self._waiting = bytearray()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
        self._file = os.fdopen(handle, "wb", buffering=0)
        self._send(header)

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """How many bytes were written."""
        return self._number * CHUNK + len(self._waiting)

    def write(self, content: Any) -> int:
        """Append bytes; the last chunk waits, because only the end tells that it is the last."""
        self._waiting += content
        if ready := max(0, len(self._waiting) - 1) // CHUNK:
            with memoryview(self._waiting) as waiting:
                chunks = [
                    self._sealed(waiting[at : at + CHUNK], last=False)
                    for at in range(0, ready * CHUNK, CHUNK)
                ]
            self._send(b"".join(chunks))
            del self._waiting[: ready * CHUNK]
        return len(content)

    def close(self) -> None:
        """Write the last chunk."""
        if self.closed:
            return
        try:
            self._send(self._sealed(self._waiting, last=True))
        finally:
            self._file.close()
            super().close()

    def _sealed(self, chunk: bytearray | memoryview, *, last: bool) -> bytes:
        sealed: bytes = self._cipher.encrypt(_nonce(self._number, last=last), chunk, None)
        self._number += 1
        return sealed

    def _send(self, content: bytes) -> None:
        left = memoryview(content)
        while left:
            left = left[self._file.write(left) or 0 :]


class Unsealed:
    """What a sealed file holds, chunks opened as they are asked for; the end is looked at first, so that none is missing."""

    def __init__(self, content: Bytes, ring: KeyRing, name: str) -> None:
        self._content, self._name = content, name
        header = content.read_at(0, HEADER_BYTES)
        if header[len(MAGIC) : len(MAGIC) + 1] != VERSION or len(header) < HEADER_BYTES:
            raise self._damaged()
        start = len(MAGIC) + len(VERSION)
        self._cipher = _cipher(ring.named(header[start : start + ID_BYTES], name), header)
        body = content.size - HEADER_BYTES
        self._chunks = -(-body // SEALED_CHUNK)
        self.size = body - self._chunks * TAG
        if self._chunks == 0 or body - (self._chunks - 1) * SEALED_CHUNK < TAG:
            raise self._damaged()
        self._last = self._opened(self._chunks - 1, self._chunks)

    def read_at(self, start: int, size: int) -> bytes:
        """So many bytes from a place on, fewer at the end.

        Raises:
            StateError: A chunk that holds some of them is not as it was written.
        """
        size = max(0, min(size, self.size - start))
        if not size:
            return b""
        first, end = start // CHUNK, (start + size - 1) // CHUNK + 1
        found = self._opened(first, end) if first < self._chunks - 1 else self._last
        return found[start - first * CHUNK : start - first * CHUNK + size]

    def close(self) -> None:
        """Close the file."""
        self._content.close()

    def _opened(self, first: int, end: int) -> bytes:
        """The plain bytes of chunks, read in one piece."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - only where a key is set

        sealed = self._content.read_at(HEADER_BYTES + first * SEALED_CHUNK, (end - first) * SEALED_CHUNK)
        opened = []
        with memoryview(sealed) as whole:
            for number in range(first, end):
                at = (number - first) * SEALED_CHUNK
                nonce = _nonce(number, last=number == self._chunks - 1)
                try:
                    opened.append(self._cipher.decrypt(nonce, whole[at : at + SEALED_CHUNK], None))
                except (InvalidTag, ValueError):
                    raise self._damaged() from None
        return opened[0] if len(opened) == 1 else b"".join(opened)

    def _damaged(self) -> StateError:
        return StateError(
            f"{self._name} is sealed and was changed or cut off, or its key is another one: restore it from a backup, or "
            "materialize its asset for that day again"
        )


def created(path: Path, ring: KeyRing) -> IO[bytes]:
    """A new file to write that only its owner can read, sealed where there is a key to seal with."""
    if ring.current is not None:
        return cast("IO[bytes]", SealedWriter(path, ring.current))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb")


def opened(content: Bytes, ring: KeyRing, name: str) -> SharedFile:
    """A file to read, whether it is sealed or was written before there was a key.

    Raises:
        StateError: It is sealed and damaged, or sealed with a key that is not among these.
    """
    if not is_sealed(content.read_at(0, len(MAGIC))):
        return SharedFile(content)
    try:
        return SharedFile(Unsealed(content, ring, name))
    except BaseException:
        content.close()
        raise


def opened_on_disk(path: Path, ring: KeyRing) -> SharedFile:
    """The same for a file of this machine."""
    return opened(OnDisk(str(path)), ring, str(path))


def _cipher(key: Key, header: bytes) -> Any:
    """The cipher of one file; another header, and so another salt or key id, gives another key."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - only where a key is set
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    return AESGCM(HKDF(SHA256(), len(key.secret), salt=header[-SALT_BYTES:], info=header).derive(key.secret))


def _nonce(number: int, *, last: bool) -> bytes:
    """Eleven bytes of the chunk's number, and one that marks the last chunk."""
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
