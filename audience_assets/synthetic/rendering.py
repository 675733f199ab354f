"""Messy text for clean values, as it stands in real extracts; every rendering means the same clean value."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from audience_assets.synthetic.people import complete_cpf, likely, pick
from audience_assets.synthetic.untidiness import (
    NO_BREAK_SPACE,
    missing,
    untidy_list,
    untidy_name,
    untidy_place,
    with_format_character,
    without_accents,
)
from audience_assets.synthetic.vocabulary import COUNTRY_WORDS, GENDER_WORDS, STATE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from audience_assets.synthetic.people import Person

Cell = str | list[str] | None
Row = tuple[Cell, ...]

BLANK_IDS: Final = (None, "", "   ")
PHONE_STYLES: Final = (
    "({area}) {dashed}",
    "({area}) {dashed}",
    "{area}{local}",
    "{area}{local}",
    "+55{area}{local}",
    "+55 {area} {dashed}",
    "55{area}{local}",
    "0055 {area} {dashed}",
    "0{area} {dashed}",
    "({area})\u00a0{dashed}",
    "+55\u00a0{area}\u00a0{dashed}",
)
_LANDLINE_LENGTH: Final = 8
_SHORTEST_CPF: Final = 8


def email(random: Random, person: Person) -> str | None:
    """Blanks, upper case, no-break spaces; bad: no @ in it, or hashed already."""
    text = person.email
    if text is None:
        bad = f"{person.customer_id.lower()}.example.com"
        return missing(random, bad if likely(random, 0.7) else f"{random.getrandbits(256):064x}")
    if likely(random, 0.65):
        return text
    ways = (
        text.upper(),
        f"  {text.title()} ",
        f"{text}{NO_BREAK_SPACE}",
        text.replace("@", f" @{NO_BREAK_SPACE}"),
        unicodedata.normalize("NFD", text),
        with_format_character(random, text),
    )
    return pick(random, ways)


def phone(random: Random, person: Person) -> str | None:
    """National and international ways of writing, extensions of landlines; bad: no area code."""
    number = person.phone
    if number is None:
        bad = pick(random, ("98765-4321", "3456-7890"))
        # Abroad it might be a whole number.
        return missing(random, bad if person.country in {"BR", None} else None)
    if not number.startswith("+55"):
        return pick(random, (number, f"{number[:-7]} {number[-7:-4]}-{number[-4:]}"))
    area, local = number[3:5], number[5:]
    text = pick(random, PHONE_STYLES).format(area=area, local=local, dashed=f"{local[:-4]}-{local[-4:]}")
    if len(local) == _LANDLINE_LENGTH and likely(random, 0.1):
        return f"{text} {pick(random, ('ramal ', 'ext. ', 'x'))}{10 + int(random.random() * 90)}"
    return with_format_character(random, text) if likely(random, 0.005) else text


def social_id(random: Random, person: Person) -> str | None:
    """Masked, bare, or without its leading zeros; bad: a wrong check digit."""
    cpf = person.social_id
    if cpf is None:
        right = complete_cpf(f"{int(random.random() * 1_000_000_000):09d}")
        return missing(random, right[:10] + str((int(right[10]) + 1 + int(random.random() * 9)) % 10))
    if likely(random, 0.5):
        return f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"
    short = cpf.lstrip("0")
    return short if len(short) >= _SHORTEST_CPF and likely(random, 0.5) else cpf


def first_name(random: Random, person: Person) -> str | None:
    """Case, blanks, decomposed letters and format characters."""
    return untidy_name(random, person.first_name)


def last_name(random: Random, person: Person) -> str | None:
    """The same for the last name."""
    return untidy_name(random, person.last_name)


def gender(random: Random, person: Person) -> str | None:
    """Words of three languages; bad: a question mark."""
    return pick(random, GENDER_WORDS[person.gender]) if person.gender else missing(random, "?")


def birth_date(random: Random, person: Person) -> str | None:
    """ISO, day first, or with a time; bad: a day that never was."""
    day = person.birth_date
    if day is None:
        return missing(random, pick(random, ("31/02/1990", "1987-02-30", "31/04/1975")))
    if likely(random, 0.6):
        return day.isoformat()
    return pick(random, (f"{day:%d/%m/%Y}", f"{day.isoformat()} 00:00:00"))


def postal_code(random: Random, person: Person) -> str | None:
    """With and without its dash, and without its leading zero."""
    cep = person.postal_code
    if cep is None:
        return missing(random)
    if likely(random, 0.4):
        return cep
    return cep[1:] if cep.startswith("0") and likely(random, 0.2) else f"{cep[:5]}-{cep[5:]}"


def country(random: Random, person: Person) -> str | None:
    """Codes of two and three letters, and names."""
    return pick(random, COUNTRY_WORDS[person.country]) if person.country else missing(random)


def state(random: Random, person: Person) -> str | None:
    """The code, or the name with and without its accents."""
    code = person.state
    if code is None:
        return missing(random)
    if likely(random, 0.7):
        return code
    name = STATE_NAMES[code]
    return pick(random, (name, without_accents(name).lower(), name.upper(), code.lower()))


def city(random: Random, person: Person) -> str | None:
    """Outer blanks and decomposed letters; the case is part of the value."""
    return untidy_place(random, person.city)


def neighborhood(random: Random, person: Person) -> str | None:
    """The same for the neighborhood."""
    return untidy_place(random, person.neighborhood)


def audiences(random: Random, person: Person) -> str | None:
    """Joined, with blanks around elements, blank elements, and repeats that stand after the first."""
    if not person.audiences:
        return missing(random, ";")
    return pick(random, (";", ";", "; ", " ; ")).join(untidy_list(random, person.audiences))


def nbo_products(random: Random, person: Person) -> list[str] | None:
    """A list, with the same untidiness."""
    return _list(random, person.nbo_products)


def nbo_categories(random: Random, person: Person) -> list[str] | None:
    """A list, with the same untidiness."""
    return _list(random, person.nbo_categories)


def _list(random: Random, elements: tuple[str, ...]) -> list[str] | None:
    if elements:
        return untidy_list(random, elements)
    return pick(random, (None, [], [""]))


RENDERERS: Final[dict[str, Callable[[Random, Person], Cell]]] = {
    function.__name__: function
    for function in (
        email, phone, social_id, first_name, last_name, gender, birth_date, postal_code, country, state, city,
        neighborhood, audiences, nbo_products, nbo_categories,
    )
}  # fmt: skip
COLUMNS: Final = ("customer_id", *RENDERERS, "mobile_ad_id", "external_id", "value", "consent")


def render(random: Random, person: Person) -> Row:
    """The whole row of the extract, in the order of COLUMNS."""
    cells = [renderer(random, person) for renderer in RENDERERS.values()]
    return (person.customer_id, *cells, person.mobile_ad_id, person.external_id, person.value, person.consent)


def render_again(random: Random, row: Row, person: Person, columns: tuple[str, ...]) -> Row:
    """The same row with some columns written anew; a CRM leaves the other ones alone."""
    cells = list(row)
    for column in columns:
        cells[COLUMNS.index(column)] = RENDERERS[column](random, person)
    return tuple(cells)
