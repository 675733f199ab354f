"""What a cell of each key must look like, and what makes a whole row invalid."""

import math
import re
from collections.abc import Callable, Mapping

HASHED_KEYS = frozenset(
    {"EMAIL", "PHONE", "GEN", "DOBY", "DOBM", "DOBD", "LN", "FN", "FI", "CT", "ST", "ZIP", "COUNTRY"}
)
PLAIN_KEYS = frozenset({"EXTERN_ID", "MADID", "APPUID", "PAGEUID"})
MATCHING_KEYS = HASHED_KEYS | PLAIN_KEYS
LOOKALIKE_VALUE = "LOOKALIKE_VALUE"
PROCESSING_OPTIONS = "DATA_PROCESSING_OPTIONS"
PROCESSING_COUNTRY = "DATA_PROCESSING_OPTIONS_COUNTRY"
PROCESSING_STATE = "DATA_PROCESSING_OPTIONS_STATE"
PROCESSING_KEYS = frozenset({PROCESSING_OPTIONS, PROCESSING_COUNTRY, PROCESSING_STATE})
ALIASES = {"EMAIL_SHA256": "EMAIL", "PHONE_SHA256": "PHONE", "MOBILE_ADVERTISER_ID": "MADID"}
KEYS = MATCHING_KEYS | PROCESSING_KEYS | {LOOKALIKE_VALUE}

DIGEST_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

_DIGEST = re.compile("[0-9a-f]{64}").fullmatch
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
_NUMBER = re.compile("[0-9]+").fullmatch
_NOT_NEGATIVE = re.compile(r"[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?").fullmatch


def fault_of(key: str, cell: object) -> str | None:
    """What is wrong with a matching cell that is not empty; None when nothing is.

    Source: Meta, Custom audiences from a customer file, "Hashing and normalization for multi-key" and "Hashing".
    """
    if not isinstance(cell, str):
        return "not a string"
    return _RULES[key](cell)


def is_lookalike_value(cell: object) -> bool:
    """Whether a cell is a number from 0 on, as a JSON number or as its text."""
    text = cell if isinstance(cell, str) else "" if isinstance(cell, bool) else str(cell)
    return _NOT_NEGATIVE(text) is not None and math.isfinite(float(text))


def is_processing_cell(key: str, cell: object) -> bool:
    """Whether a cell is a data processing option: `[]` or `["LDU"]`, and the numbers of a country and a state."""
    if key == PROCESSING_OPTIONS:
        return cell in ([], ["LDU"])
    return cell == "" or (isinstance(cell, int) and not isinstance(cell, bool) and cell >= 0)


def _digest(cell: str) -> str | None:
    if _DIGEST(cell) is None:
        return "not a SHA-256 digest in lower-case hex"
    return "the digest of an empty value" if cell == DIGEST_OF_NOTHING else None


def _device_id(cell: str) -> str | None:
    return None if _UUID(cell) else "not a device id in lower case with its hyphens"


def _number(cell: str) -> str | None:
    return None if _NUMBER(cell) else "not a numeric id"


def _anything(_cell: str) -> None:
    return None


_RULES: Mapping[str, Callable[[str], str | None]] = {
    **dict.fromkeys(HASHED_KEYS, _digest),
    "MADID": _device_id,
    "APPUID": _number,
    "PAGEUID": _number,
    "EXTERN_ID": _anything,
}
