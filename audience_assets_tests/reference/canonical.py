"""One canonical form per field (docs/fields.md), in plain Python, written without a look at the SQL rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from audience_assets_tests.reference.phone import phone
from audience_assets_tests.reference.places import country_words, is_country, state_words
from audience_assets_tests.reference.refusal import ALREADY_HASHED, HASHED_FIELDS, NOT_A_DIGEST, RefusedError
from audience_assets_tests.reference.text import is_digest, text, without_white_space, word
from audience_assets_tests.reference.words import ANSWERS, GENDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LIST_FIELDS: Final = ("audiences", "nbo_products", "nbo_categories")
TEXT_FIELDS: Final = (
    *("first_name", "last_name", "state", "city", "neighborhood"),
    *("external_id", "app_user_id", "page_user_id", "legal_basis", "legal_basis_date"),
)

_SPREADSHEET: Final = re.compile(r"([0-9]+)\.0")
_YEAR_FIRST: Final = re.compile(r"([0-9]{4})([-/])([0-9]{1,2})\2([0-9]{1,2})")
_COMPACT: Final = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_YEAR_LAST: Final = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
_SHORT_YEAR: Final = re.compile(r"[0-9]{1,2}([-/.])[0-9]{1,2}\1[0-9]{2}")
_TIME_OF_DAY: Final = re.compile(
    r"(?:\s+|T)[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    r"\s*(?:[AaPp]\.?[Mm]\.?)?\s*(?:[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?)?\Z"
)
_WHOLE: Final = re.compile(r"([+-]?)0*([0-9]+)(?:\.0+)?")
_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_DEVICE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Canonical:
    """Canonical values of one row (None when blank or refused, [] for a list of nothing) and why values were refused.

    Beside the fields, `values` holds state_code and region: the country that steers the row.
    """

    values: dict[str, Any]
    refusals: dict[str, str]
    as_of: date
    hashed: frozenset[str] = field(default_factory=frozenset)


def canonical(
    raw: Mapping[str, str | list[str] | None],
    *,
    as_of: date,
    default_country: str = "BR",
    date_order: str = "dmy",
    hashed: frozenset[str] = frozenset(),
    brazil_ninth_digit: bool = True,
) -> Canonical:
    """Every canonical field of a raw row. Columns that the row lacks are blank."""
    if date_order not in ("dmy", "mdy") or hashed - HASHED_FIELDS:
        raise ValueError(f"date_order {date_order!r}, hashed {sorted(hashed)}")
    result = Canonical(values={}, refusals={}, as_of=as_of, hashed=hashed)
    result.values["customer_id"] = raw.get("customer_id") or None
    if not text(_scalar(raw, "customer_id")):
        result.values["customer_id"] = None
        result.refusals["customer_id"] = "no customer_id"

    _apply(result, raw, "country", country)
    own_country = result.values["country"]
    place = own_country if own_country is not None and is_country(own_country) else default_country
    result.values["region"] = place

    rules: dict[str, Callable[[str], Any]] = {
        "email": email,
        "phone": lambda value: phone(value, place, brazil_ninth_digit=brazil_ninth_digit),
        "social_id": social_id,
        "gender": gender,
        "birth_date": lambda value: birth_date(value, as_of=as_of, date_order=date_order),
        "age": age,
        "postal_code": lambda value: postal_code(value, place),
        "mobile_ad_id": mobile_ad_id,
        "value": amount,
    }
    rules |= dict.fromkeys(TEXT_FIELDS, str)
    rules |= dict.fromkeys(("consent", *(name for name in raw if name.startswith("consent_"))), consent)
    for name, rule in rules.items():
        _apply(result, raw, name, rule)

    state = result.values["state"]
    result.values["state_code"] = state_words(place).get(word(state)) if state is not None else None
    for name in LIST_FIELDS:
        result.values[name] = texts(raw.get(name))
    return result


def _scalar(raw: Mapping[str, str | list[str] | None], name: str) -> str | None:
    value = raw.get(name)
    if isinstance(value, list):
        raise TypeError(f"{name} is not a list field")
    return value


def _apply(
    result: Canonical, raw: Mapping[str, str | list[str] | None], name: str, rule: Callable[[str], Any]
) -> None:
    value = text(_scalar(raw, name))
    result.values[name] = None
    if not value:
        return
    try:
        if name in result.hashed:
            result.values[name] = digest(value)
        elif name in HASHED_FIELDS and is_digest(value):
            raise RefusedError(ALREADY_HASHED)  # noqa: TRY301
        else:
            result.values[name] = rule(value)
    except RefusedError as refusal:
        result.refusals[name] = refusal.reason


def digest(value: str) -> str:
    if not is_digest(value):
        raise RefusedError(NOT_A_DIGEST)
    return value.lower()


def country(value: str) -> str:
    code = country_words().get(word(value))
    if code is None:
        raise RefusedError("unknown country")
    return code


def email(value: str) -> str:
    value = without_white_space(value)
    before, _, after = value.partition("@")
    if "@" not in value:
        raise RefusedError("no @")
    if "@" in after:
        raise RefusedError("more than one @")
    if not before:
        raise RefusedError("nothing before @")
    if not after:
        raise RefusedError("nothing after @")
    return value


def _without_spreadsheet_zero(value: str) -> str:
    match = _SPREADSHEET.fullmatch(value)
    return match[1] if match else value


def social_id(value: str) -> str:
    digits = without_white_space(_without_spreadsheet_zero(value))
    for mark in ".-/":
        digits = digits.replace(mark, "")
    if set(digits) - set("0123456789"):
        raise RefusedError("unexpected character")
    if not 8 <= len(digits) <= 11:
        raise RefusedError("wrong length")
    digits = digits.zfill(11)
    if len(set(digits)) == 1:
        raise RefusedError("repeated digit")
    if digits[9:] != _check_digit(digits[:9]) + _check_digit(digits[:10]):
        raise RefusedError("wrong check digits")
    return digits


def _check_digit(digits: str) -> str:
    weights = range(len(digits) + 1, 1, -1)
    return str(sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True)) * 10 % 11 % 10)


def gender(value: str) -> str | None:
    if word(value) not in GENDERS:
        raise RefusedError("unknown word")
    return GENDERS[word(value)]


def birth_date(value: str, *, as_of: date, date_order: str) -> date:
    value = _TIME_OF_DAY.sub("", value)
    if match := _YEAR_FIRST.fullmatch(value):
        year, month, day = match[1], match[3], match[4]
    elif match := _COMPACT.fullmatch(value):
        year, month, day = match.groups()
    elif match := _YEAR_LAST.fullmatch(value):
        day, month, year = match[1], match[3], match[4]
        if date_order == "mdy":
            day, month = month, day
    else:
        raise RefusedError("two-digit year" if _SHORT_YEAR.fullmatch(value) else "not a date")
    try:
        born = date(int(year), int(month), int(day))
    except ValueError as error:
        raise RefusedError("no such day") from error
    if born.year < 1900:
        raise RefusedError("before 1900")
    if born > as_of:
        raise RefusedError("in the future")
    return born


def age(value: str) -> int:
    match = _WHOLE.fullmatch(value)
    if not match:
        raise RefusedError("not a whole number")
    sign, digits = match.groups()
    if len(digits) > 3 or int(digits) > 130 or (sign == "-" and digits != "0"):
        raise RefusedError("out of range")
    return int(digits)


def postal_code(value: str, place: str) -> str:
    if place != "BR":
        return value.upper() if value.isascii() else value
    digits = without_white_space(_without_spreadsheet_zero(value)).replace(".", "").replace("-", "")
    if not re.fullmatch(r"[0-9]{7,8}", digits):
        raise RefusedError("not a CEP")
    return digits.zfill(8)


def texts(value: str | list[str] | None) -> list[str]:
    """A list of texts; text is split at semicolons after it was brought to NFC (which makes U+037E one)."""
    elements = text(value).split(";") if isinstance(value, str) else value or []
    return list(dict.fromkeys(element for element in map(text, elements) if element))


def mobile_ad_id(value: str) -> str:
    if not _DEVICE.fullmatch(value.lower()):
        raise RefusedError("not a device id")
    if not value.strip("0-"):
        raise RefusedError("all zeros")
    return value.lower()


def amount(value: str) -> str:
    """A plain decimal number: no sign, exponent, leading zeros or trailing fractional zeros."""
    if not _DECIMAL.fullmatch(value):
        raise RefusedError("not a number")
    number = Decimal(value)
    if value.startswith("-"):
        raise RefusedError("negative")
    plain = format(number.copy_abs(), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def consent(value: str) -> bool:
    if word(value) not in ANSWERS:
        raise RefusedError("not yes or no")
    return ANSWERS[word(value)]
