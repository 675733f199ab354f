"""Odd text for the corpora: every plane, marks in any order, sigmas, jamo, white space, format and control characters."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import TYPE_CHECKING, Final

from audience_assets_tests.reference.text import FORMAT, WHITE
from audience_assets_tests.reference.unicode14 import assigned, planes

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

FORMATS: Final = "".join(sorted(FORMAT))
CONTROLS: Final = "".join(chr(code) for code in (*range(1, 0x20), *range(0x7F, 0xA0)))
ACCENTS: Final = "\u0300\u0301\u0302\u0303\u0304\u0307\u0308\u030a\u030c\u0323\u0327\u0328\u0331\u0338\u0345"
SIGMA: Final = "\u03a3"
# What may stand around a sigma: letters, case-ignorable characters, digits, blanks, the other sigmas, nothing.
AROUND_SIGMA: Final[tuple[str, ...]] = (
    *"\u0391\u0392\u039f\u03b1\u03b2\u03bfAa1 -_@;/()!\u3000\u00df\u0130\u4e2d\u05d0",
    *(SIGMA, "\u03c3", "\u03c2", "\u03f9", "\u03f2", "\u1fb3", "\u02b0", "\u00aa", "\u24b6", "\u2160"),
    *(
        "'",
        ".",
        ":",
        "^",
        "`",
        "\u00a8",
        "\u00ad",
        "\u00af",
        "\u00b4",
        "\u00b7",
        "\u00b8",
        "\u2019",
        "\u2018",
        "\u2024",
        "\u2027",
    ),
    *(
        "\u0301",
        "\u0308",
        "\u0345",
        "\u200b",
        "\u200d",
        "\u02bc",
        "\u0387",
        "\ufe13",
        "\uff07",
        "\uff0e",
        "\U0001f3fb",
    ),
    *("\U00010400", "\U00010428", "\U0001e900", "\U0001d7ca", "\U000104b0", "\U000e0101", ""),
)
# Letters whose lower or upper case or normal form is special.
SPECIAL: Final[tuple[str, ...]] = (
    *"IiJjKkSs\u0130\u0131\u017f\u00df\u1e9e\u0149\u01c4\u01c5\u01c6\u01f0\u0390\u03b0\u0587\u1e96\u1e97\u1fb3\u1fbc\u1ffc",
    *"\u212a\u212b\u2126\u037e\u0387\u1fef\u0340\u0341\u0343\u0344\u0374\u1f71\u0958\u0f43\u2000\u2001\u2329\u232a",
    *"\ufb01\ufb06\ufb13\ufb1d\ufb2c\uf900\ufa0e\u2adc\u23ff\uff21\uff41\u24b6\u2160\u2c00\u10a0\u10d0\u1c90\u13a0\uab70",
    *(
        "I\u0307",
        "i\u0307",
        "I\u0328\u0301",
        "\u012e\u0301",
        "J\u0301",
        "J\u030c",
        "\u00cc",
        "\u0128",
        "H\u0331",
        "W\u030a",
    ),
    *(
        "\u0152",
        "\u00d8",
        "\u0141",
        "\u0110",
        "\u1e9b\u0323",
        "\U0001d15e",
        "\U0001d1bb",
        "\U000110ab",
        "\U0002f800",
    ),
    *(
        "s\u0323\u0307",
        "s\u0307\u0323",
        "\u1e63\u0307",
        "\u1e0b\u0323",
        "e\u0301\u0327",
        "e\u0327\u0301",
        "\u00ea\u0323",
    ),
)
# Scripts with case beyond the first plane: Deseret, Osage, Vithkuqi, Old Hungarian, Warang Citi, Medefaidrin, Adlam.
ASTRAL_CASE: Final = "".join(
    chr(code)
    for first, last in (
        (0x10400, 0x1044F),
        (0x104B0, 0x104D3),
        (0x104D8, 0x104FB),
        (0x10570, 0x1057A),
        (0x10C80, 0x10CB2),
        (0x118A0, 0x118DF),
        (0x16E40, 0x16E7F),
        (0x1E900, 0x1E943),
    )
    for code in range(first, last + 1)
)
EMOJI: Final = (
    "\U0001f600",
    "\U0001f468\u200d\U0001f469",
    "\u2764\ufe0f",
    "\U0001f1e7\U0001f1f7",
    "#\ufe0f\u20e3",
)
GREEK: Final = (
    "\u039f\u0394\u03a5\u03a3\u03a3\u0395\u03a5\u03a3",
    "\u03a3\u039f\u03a6\u039f\u03a3",
    "\u039d\u0399\u039a\u039f\u03a3",
)


@cache
def marks() -> str:
    """Every character with a combining class, which is what makes normal forms reorder."""
    return "".join(chr(code) for code in assigned() if unicodedata.combining(chr(code)))


def any_character(rng: Random) -> str:
    return chr(rng.choice(rng.choice(planes())))


def combined(rng: Random) -> str:
    """A base with up to four marks in any order."""
    base = rng.choice("aeioucnAEIOUCNsSgG\u00e1\u00c9\u1e69\u0391\u03b7\u0643\u0915\u3042\uac00")
    return base + "".join(rng.choice(rng.choice((ACCENTS, marks()))) for _ in range(rng.randint(1, 4)))


def jamo(rng: Random) -> str:
    lead, vowel, tail = 0x1100 + rng.randrange(19), 0x1161 + rng.randrange(21), 0x11A7 + rng.randrange(28)
    syllable = 0xAC00 + ((lead - 0x1100) * 21 + vowel - 0x1161) * 28
    parts = (
        (lead, vowel),
        (lead, vowel, tail),
        (syllable, tail),
        (lead, tail),
        (vowel,),
        (syllable, vowel),
        (lead, 0x0301, vowel),
    )
    return "".join(map(chr, rng.choice(parts)))


def sigmas(rng: Random) -> str:
    """One or two sigmas with something on every side of them."""
    around = [rng.choice(AROUND_SIGMA) for _ in range(rng.randint(1, 5))]
    for _ in range(rng.randint(1, 2)):
        around.insert(rng.randint(0, len(around)), SIGMA)
    return rng.choice((*GREEK, "", "", "")) + "".join(around)


def hexadecimal(rng: Random) -> str:
    """64 hexadecimal digits, or nearly."""
    digits = "".join(rng.choice(rng.choice(("0123456789abcdef", "0123456789ABCDEF"))) for _ in range(64))
    shape = rng.randrange(8)
    if shape == 0:
        return digits[:-1]
    if shape == 1:
        return digits + rng.choice("0g\n ")
    if shape == 2:
        return digits[:30] + rng.choice("g \u200b\uff10") + digits[31:]
    return digits.lower() if shape < 6 else digits


PIECES: Final[tuple[Callable[[Random], str], ...]] = (
    any_character,
    any_character,
    combined,
    jamo,
    sigmas,
    lambda rng: rng.choice(SPECIAL),
    lambda rng: rng.choice(WHITE),
    lambda rng: rng.choice(FORMATS),
    lambda rng: rng.choice(CONTROLS),
    lambda rng: rng.choice(ASTRAL_CASE),
    lambda rng: rng.choice(EMOJI),
    lambda rng: rng.choice("abcXYZ0189.,;:-_/@#+()'\"&?! "),
)


def piece(rng: Random) -> str:
    return rng.choice(PIECES)(rng)


def fuzz(rng: Random) -> str:
    return "".join(piece(rng) for _ in range(rng.randint(1, 10)))


def white(rng: Random) -> str:
    return "".join(rng.choice(WHITE) for _ in range(rng.randint(0, 2)))


def _insert(rng: Random, value: str) -> str:
    place = rng.randint(0, len(value))
    return value[:place] + piece(rng) + value[place:]


def _delete(rng: Random, value: str) -> str:
    place = rng.randrange(len(value) + 1)
    return value[:place] + value[place + 1 :]


def _repeat(rng: Random, value: str) -> str:
    place = rng.randrange(len(value) + 1)
    return value[:place] + value[place : place + 1] * rng.randint(2, 40) + value[place + 1 :]


def _full_width(rng: Random, value: str) -> str:
    offset = rng.choice((0xFF10, 0x0660, 0x0966, 0x1D7CE, 0xFF10))
    return "".join(chr(ord(c) - 0x30 + offset) if "0" <= c <= "9" else c for c in value)


def _marked(rng: Random, value: str) -> str:
    place = rng.randint(0, len(value))
    return value[:place] + "".join(rng.choice(marks()) for _ in range(rng.randint(1, 3))) + value[place:]


def _white_space(rng: Random, value: str) -> str:
    return "".join(rng.choice(WHITE) if c == " " or rng.random() < 0.03 else c for c in value)


MUTATIONS: Final[tuple[Callable[[Random, str], str], ...]] = (
    _insert,
    _insert,
    _delete,
    _repeat,
    _full_width,
    _marked,
    _white_space,
    lambda rng, value: (
        white(rng) + rng.choice(FORMATS) + white(rng) + value + white(rng) + rng.choice(("", *FORMATS))
    ),
    lambda _, value: unicodedata.normalize("NFD", value),
    lambda _, value: value.swapcase() if value.isascii() else value.lower(),
    lambda rng, value: rng.choice(FORMATS).join(value),
    lambda _, value: value[::-1],
    lambda _, value: value + value,
)


def mutate(rng: Random, value: str) -> str:
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        value = rng.choice(MUTATIONS)(rng, value)
    return value
