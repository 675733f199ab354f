"""The keys that our files are sealed with: named in the settings, read from the environment, told apart by an id.

One key is written with; those before it are still read with, so that a key can be changed while old files are there.
"""

import base64
import binascii
import logging
import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from secrets import token_bytes

from audience_assets.errors import SettingsError, StateError
from audience_assets.secret import Secret

logger = logging.getLogger(__name__)

KEY_BYTES = 32
ID_BYTES = 8
ID_PURPOSE = b"audience-assets key id"
MAKE_ONE = "audience-assets key prints a new one, and so does openssl rand -base64 32"


@dataclass(frozen=True, slots=True)
class Key:
    """A key of 32 bytes, and the id by which a file names it; the id says nothing of the key."""

    secret: bytes = field(repr=False)
    id: bytes


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys themselves: the one to write with, if there is one, and those to read with."""

    current: Key | None
    known: dict[bytes, Key] = field(repr=False)

    def named(self, key_id: bytes, file: str) -> Key:
        """The key that a file names.

        Raises:
            StateError: It is not among ours.
        """
        if (key := self.known.get(key_id)) is None:
            raise StateError(
                f"{file} is sealed with a key that is not set: add that key to encryption_keys_before, or restore "
                "encryption_key"
            )
        return key


@dataclass(frozen=True, slots=True)
class Keys:
    """The names of the keys, which may cross to other processes and machines; the keys are read there.

    Attributes:
        current: Seals what is written; without one nothing is sealed, and what was sealed before can still be read.
        before: Keys of earlier times, to read with.
    """

    current: Secret | None = None
    before: tuple[Secret, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.current or self.before)

    def ring(self) -> KeyRing:
        """The keys themselves.

        Raises:
            SettingsError: A variable is not set, or what it holds is no key.
        """
        current = None if self.current is None else _key(self.current.value(), self.current.env)
        earlier = [_key(each.value(), each.env) for each in self.before]
        return KeyRing(current, {key.id: key for key in (*earlier, *([current] if current else []))})


NO_KEYS = Keys()


@cache
def warn_of_clear_text() -> None:
    """Say, once in a process, that what is written can be read by whoever gets at the disk."""
    logger.warning(
        "encryption_key is not set: customers' records, their digests and the state are written as they are. Set it, or put "
        "state_dir on an encrypted disk; %s",
        MAKE_ONE,
    )


def new_key() -> str:
    """A new key from the operating system's random numbers, as base64."""
    return base64.b64encode(token_bytes(KEY_BYTES)).decode()


@lru_cache(maxsize=8)
def _key(text: str, variable: str) -> Key:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - only where a key is set
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    secret = _decoded(text.strip())
    if len(secret) != KEY_BYTES:
        raise SettingsError(
            f"the environment variable {variable} is not a key of {KEY_BYTES} bytes as base64 or hex: {MAKE_ONE}"
        )
    return Key(secret, HKDF(SHA256(), ID_BYTES, salt=None, info=ID_PURPOSE).derive(secret))


def _decoded(text: str) -> bytes:
    """The bytes; none where it is neither base64, of either alphabet, nor hex."""
    if re.fullmatch(f"[0-9A-Fa-f]{{{2 * KEY_BYTES}}}", text):
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except (binascii.Error, ValueError):
        return b""
