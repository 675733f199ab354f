"""Reads an uploaded file: one identifier a line, or a header and a row of several a person.

Nothing here goes through the rows in Python where a whole file can be looked at in one step: a file has up to a
million lines.
"""

import re
from binascii import unhexlify
from collections.abc import Sequence

from audience_assets.sandbox.tiktok.answers import FILE_EMPTY, FILE_INVALID, NOT_HASHED, TikTokError
from audience_assets.sandbox.tiktok.cells import (
    DEVICE,
    DIGEST_OF_NOTHING,
    EMAIL,
    PHONE,
    PLAIN_DEVICE,
    SEVERAL,
    SINGLE_KINDS,
    Kind,
)

COLUMNS = {kind.column.encode(): kind for kind in (EMAIL, PHONE, DEVICE)}
ORDER = (EMAIL, PHONE, DEVICE)
MOST_OF_A_HEADER = 3

_HEX = b"0123456789abcdef"
_DEVICE_ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_DEVICE_ID_LENGTH = 36


def read_file(content: bytes, calculate_type: str) -> list[bytes]:
    """The packed rows of a file.

    Raises:
        TikTokError: It is empty (40906), malformed (40915), or has a value that is not hashed (40062).
    """
    if not content.strip():
        raise TikTokError(FILE_EMPTY, "The file is empty")
    if DIGEST_OF_NOTHING in content:
        raise _not_hashed("the digest of an empty value")
    lines = content.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b"\n")
    if calculate_type == SEVERAL:
        return _several(lines[0].split(b","), lines[1:])
    return _single(lines, SINGLE_KINDS[calculate_type])


def _single(lines: Sequence[bytes], kind: Kind) -> list[bytes]:
    """One identifier a line without a header.

    Source: TikTok, customer file, "Single ID type".
    """
    if b"" in lines:
        raise TikTokError(FILE_INVALID, "The file has an empty line")
    _check_digests(lines, kind)
    tag = kind.tag.hex().encode()
    together, size = unhexlify(tag + tag.join(lines)), 1 + kind.size
    return [together[at : at + size] for at in range(0, len(together), size)]


def _several(header: Sequence[bytes], lines: Sequence[bytes]) -> list[bytes]:
    """A header, and a row a person in which a missing identifier is an empty cell.

    Source: TikTok, customer file, "Multiple ID types"; TikTok's help: a header stands at most three times.
    """
    if any(name not in COLUMNS or header.count(name) > MOST_OF_A_HEADER for name in header):
        raise TikTokError(FILE_INVALID, "The header of the file is not one of email_SHA256,phone_SHA256,MAID")
    if not lines:
        raise TikTokError(FILE_EMPTY, "The file has a header only")
    commas = b"," * (len(header) - 1)
    if commas in lines:
        raise TikTokError(FILE_INVALID, "The file has a row whose cells are all empty")
    if {line.count(b",") for line in lines} != {len(commas)}:
        raise TikTokError(FILE_INVALID, "The file has a row with more or fewer cells than its header")
    cells = b",".join(lines).split(b",")
    columns = [(COLUMNS[name], cells[at :: len(header)]) for at, name in enumerate(header)]
    columns.sort(key=lambda column: ORDER.index(column[0]))
    return list(map(b"".join, zip(*(_packed(*column) for column in columns), strict=True)))


def _packed(kind: Kind, cells: Sequence[bytes]) -> list[bytes]:
    if kind is DEVICE:
        _check_digests([cell for cell in cells if cell and not _DEVICE_ID(cell)], kind)
        return [_packed_device(cell) for cell in cells]
    _check_digests([cell for cell in cells if cell], kind)
    return [kind.tag + unhexlify(cell) if cell else b"" for cell in cells]


def _packed_device(cell: bytes) -> bytes:
    if len(cell) == _DEVICE_ID_LENGTH:
        return PLAIN_DEVICE.tag + unhexlify(cell.replace(b"-", b""))
    return DEVICE.tag + unhexlify(cell) if cell else b""


def _check_digests(values: Sequence[bytes], kind: Kind) -> None:
    """Check that every value is a digest of the kind's length in lower-case hex."""
    if values and (set(map(len, values)) != {kind.digits} or b"".join(values).translate(None, _HEX)):
        raise _not_hashed("a value that is not a digest in lower-case hex")


def _not_hashed(what: str) -> TikTokError:
    return TikTokError(NOT_HASHED, f"The file has {what}")
