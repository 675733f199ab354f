"""TikTok's columns from a canonical row (destinations.md 3.4 and 3.6), in plain Python, written without a look at the SQL rules."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from audience_assets_tests.reference.refusal import RefusedError
from audience_assets_tests.reference.text import without_white_space

if TYPE_CHECKING:
    from audience_assets_tests.reference.canonical import Canonical

FIELDS: Final = {
    "email_SHA256": "email",
    "phone_SHA256": "phone",
    "phone_SHA256_digits": "phone",
    "MAID": "mobile_ad_id",
    "MAID_plain": "mobile_ad_id",
}
NOTHING_LEFT: Final = "nothing left before @"
_TAG: Final = re.compile(r"\+.*(?=@)", re.DOTALL)
_DOTS_BEFORE_AT: Final = re.compile(r"\.(?=.*@)", re.DOTALL)


@dataclass(frozen=True)
class Reading:
    """Which of the readings of TikTok's texts is taken."""

    email: Literal["seed", "plain"] = "seed"
    phone: Literal["plus", "digits", "both"] = "plus"


def normalized(canonical: Canonical, reading: Reading) -> tuple[dict[str, str | None], dict[str, str]]:
    """Every column before hashing, and why a canonical value gives none. A ready-made digest stands for its whole field."""
    values: dict[str, str | None] = {}
    refusals: dict[str, str] = {}
    for column, field in FIELDS.items():
        value = canonical.values[field]
        values[column] = None
        try:
            if value is None or (field in canonical.hashed and column == "MAID_plain"):
                continue
            values[column] = value if field in canonical.hashed else _form(column, value, reading)
        except RefusedError as refusal:
            refusals[column] = refusal.reason
    return values, refusals


def digests(canonical: Canonical, values: dict[str, str | None]) -> dict[str, str | None]:
    """The normalized columns as they are delivered."""
    return {
        column: value
        if value is None or column == "MAID_plain" or FIELDS[column] in canonical.hashed
        else sha256(value.encode()).hexdigest()
        for column, value in values.items()
    }


def email(value: str) -> str:
    """The steps of the partner's page, in its order."""
    value = _TAG.sub("", without_white_space(value))
    value = _DOTS_BEFORE_AT.sub("", value)
    if value.startswith("@"):
        raise RefusedError(NOTHING_LEFT)
    return value.lower()


def _form(column: str, value: str, reading: Reading) -> str:
    if column == "email_SHA256":
        return email(value) if reading.email == "seed" else without_white_space(value).lower()
    if column == "phone_SHA256_digits" or (column == "phone_SHA256" and reading.phone == "digits"):
        return value.lstrip("+")
    return value
