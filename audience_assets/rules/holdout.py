"""Who is held out of an audience, so that a campaign can be measured against people who never saw it: a share by a salted hash.

Whether somebody is held out follows from the salt, the audience and the customer alone, so it is the same on each day and at
each destination, and a larger share holds out the same people and some more.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import ceil

from audience_assets.rules.rule import CanonicalRule
from audience_assets.sql import literal

DIGITS = 13
"""Hexadecimal digits of the digest that are the customer's number, of 52 bits; the share times 2^52 is exact."""

SEPARATOR = "chr(31)"
"""Between salt, audience and customer: a control character, which no cleaned name has."""


def held_out_sql(audience: str, customer_id: str, salt: str, share: float) -> str:
    """SQL for whether a customer is held out of an audience; `audience` and `customer_id` are SQL, too.

    The number is the first 52 bits of SHA-256(salt, audience, customer_id). Compared as text of one width, it is held out
    below the share of all numbers there are. A row without a customer is never held out.
    """
    number = f"left(sha256({literal(salt)} || {SEPARATOR} || {audience} || {SEPARATOR} || {customer_id}), {DIGITS})"
    return f"coalesce({number} < {literal(_bound(share))}, false)"


def applied(rule: CanonicalRule, salt: str, shares: Mapping[str, float]) -> CanonicalRule:
    """The rule of the list of audiences, without those that the customer is held out of."""
    if not shares:
        return rule
    cases = " ".join(
        f"when {literal(audience)} then not {held_out_sql(literal(audience), 'cleaned.customer_id', salt, share)}"
        for audience, share in sorted(shares.items())
    )
    value = (
        f"nullif(list_filter({rule.value}, lambda held_out_of: case held_out_of {cases} else true end), [])"
    )
    return replace(rule, value=value, description=f"{rule.description}; without those it is held out of")


def signature(salt: str, shares: Mapping[str, float]) -> list[str]:
    """What of it decides who is in an audience; nothing where nobody is held out."""
    return [f"holdout={salt!r}:{sorted(shares.items())!r}"] if shares else []


def _bound(share: float) -> str:
    """The first number that is not held out; `g` is behind all hexadecimal digits."""
    return "g" if share >= 1 else f"{ceil(share * 2 ** (4 * DIGITS)):0{DIGITS}x}"
