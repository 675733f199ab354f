"""What happens to a customer's row: a change of the person behind it, or of its text alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from audience_assets.synthetic import vocabulary
from audience_assets.synthetic.people import (
    Person,
    invent_cpf,
    invent_email,
    invent_home,
    invent_phone,
    invent_product,
    likely,
    pick,
)
from audience_assets.synthetic.rendering import COLUMNS, RENDERERS, Row, render_again

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

Change = tuple[Person, tuple[str, ...]]

_HOME_COLUMNS: Final = ("postal_code", "country", "state", "city", "neighborhood")
_TRIES: Final = 40
_DIGEST_LENGTH: Final = 64
_REASONS: Final = {
    "email": "no @",
    "phone": "no area code",
    "social_id": "wrong check digits",
    "birth_date": "no such day",
}


def change(random: Random, person: Person, row: Row) -> tuple[Person, Row]:
    """A person who really changed in one respect, and the row with that respect written anew."""
    while True:
        changed, columns = pick(random, _CHANGES)(random, person)
        if changed != person:
            return changed, render_again(random, row, changed, columns)


def respell(random: Random, person: Person, row: Row) -> tuple[Person, Row]:
    """The same person with another text in one column, or with the audiences in another order."""
    if len(person.audiences) > 1 and likely(random, 0.3):
        person = person._replace(audiences=person.audiences[1:] + person.audiences[:1])
        return person, render_again(random, row, person, ("audiences",))
    columns = list(RENDERERS)
    random.shuffle(columns)
    # Of a value rather than of its absence, where there is any value.
    columns.sort(key=lambda column: not getattr(person, column))
    for column in columns:
        for _ in range(_TRIES):
            other = render_again(random, row, person, (column,))
            if other != row:
                return person, other
    raise AssertionError(f"{person.customer_id}: every column has one spelling only")


def _email(random: Random, person: Person) -> Change:
    first_name, last_name = person.first_name or "cliente", person.last_name or "novo"
    number = int(person.customer_id.removeprefix("C-"))
    email = invent_email(random, first_name, last_name, number, int(random.random() * 10_000))
    return person._replace(email=email), ("email",)


def _phone(random: Random, person: Person) -> Change:
    return person._replace(phone=invent_phone(random, person.country)), ("phone",)


def _home(random: Random, person: Person) -> Change:
    postal_code, country, state, city, neighborhood = invent_home(random)
    moved = person._replace(
        postal_code=postal_code, country=country, state=state, city=city, neighborhood=neighborhood
    )
    return moved, _HOME_COLUMNS


def _joins_audience(random: Random, person: Person) -> Change:
    audience = pick(random, vocabulary.AUDIENCES)
    return person._replace(audiences=tuple(dict.fromkeys((*person.audiences, audience)))), ("audiences",)


def _leaves_audience(random: Random, person: Person) -> Change:
    left = pick(random, person.audiences) if person.audiences else None
    kept = tuple(audience for audience in person.audiences if audience != left)
    return person._replace(audiences=kept), ("audiences",)


def _cpf_filled_in(random: Random, person: Person) -> Change:
    return person._replace(social_id=person.social_id or invent_cpf(random)), ("social_id",)


def _other_products(random: Random, person: Person) -> Change:
    products = dict.fromkeys((*person.nbo_products[:3], invent_product(random)))
    return person._replace(nbo_products=tuple(products)), ("nbo_products",)


def _products_reordered(_: Random, person: Person) -> Change:
    return person._replace(nbo_products=person.nbo_products[::-1]), ("nbo_products",)


_CHANGES: Final[tuple[Callable[[Random, Person], Change], ...]] = (
    _email,
    _phone,
    _home,
    _joins_audience,
    _leaves_audience,
    _cpf_filled_in,
    _other_products,
    _products_reordered,
)


def flaws(person: Person, row: Row) -> tuple[tuple[str, str], ...]:
    """Field and reason of each bad value: text that stands in the row though nothing usable is known.

    A question mark for a gender is no bad value: it says that nobody knows.
    """
    return tuple(
        (column, _reason(column, text))
        for column in _REASONS
        if getattr(person, column) is None
        and isinstance(text := row[COLUMNS.index(column)], str)
        and text.strip()
    )


def _reason(column: str, text: str) -> str:
    return "already hashed" if len(text) == _DIGEST_LENGTH else _REASONS[column]
