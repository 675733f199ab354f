"""Finds the line on which a key stands in the text of a settings file, so that a complaint about the key can name it.

The parser tells no lines, so it is asked for ever longer beginnings of the text: the key stands where it first appears.
"""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

_PLACE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")
_TWICE = re.compile(r"Cannot declare \((?P<names>.*)\) twice")


def line_of(text: str, key: Sequence[str]) -> int | None:
    """The line, from 1, on which a key's value begins, or the table that should have the key.

    Args:
        text: A whole TOML document.
        key: The key's parts; a number stands for a place in a list. None is returned for no parts, and where even the
            first is not in the text.
    """
    lines = tuple(text.split("\n"))
    present = max((length for length in range(len(key) + 1) if _has(text, key[:length])), default=0)
    if not present:
        return None
    ends = bisect_left(range(len(lines)), 1, key=lambda count: _appears(lines, count, key[:present]))
    return 1 + len(_whole(lines, ends - 1))


def not_toml(text: str, error: tomllib.TOMLDecodeError) -> tuple[int, str]:
    """The line on which a text stops being TOML, and what is wrong there with the mend."""
    said = str(error)
    found = _PLACE.search(said)
    line = int(found["line"]) if found and found["line"] else text.rstrip().count("\n") + 1
    said = _PLACE.sub("", said)
    if twice := _TWICE.fullmatch(said):
        names = re.findall("'([^']*)'", twice["names"])
        first = line_of("\n".join(text.split("\n")[: line - 1]), names)
        return line, (
            f"[{'.'.join(names)}] stands on line {first} already: give each table a name of its own, or make them one"
        )
    if said == "Cannot overwrite a value":
        return line, "this key stands twice in its table: keep one of them"
    return line, f"this is not valid TOML ({said}): text stands in quotes, a table's name in [brackets]"


def _appears(lines: tuple[str, ...], count: int, key: Sequence[str]) -> int:
    """1 where the first lines, as far as they are whole, have the key."""
    return int(_has("\n".join(_whole(lines, count)), key))


def _whole(lines: tuple[str, ...], count: int) -> tuple[str, ...]:
    """The most of the first lines that are a document, without a value that goes on below them."""
    while count > 0 and _parsed("\n".join(lines[:count])) is None:
        count -= 1
    return lines[:count]


def _has(text: str, key: Sequence[str]) -> bool:
    found: Any = _parsed(text)
    for part in key:
        if isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        elif isinstance(found, dict) and part in found:
            found = found[part]
        else:
            return False
    return True


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
