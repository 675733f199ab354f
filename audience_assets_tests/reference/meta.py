"""Meta's keys from a canonical row (destinations.md 4.5 and 4.7), in plain Python, written without a look at the SQL rules.

Punctuation and symbols are pinned to Unicode 15.1. No code point that Unicode 14 assigns has moved in or out of them up to
15.1, and the corpora hold nothing newer, so the running Python's tables say the same.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, Literal

from audience_assets_tests.reference.refusal import RefusedError
from audience_assets_tests.reference.text import WHITE, without_white_space

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from audience_assets_tests.reference.canonical import Canonical

City = Literal["transliterate", "drop"]

# Which field each key comes from. The first group is sent in clear, of the second a digest of the whole field will do.
PLAIN: Final = {
    "EXTERN_ID": "external_id",
    "MADID": "mobile_ad_id",
    "APPUID": "app_user_id",
    "PAGEUID": "page_user_id",
    "LOOKALIKE_VALUE": "value",
}
WHOLE: Final = {
    "EMAIL": "email",
    "PHONE": "phone",
    "GEN": "gender",
    "LN": "last_name",
    "FN": "first_name",
    "CT": "city",
    "ST": "state",
    "ZIP": "postal_code",
    "COUNTRY": "country",
}
PART: Final = {"DOBY": "birth_date", "DOBM": "birth_date", "DOBD": "birth_date", "FI": "first_name"}

FIELDS: Final = PLAIN | WHOLE | PART

ONLY_A_DIGEST: Final = "only a digest of the whole field"
NO_LETTER: Final = "no letter a to z"

_DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_WITHOUT_ACCENT: Final = {
    "\u00df": "ss",
    "\u00e6": "ae",
    "\u00f0": "d",
    "\u00f8": "o",
    "\u00fe": "th",
    "\u0111": "d",
    "\u0127": "h",
    "\u0131": "i",
    "\u0133": "ij",
    "\u0140": "l",
    "\u0142": "l",
    "\u0149": "n",
    "\u014b": "n",
    "\u0153": "oe",
    "\u0167": "t",
    "\u017f": "s",
}


def normalized(
    canonical: Canonical, city: City = "transliterate"
) -> tuple[dict[str, str | None], dict[str, str]]:
    """Every key before hashing, and why a canonical value gives none. A ready-made digest stands for its whole field."""
    values: dict[str, str | None] = {}
    refusals: dict[str, str] = {}
    for key, field in FIELDS.items():
        value = canonical.values[field]
        values[key] = None
        try:
            if value is None or (field in canonical.hashed and key in PLAIN):
                continue
            if field in canonical.hashed and key in PART:
                raise RefusedError(ONLY_A_DIGEST)  # noqa: TRY301
            values[key] = value if field in canonical.hashed else _form(key, value, canonical, city)
        except RefusedError as refusal:
            refusals[key] = refusal.reason
    return values, refusals


def digests(canonical: Canonical, values: dict[str, str | None]) -> dict[str, str | None]:
    """The normalized keys as they are delivered."""
    return {
        key: value
        if value is None or key in PLAIN or FIELDS[key] in canonical.hashed
        else sha256(value.encode()).hexdigest()
        for key, value in values.items()
    }


def _form(key: str, value: Any, canonical: Canonical, city: City) -> str:
    region = canonical.values["region"]
    match key:
        case "CT":
            return letters(value, city)
        case "ST":
            return state(value, canonical.values["state_code"], region, city)
        case "ZIP":
            return postal_code(value, region)
        case _:
            return _RULES.get(key, str)(value)


def _digits(born: date, part: int) -> str:
    return born.isoformat().split("-")[part]


def gender(value: str) -> str:
    if value not in ("M", "F"):
        raise RefusedError("neither m nor f")
    return value.lower()


def name(value: str) -> str:
    """Lower case and NFC, without white space, punctuation and symbols."""
    kept = [c for c in value if c not in WHITE and unicodedata.category(c)[0] not in "PS"]
    if not kept:
        raise RefusedError("nothing but punctuation")
    return unicodedata.normalize("NFC", "".join(kept).lower())


def letters(value: str, city: City) -> str:
    """The letters a to z, with accents and special letters written in them or dropped."""
    found = value.lower()
    if city == "transliterate":
        found = "".join(_WITHOUT_ACCENT.get(c, c) for c in unicodedata.normalize("NFD", found))
    found = "".join(c for c in found if "a" <= c <= "z")
    if not found:
        raise RefusedError(NO_LETTER)
    return found


def state(value: str, code: str | None, region: str, city: City) -> str:
    if region != "US":
        return letters(value, city)
    if code is None:
        raise RefusedError("not a US state")
    return code.lower()


def postal_code(value: str, region: str) -> str:
    """Without white space and dashes; in the United States five digits, with zeros that a number column lost."""
    value = re.sub(r"\A([0-9]+)\.0\Z", r"\1", value)
    value = "".join(c for c in without_white_space(value) if c not in _DASHES).lower()
    if region == "US":
        if not re.fullmatch(r"[0-9]{3,5}|[0-9]{7,9}", value):
            raise RefusedError("not a US ZIP code")
        return value.zfill(5 if len(value) <= 5 else 9)[:5]
    if not value:
        raise RefusedError("nothing but dashes")
    return value


_RULES: Final[dict[str, Callable[[Any], str]]] = {
    "EMAIL": lambda value: without_white_space(value).lower(),
    "PHONE": lambda value: value.removeprefix("+"),
    "GEN": gender,
    "DOBY": lambda born: _digits(born, 0),
    "DOBM": lambda born: _digits(born, 1),
    "DOBD": lambda born: _digits(born, 2),
    "LN": name,
    "FN": name,
    "FI": lambda value: name(value)[0],
    "COUNTRY": str.lower,
}
