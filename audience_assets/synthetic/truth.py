"""What VTEX Ads must be sent for a clean person on a day, in plain Python that shares no code with the pipeline."""

from __future__ import annotations

import calendar
import hashlib
import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date

    from audience_assets.synthetic.people import Person

Delivered = tuple[str | int | None, ...]

COLUMNS: Final = (
    "CUSTOMER_ID", "EMAIL_HASHED", "PHONE_HASHED", "SOCIAL_ID_HASHED", "FIRST_NAME_HASHED", "LAST_NAME_HASHED",
    "GENDER", "AGE", "CEP", "COUNTRY", "STATE", "CITY", "NEIGHBORHOOD", "AUDIENCES", "NBO_PRODUCTS",
    "NBO_CATEGORIES",
)  # fmt: skip
_AUDIENCES: Final = COLUMNS.index("AUDIENCES")
_LEAP_DAY: Final = (2, 29)
_FIRST_OF_MARCH: Final = (3, 1)


def clean_text(text: str) -> str:
    """The string that is hashed: no format characters, composed, no whitespace, lower case."""
    visible = "".join(letter for letter in text if unicodedata.category(letter) != "Cf")
    return re.sub(r"\s", "", unicodedata.normalize("NFC", visible)).lower()


def digest(text: str | None) -> str | None:
    """SHA-256 in lower-case hex; nothing known has no digest."""
    return hashlib.sha256(text.encode()).hexdigest() if text else None


@lru_cache(maxsize=8192)
def name_digest(name: str | None) -> str | None:
    """The digest of a name, which many people share."""
    return digest(clean_text(name)) if name else None


def age_on(day: date, birth_date: date) -> int:
    """Full years; who was born on 29 February turns a year older on 1 March of a common year."""
    before_birthday = (day.month, day.day) < (birth_date.month, birth_date.day)
    return day.year - birth_date.year - before_birthday


def birthdays_on(day: date) -> frozenset[tuple[int, int]]:
    """Month and day of birth of those who turn a year older on this day."""
    today = (day.month, day.day)
    if today == _FIRST_OF_MARCH and not calendar.isleap(day.year):
        return frozenset((today, _LEAP_DAY))
    return frozenset((today,))


def delivered_row(person: Person, day: date) -> Delivered:
    """The row of a customer who is new or changed on this day."""
    return (
        person.customer_id,
        digest(person.email),
        digest(person.phone),
        digest(person.social_id),
        name_digest(person.first_name),
        name_digest(person.last_name),
        person.gender,
        age_on(day, person.birth_date) if person.birth_date else None,
        person.postal_code,
        person.country,
        person.state,
        person.city,
        person.neighborhood,
        ";".join(person.audiences) or None,
        ";".join(person.nbo_products) or None,
        ";".join(person.nbo_categories) or None,
    )


def departed_row(customer_id: str) -> Delivered:
    """The row of a customer who left: the id, and nothing else."""
    return (customer_id, *(None for _ in COLUMNS[1:]))


def says_the_same(one: Delivered, other: Delivered) -> bool:
    """Whether nothing need be sent: the order of audiences means nothing, that of offers does."""
    return _comparable(one) == _comparable(other)


def _comparable(row: Delivered) -> tuple[Delivered, frozenset[str]]:
    audiences = row[_AUDIENCES]
    names = frozenset(audiences.split(";")) if isinstance(audiences, str) else frozenset()
    return row[:_AUDIENCES] + row[_AUDIENCES + 1 :], names
