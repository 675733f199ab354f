"""The identifiers of customers, packed into few bytes: one for the kind, and the digest or device id itself."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

DIGEST_OF_NOTHING = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class Kind(NamedTuple):
    """One kind of identifier.

    Attributes:
        tag: the first byte of its packed form.
        column: its header in a file of several types.
        size: bytes that follow the tag.
    """

    tag: bytes
    column: str
    size: int

    @property
    def digits(self) -> int:
        """How long it is in hex."""
        return 2 * self.size


EMAIL = Kind(b"e", "email_SHA256", 32)
PHONE = Kind(b"p", "phone_SHA256", 32)
DEVICE = Kind(b"d", "MAID", 32)
DEVICE_MD5 = Kind(b"5", "MAID", 16)
PLAIN_DEVICE = Kind(b"u", "MAID", 16)
"""A device id that was not hashed; only files of several types may have it."""

SEVERAL = "MULTIPLE_TYPES"
SINGLE_KINDS = {
    "EMAIL_SHA256": EMAIL,
    "PHONE_SHA256": PHONE,
    **dict.fromkeys(("FIRST_SHA256", "MAID_SHA256", "IDFA_SHA256", "GAID_SHA256"), DEVICE),
    **dict.fromkeys(("FIRST_MD5", "MAID_MD5", "IDFA_MD5", "GAID_MD5"), DEVICE_MD5),
}
"""By `calculate_type`."""

_BY_TAG = {kind.tag: kind for kind in (EMAIL, PHONE, DEVICE, DEVICE_MD5, PLAIN_DEVICE)}


def packed_columns(row: bytes) -> Iterator[bytes]:
    """The packed identifiers in a packed row, which is nothing but one behind the other."""
    at = 0
    while at < len(row):
        end = at + 1 + _BY_TAG[row[at : at + 1]].size
        yield row[at:end]
        at = end


def identifiers_of(rows: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """The identifiers in packed rows, as (column, value)."""
    return (_readable(cell) for row in rows for cell in packed_columns(row))


def _readable(cell: bytes) -> tuple[str, str]:
    kind, value = _BY_TAG[cell[:1]], cell[1:]
    return kind.column, str(UUID(bytes=value)) if kind is PLAIN_DEVICE else value.hex()
