"""Deterministic corpora of raw values and rows: the same for the same seed on every Python."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from audience_assets_tests.reference import corpus_fields, corpus_phones
from audience_assets_tests.reference.corpus_unicode import fuzz, hexadecimal, mutate, white
from audience_assets_tests.reference.unicode14 import assigned

if TYPE_CHECKING:
    from collections.abc import Iterator

Raw = str | list[str] | None

FIELDS: Final = tuple(corpus_fields.WRITERS)
COLUMNS: Final = (*FIELDS, "consent_vtex_ads", "consent_tiktok", "consent_meta")


def values(field: str, count: int, seed: int) -> list[Raw]:
    """Raw values of a column: about 55 in 100 realistic, 25 mutated, 14 fuzzed, the rest digests and blanks."""
    rng = Random(f"{field} {seed}")  # noqa: S311
    return [_value(rng, field) for _ in range(count)]


def records(count: int, seed: int) -> list[dict[str, Raw]]:
    """Raw rows with every column, mostly realistic; a tenth of the phones are foreign in a row of their country."""
    rng = Random(f"records {seed}")  # noqa: S311
    return [_record(rng) for _ in range(count)]


def every_code_point() -> Iterator[str]:
    """Every code point that Unicode 14 assigns, but NUL and surrogates, between two letters."""
    return (f"a{chr(code)}b" for code in assigned())


def _writer_field(field: str) -> str:
    return "consent" if field.startswith("consent_") else field


def _value(rng: Random, field: str) -> Raw:
    chance = rng.random()
    realistic = corpus_fields.WRITERS[_writer_field(field)](rng)
    if chance < 0.55:
        return realistic
    if chance < 0.80:
        return (
            [mutate(rng, element) for element in realistic]
            if isinstance(realistic, list)
            else mutate(rng, realistic)
        )
    if chance < 0.94:
        return [fuzz(rng) for _ in range(3)] if isinstance(realistic, list) else fuzz(rng)
    if chance < 0.97:
        return [hexadecimal(rng)] if isinstance(realistic, list) else white(rng) + hexadecimal(rng)
    blank = rng.choice((None, "", " ", white(rng), "\u200b", "\ufeff \u00a0"))
    return [blank or "", ""] if isinstance(realistic, list) else blank


def _record(rng: Random) -> dict[str, Raw]:
    row: dict[str, Raw] = {}
    for column in COLUMNS:
        chance = rng.random()
        if chance < 0.75:
            row[column] = corpus_fields.WRITERS[_writer_field(column)](rng)
        elif chance < 0.85:
            row[column] = None
        else:
            row[column] = _value(rng, column)
    chance = rng.random()
    if chance < 0.30:
        row["phone"], row["country"] = corpus_phones.foreign(rng)
    elif chance < 0.75:
        row["country"] = rng.choice(("BR", "Brasil", "brazil", "BRA", None, ""))
        row["phone"] = corpus_phones.brazilian(rng)
    return row
