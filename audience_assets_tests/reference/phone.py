"""The phone rule, step by step, with libphonenumber's Python port and no fast path."""

from __future__ import annotations

import re
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, ValidationResult

from audience_assets_tests.reference.refusal import RefusedError

_SPREADSHEET: Final = re.compile(r"([0-9]+)\.0")
_EXTENSION: Final = re.compile(r"(?:ramal|r\.)\s*:?\s*[0-9]+\Z", re.IGNORECASE)

_PARSE_REASONS: Final = {
    NumberParseException.INVALID_COUNTRY_CODE: "unknown country code",
    NumberParseException.NOT_A_NUMBER: "not a phone number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too short",
    NumberParseException.TOO_SHORT_NSN: "too short",
    NumberParseException.TOO_LONG: "too long",
}
_LENGTH_REASONS: Final = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "no area code",
    ValidationResult.INVALID_COUNTRY_CODE: "unknown country code",
    ValidationResult.TOO_SHORT: "too short",
    ValidationResult.TOO_LONG: "too long",
    ValidationResult.INVALID_LENGTH: "not a phone number",
}


def written(value: str) -> str:
    """Steps 1 and 2: what libphonenumber gets to read."""
    if match := _SPREADSHEET.fullmatch(value):
        value = match[1]
    value = _EXTENSION.sub("", value)
    return "+" + value[2:] if value.startswith("00") else value


def phone(value: str, country: str, *, brazil_ninth_digit: bool) -> str:
    """E.164 with a plus sign, of text in a country's notation."""
    try:
        number = phonenumbers.parse(written(value), country)
    except NumberParseException as error:
        raise RefusedError(_PARSE_REASONS[error.error_type]) from error
    national = phonenumbers.national_significant_number(number)
    if number.country_code == 52 and len(national) == 11 and national.startswith("1"):
        number = phonenumbers.parse("+52" + national[1:])  # keeps a zero behind the 1
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible != ValidationResult.IS_POSSIBLE:
        raise RefusedError(_LENGTH_REASONS[possible])
    if number.country_code == 55:
        national = phonenumbers.national_significant_number(number)
        return "+55" + _brazilian(national, ninth_digit=brazil_ninth_digit)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _brazilian(national: str, *, ninth_digit: bool) -> str:
    if len(national) in (8, 9):
        raise RefusedError("no area code")
    if len(national) < 10:
        raise RefusedError("too short")
    if len(national) > 11:
        raise RefusedError("too long")
    if ninth_digit and len(national) == 10 and national[2] in "6789":
        return national[:2] + "9" + national[2:]
    return national
