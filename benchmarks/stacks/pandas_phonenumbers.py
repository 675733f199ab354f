"""pandas with libphonenumber and checked tax numbers: as exact as a careful person gets with a function a value."""

import re
from functools import partial
from typing import Any

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from benchmarks.job import Job, Work
from benchmarks.stacks.pandas_frames import digits, write_chunks

BRAZIL = 55
CPF_DIGITS = 11
EXTENSION = re.compile("ramal.*", re.IGNORECASE)
"""libphonenumber knows what an extension is called in some languages, and takes this one's digits for the number's."""


def prepare(job: Job) -> Work:
    """One step."""
    return {"run": partial(write_chunks, job, {"email": _email, "phone": _phone, "social_id": _cpf})}


def _email(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    bare = re.sub(r"\s+", "", value)
    return bare if re.fullmatch("[^@]+@[^@]+", bare) else None


def _phone(value: Any) -> str | None:
    """E.164; old Brazilian mobile numbers get the ninth digit, and numbers without an area code are left out."""
    if not isinstance(value, str) or not value:
        return None
    try:
        number = phonenumbers.parse(EXTENSION.sub("", value), "BR")
    except NumberParseException:
        return None
    if number.country_code != BRAZIL:
        possible = phonenumbers.is_possible_number(number)
        return phonenumbers.format_number(number, PhoneNumberFormat.E164) if possible else None
    national = phonenumbers.national_significant_number(number)
    if re.fullmatch("[0-9]{2}[6-9][0-9]{7}", national):
        national = f"{national[:2]}9{national[2:]}"
    return f"+55{national}" if len(national) in (10, 11) else None


def _cpf(value: Any) -> str | None:
    number = (digits(value) or "").zfill(CPF_DIGITS)
    if len(number) != CPF_DIGITS or len(set(number)) == 1:
        return None
    for place in (9, 10):
        total = sum(
            int(digit) * weight for digit, weight in zip(number, range(place + 1, 1, -1), strict=False)
        )
        if total * 10 % 11 % 10 != int(number[place]):
            return None
    return number
