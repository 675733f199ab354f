"""Clean synthetic people: each is a pure function of the seed and of the customer's number."""

from __future__ import annotations

import operator
import unicodedata
from datetime import date, timedelta
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from audience_assets.synthetic import vocabulary

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")

_FIRST_BIRTH: Final = date(1935, 1, 1)
_BIRTH_DAYS: Final = (date(2009, 12, 31) - _FIRST_BIRTH).days
_CPF_LENGTH: Final = 11
_CONSENTS: Final = ("sim",) * 7 + ("true",) * 2 + ("",)
_GENDERS: Final = ("O", None, None, None, None)


class Person(NamedTuple):
    """What is true of a customer: canonical values, None or an empty tuple where nothing usable is known."""

    customer_id: str
    email: str | None
    phone: str | None
    social_id: str | None
    first_name: str | None
    last_name: str | None
    gender: str | None
    birth_date: date | None
    postal_code: str | None
    country: str | None
    state: str | None
    city: str | None
    neighborhood: str | None
    audiences: tuple[str, ...]
    nbo_products: tuple[str, ...]
    nbo_categories: tuple[str, ...]
    mobile_ad_id: str | None
    external_id: str | None
    value: str | None
    consent: str


def dice(*numbers: int) -> Random:
    """A source of chance that depends on these numbers alone."""
    mixed = 0
    for number in numbers:
        mixed = mixed * 1_000_000_007 + number
    return Random(mixed)  # noqa: S311 - synthetic data, not secrets


def pick(random: Random, pool: Sequence[Item]) -> Item:
    """One of a pool; several times faster than Random.choice, which matters a hundred times a customer."""
    return pool[int(random.random() * len(pool))]


def likely(random: Random, share: float) -> bool:
    """True in this share of cases."""
    return random.random() < share


def customer_id(number: int) -> str:
    """The id of the customer with this number; ids sort as their numbers do."""
    return f"C-{number:08d}"


def invent(random: Random, number: int) -> Person:
    """A clean person."""
    gender = pick(random, "FM")
    first_name = pick(random, vocabulary.FEMALE_NAMES if gender == "F" else vocabulary.MALE_NAMES)
    last_name = invent_last_name(random)
    home = invent_home(random) if likely(random, 0.985) else invent_home_abroad(random)
    country = home[1]
    return Person(
        customer_id=customer_id(number),
        email=invent_email(random, first_name, last_name, number) if likely(random, 0.94) else None,
        phone=invent_phone(random, country) if likely(random, 0.92) else None,
        social_id=invent_cpf(random) if likely(random, 0.75) else None,
        first_name=first_name if likely(random, 0.98) else None,
        last_name=last_name if likely(random, 0.97) else None,
        gender=_known_gender(random, gender),
        birth_date=_birth_date(random) if likely(random, 0.92) else None,
        postal_code=home[0] if likely(random, 0.95) else None,
        country=country if likely(random, 0.98) else None,
        state=home[2] if likely(random, 0.96) else None,
        city=home[3] if likely(random, 0.97) else None,
        neighborhood=home[4] if likely(random, 0.9) else None,
        audiences=_several(random, vocabulary.AUDIENCES, 5),
        nbo_products=tuple(dict.fromkeys(invent_product(random) for _ in range(int(random.random() * 6)))),
        nbo_categories=_several(random, vocabulary.CATEGORIES, 4),
        mobile_ad_id=_mobile_ad_id(random) if likely(random, 0.8) else None,
        external_id=f"CRM-{number * 7919:011d}" if likely(random, 0.9) else None,
        value=f"{int(random.random() ** 3 * 500_000) / 100:.2f}" if likely(random, 0.9) else None,
        consent=pick(random, _CONSENTS),
    )


Home = tuple[str | None, str | None, str | None, str | None, str | None]


def invent_home(random: Random) -> Home:
    """Postal code, country, state, city and neighborhood of a Brazilian home."""
    place = pick(random, vocabulary.PLACES)
    postal_code = f"{place.postal_prefix}{int(random.random() * 100_000):05d}"
    return postal_code, "BR", place.state, place.city, pick(random, place.neighborhoods)


def invent_home_abroad(random: Random) -> Home:
    """The same abroad, where only the country and the city are known."""
    country, city = pick(random, vocabulary.FOREIGN_CITIES)
    return None, country, None, city, None


def invent_last_name(random: Random) -> str:
    """One or two Brazilian surnames, or now and then one of other shape or script."""
    if likely(random, 0.3):
        return pick(random, vocabulary.OTHER_SURNAMES)
    surname = pick(random, vocabulary.BRAZILIAN_SURNAMES)
    return surname if likely(random, 0.5) else f"{surname} {pick(random, vocabulary.BRAZILIAN_SURNAMES)}"


def invent_email(random: Random, first_name: str, last_name: str, *unique: int) -> str:
    """An address on a domain that is reserved for examples, unique through its numbers."""
    name = f"{_ascii(first_name)}.{_ascii(last_name)}"
    if likely(random, 0.005):
        name = f"josé.{name}"
    tag = "+promo" if likely(random, 0.03) else ""
    return f"{name}.{'.'.join(map(str, unique))}{tag}@{pick(random, vocabulary.EMAIL_DOMAINS)}"


def invent_phone(random: Random, country: str | None) -> str:
    """A number in E.164: of the country the person lives in, and for a few Brazilians a foreign one."""
    if country == "US" or (country == "BR" and likely(random, 0.01)):
        return f"+1{pick(random, ('212', '305', '415', '617'))}55501{int(random.random() * 100):02d}"
    if country == "PT" or (country == "BR" and likely(random, 0.01)):
        return f"+3519{pick(random, '1236')}{int(random.random() * 10_000_000):07d}"
    area = pick(random, vocabulary.AREA_CODES)
    start = pick(random, "2345") if likely(random, 0.2) else f"9{pick(random, '6789')}"
    return f"+55{area}{start}{int(random.random() * 10_000_000):07d}"


def invent_cpf(random: Random) -> str:
    """Eleven digits with right check digits, never all the same."""
    # Leading zeros get lost in spreadsheets, so they are more frequent here than by chance.
    limit = 1_000_000 if likely(random, 0.02) else 1_000_000_000
    digits = f"{int(random.random() * limit):09d}"
    cpf = complete_cpf(digits)
    return cpf if cpf != cpf[0] * _CPF_LENGTH else invent_cpf(random)


def complete_cpf(nine_digits: str) -> str:
    """The nine digits and the two that check them."""
    digits = [int(digit) for digit in nine_digits]
    for length in (9, 10):
        weights = range(length + 1, 1, -1)
        digits.append(sum(map(operator.mul, digits, weights)) * 10 % 11 % 10)
    return "".join(map(str, digits))


def invent_product(random: Random) -> str:
    """A stock keeping unit."""
    return f"SKU-{int(random.random() * 40_000):05d}"


def _known_gender(random: Random, gender: str) -> str | None:
    return gender if likely(random, 0.87) else pick(random, _GENDERS)


def _birth_date(random: Random) -> date:
    if likely(random, 0.005):
        return date(1936 + 4 * int(random.random() * 18), 2, 29)
    return _FIRST_BIRTH + timedelta(days=int(random.random() * _BIRTH_DAYS))


def _several(random: Random, pool: Sequence[str], most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(pick(random, pool) for _ in range(int(random.random() * most))))


def _mobile_ad_id(random: Random) -> str:
    digits = f"{random.getrandbits(128):032X}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-A{digits[17:20]}-{digits[20:]}"


@lru_cache(maxsize=4096)
def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum()) or "cliente"
