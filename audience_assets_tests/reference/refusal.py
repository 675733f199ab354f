"""Refusals: a value without a canonical form, and every reason that docs/fields.md gives."""

from __future__ import annotations

from typing import Final


class RefusedError(ValueError):
    """The value has no canonical form; the message is the reason."""

    @property
    def reason(self) -> str:
        return str(self.args[0])


# Fields that VTEX Ads, TikTok or Meta hash: a digest found in one of them was hashed by somebody else.
HASHED_FIELDS: Final = frozenset(
    {
        "email",
        "phone",
        "social_id",
        "first_name",
        "last_name",
        "gender",
        "birth_date",
        "postal_code",
        "country",
        "state",
        "city",
        "mobile_ad_id",
    }
)

ALREADY_HASHED: Final = "already hashed"
NOT_A_DIGEST: Final = "not a SHA-256 digest"

_OWN_REASONS: Final[dict[str, frozenset[str]]] = {
    "customer_id": frozenset({"no customer_id"}),
    "email": frozenset({"no @", "more than one @", "nothing before @", "nothing after @"}),
    "phone": frozenset(
        {"too short", "too long", "no area code", "unknown country code", "not a phone number"}
    ),
    "social_id": frozenset({"unexpected character", "wrong length", "repeated digit", "wrong check digits"}),
    "gender": frozenset({"unknown word"}),
    "birth_date": frozenset({"not a date", "two-digit year", "no such day", "before 1900", "in the future"}),
    "age": frozenset({"not a whole number", "out of range"}),
    "postal_code": frozenset({"not a CEP"}),
    "country": frozenset({"unknown country"}),
    "mobile_ad_id": frozenset({"not a device id", "all zeros"}),
    "value": frozenset({"not a number", "negative"}),
    "consent": frozenset({"not yes or no"}),
}

# Every reason per field, without "not a SHA-256 digest", which only a column declared as hashed can give.
REASONS: Final[dict[str, frozenset[str]]] = {
    field: _OWN_REASONS.get(field, frozenset())
    | (frozenset({ALREADY_HASHED}) if field in HASHED_FIELDS else frozenset())
    for field in sorted(HASHED_FIELDS | _OWN_REASONS.keys())
}
