"""Text as docs/fields.md defines it: format characters, NFC, white space, and the comparison of words."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# General category Cf of Unicode 15.1, as published. The running Python may know an older or newer Unicode.
FORMAT_RANGES: Final = (
    (0x00AD, 0x00AD),
    (0x0600, 0x0605),
    (0x061C, 0x061C),
    (0x06DD, 0x06DD),
    (0x070F, 0x070F),
    (0x0890, 0x0891),
    (0x08E2, 0x08E2),
    (0x180E, 0x180E),
    (0x200B, 0x200F),
    (0x202A, 0x202E),
    (0x2060, 0x2064),
    (0x2066, 0x206F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
    (0x110BD, 0x110BD),
    (0x110CD, 0x110CD),
    (0x13430, 0x1343F),
    (0x1BCA0, 0x1BCA3),
    (0x1D173, 0x1D17A),
    (0xE0001, 0xE0001),
    (0xE0020, 0xE007F),
)
FORMAT: Final = frozenset(chr(code) for first, last in FORMAT_RANGES for code in range(first, last + 1))

WHITE_RANGES: Final = (
    (0x0009, 0x000D),
    (0x001C, 0x0020),
    (0x0085, 0x0085),
    (0x00A0, 0x00A0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
)
WHITE: Final = "".join(chr(code) for first, last in WHITE_RANGES for code in range(first, last + 1))

_DIGEST: Final = re.compile(r"[0-9A-Fa-f]{64}")


def text(value: str | None) -> str:
    """The value as text: no format characters, NFC, trimmed. Empty when blank."""
    if value is None:
        return ""
    kept = "".join(character for character in value if character not in FORMAT)
    return unicodedata.normalize("NFC", kept).strip(WHITE)


def without_white_space(value: str) -> str:
    return "".join(character for character in value if character not in WHITE)


def word(value: str) -> str:
    """The form in which words are compared: no accents (general category M), case, dots, hyphens, white space."""
    letters = "".join(c for c in unicodedata.normalize("NFD", value) if unicodedata.category(c)[0] != "M")
    return without_white_space(letters.lower()).replace(".", "").replace("-", "")


def is_digest(value: str) -> bool:
    return _DIGEST.fullmatch(value) is not None
