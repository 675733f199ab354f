"""The sixteen columns of a VTEX Ads row from a canonical row (destinations.md 2.2 and 2.3)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from audience_assets_tests.reference.text import without_white_space

if TYPE_CHECKING:
    from datetime import date

    from audience_assets_tests.reference.canonical import Canonical

HASHED_COLUMNS: Final = {
    "EMAIL_HASHED": "email",
    "PHONE_HASHED": "phone",
    "SOCIAL_ID_HASHED": "social_id",
    "FIRST_NAME_HASHED": "first_name",
    "LAST_NAME_HASHED": "last_name",
}


def normalized(canonical: Canonical) -> dict[str, Any]:
    """Every column before hashing. A field declared as hashed shows its digest in a hashed column, nothing in a plain one."""
    values = canonical.values
    plain = {name: None if name in canonical.hashed else value for name, value in values.items()}
    return {
        "CUSTOMER_ID": values["customer_id"],
        "EMAIL_HASHED": _lower_without_white_space(values["email"]),
        "PHONE_HASHED": values["phone"],
        "SOCIAL_ID_HASHED": values["social_id"],
        "FIRST_NAME_HASHED": _lower_without_white_space(values["first_name"]),
        "LAST_NAME_HASHED": _lower_without_white_space(values["last_name"]),
        "GENDER": plain["gender"],
        "AGE": age(plain["birth_date"], plain["age"], canonical.as_of),
        "CEP": plain["postal_code"],
        "COUNTRY": plain["country"],
        "STATE": plain["state_code"] or plain["state"],
        "CITY": plain["city"],
        "NEIGHBORHOOD": plain["neighborhood"],
        "AUDIENCES": joined(values["audiences"]),
        "NBO_PRODUCTS": joined(values["nbo_products"]),
        "NBO_CATEGORIES": joined(values["nbo_categories"]),
    }


def row(canonical: Canonical) -> dict[str, Any]:
    """The columns as they are delivered, in order."""
    result = normalized(canonical)
    for column, field in HASHED_COLUMNS.items():
        if result[column] is not None and field not in canonical.hashed:
            result[column] = sha256(result[column].encode()).hexdigest()
    return result


def age(born: date | None, stated: int | None, as_of: date) -> int | None:
    """Full years, else the stated age. Born on 29 February, one is older on 1 March where there is no such day."""
    if born is None:
        return stated
    return as_of.year - born.year - ((as_of.month, as_of.day) < (born.month, born.day))


def joined(elements: list[str]) -> str | None:
    return ";".join(element for element in elements if ";" not in element) or None


def _lower_without_white_space(value: str | None) -> str | None:
    return None if value is None else without_white_space(value).lower()
