"""Untidy text in general: blanks, case, decomposed letters, invisible characters, repeats, and ways to say nothing."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from audience_assets.synthetic.people import likely, pick
from audience_assets.synthetic.truth import clean_text

if TYPE_CHECKING:
    from random import Random

NO_BREAK_SPACE: Final = "\u00a0"
BLANKS: Final = ("", "", "   ", NO_BREAK_SPACE)
FORMAT_CHARACTERS: Final = ("\u200b", "\u00ad")


def missing(random: Random, bad_value: str | None = None) -> str | None:
    """How an unknown value stands in the extract: null, blank, or a bad value where the field has any."""
    if likely(random, 0.45):
        return None
    return bad_value if bad_value is not None and likely(random, 0.6) else pick(random, BLANKS)


def untidy_name(random: Random, name: str | None) -> str | None:
    """Case, blanks, decomposed letters and now and then a format character."""
    if name is None:
        return missing(random)
    if likely(random, 0.5):
        return name
    text = pick(random, name_renderings(name))
    return with_format_character(random, text) if likely(random, 0.02) else text


@lru_cache(maxsize=4096)
def name_renderings(name: str) -> tuple[str, ...]:
    """Every way this name is written; upper case only where lowering it gives the same name (not for ß)."""
    cases = (name, name.lower(), name.upper(), name.title())
    ways = [
        way for case in cases for way in (case, f" {case}", f"{case}  ", unicodedata.normalize("NFD", case))
    ]
    ways += [case.replace(" ", blank) for case in cases for blank in ("  ", NO_BREAK_SPACE, "\u3000")]
    ways += [f"{NO_BREAK_SPACE}{name}", f"{name.upper()}{NO_BREAK_SPACE}"]
    return tuple(dict.fromkeys(way for way in ways if clean_text(way) == clean_text(name)))


def untidy_place(random: Random, place: str | None) -> str | None:
    """Outer blanks and decomposed letters; the case is part of the value."""
    if place is None:
        return missing(random)
    if likely(random, 0.85):
        return place
    return pick(random, (unicodedata.normalize("NFD", place), f" {place} ", f"{place}{NO_BREAK_SPACE}"))


def untidy_list(random: Random, elements: tuple[str, ...]) -> list[str]:
    """Blanks around elements, blank elements, and repeats that stand after the first."""
    if likely(random, 0.7):
        return list(elements)
    ways = (
        [f" {element} " for element in elements],
        [*elements, f"{elements[0]} "],
        [elements[0], "", *elements[1:], " "],
    )
    return pick(random, ways)


def with_format_character(random: Random, text: str) -> str:
    """The text with a zero-width space or a soft hyphen inside."""
    place = int(random.random() * len(text))
    return f"{text[:place]}{pick(random, FORMAT_CHARACTERS)}{text[place:]}"


def without_accents(text: str) -> str:
    """The text without its combining marks."""
    return "".join(
        letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter)
    )
