"""One person's row as Meta keeps it, and the identifiers that stand in it."""

from collections.abc import Iterator
from typing import NamedTuple

STRONG_KEYS = frozenset({"EMAIL", "PHONE", "MADID", "EXTERN_ID", "APPUID", "PAGEUID"})
"""The keys of which one alone identifies a person."""

COMPOSITE = "COMPOSITE"
COMPOSITE_CELLS = 2

Identifier = tuple[str, str | tuple[tuple[str, str], ...]]
"""A strong key and its value, or COMPOSITE and the sorted (key, value) pairs of all other cells."""


class Row(NamedTuple):
    """The cells that are not empty, by key in alphabetical order; rows with equal cells are one member."""

    keys: tuple[str, ...]
    cells: tuple[str, ...]


class Extras(NamedTuple):
    """What a row says besides who the person is."""

    lookalike_value: float | None = None
    processing: tuple[tuple[str, object], ...] = ()


NO_EXTRAS = Extras()


def identifiers_of(row: Row) -> Iterator[Identifier]:
    """The identifiers in a row; a name, place, date or gender identifies only together with another."""
    others: list[tuple[str, str]] = []
    for key, cell in zip(*row, strict=True):
        if key in STRONG_KEYS:
            yield key, cell
        else:
            others.append((key, cell))
    if len(others) >= COMPOSITE_CELLS:
        yield COMPOSITE, tuple(others)


def as_received(row: Row, extras: Extras) -> dict[str, object]:
    """The cells by key, as they were received."""
    cells: dict[str, object] = dict(zip(*row, strict=True))
    if extras.lookalike_value is not None:
        cells["LOOKALIKE_VALUE"] = extras.lookalike_value
    return cells | dict(extras.processing)
