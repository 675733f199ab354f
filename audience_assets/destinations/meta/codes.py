"""What Meta's error codes mean for a person: what stops, and what to do.

Sources: Meta, Custom audiences from a customer file, "Common errors of the replace API"; Marketing API error reference.
"""

from dataclasses import dataclass
from typing import Literal

Scope = Literal["account", "audience", "batch"]
"""What a refusal stops: everything for the ad account, one audience, or one request's content."""

TERMS_URL = "https://business.facebook.com/ads/manage/customaudiences/tos"
LIMITS = frozenset({4, 17, 341, 613, 80003, 80004})
"""Too many calls: nothing was done, and it may be asked again later."""
PASSING = frozenset({1, 2})
"""Meta's words are "unknown" and "temporary": it does not say whether something was done."""
NOT_THERE_YET = 803
INVALID_REQUEST, REPLACE_FAMILY = 100, 2650
MISSING_OBJECT = 33
PERMISSIONS = range(200, 300)


@dataclass(frozen=True, slots=True)
class Meaning:
    """How far a refusal reaches and what mends it."""

    scope: Scope
    advice: str


_RENEW = "make a new one for a system user with ads_management and put it into the environment"
_TERMS = Meaning(
    "account",
    "the customer-list terms are not accepted for this ad account: a person with access to it accepts them once at"
    f" {TERMS_URL}, then run again",
)
_NO_PERMISSION = Meaning(
    "account",
    "the access token may not do this: give its user ads_management and access to the ad account, or use another token",
)
_INTEGRITY = Meaning(
    "batch",
    "Meta's integrity checks refused it: see the ad account's notices in Business Manager, or ask Meta's support",
)

BY_SUBCODE = {
    1870090: _TERMS,
    1487301: Meaning("audience", "the audience is not shared with this ad account: share it, or mend its id"),
    1487366: Meaning(
        "audience", "the audience was deleted at Meta: remove its id from the settings or name another"
    ),
    1713098: _INTEGRITY,
    1713228: _INTEGRITY,
    1713230: _INTEGRITY,
    1713231: _INTEGRITY,
}
"""Subcodes that mean the same under every code; Meta sends some of them as the code itself."""

REPLACE_BY_SUBCODE = {
    1870144: "it is too large to be replaced, 100 million people or more: add and remove instead",
    1870145: "an update of it is in progress: wait until its status is normal",
    1870147: "Meta has not seen batch 1 of the session: begin a new session with batch 1",
    1870148: "it was not wholly updated: compare its size and replace it again",
    1870158: "the session's 90 minutes are over and what had come is kept: add the rest when it has finished",
    1870159: "the session was finished by its last batch: add the rest when it has finished",
}

BY_CODE_AND_SUBCODE = {
    (190, 460): Meaning("account", f"the access token was revoked or its user's password changed: {_RENEW}"),
    (190, 463): Meaning("account", f"the access token has expired: {_RENEW}"),
    (200, 1870090): _TERMS,
}

BY_CODE = {
    10: _NO_PERMISSION,
    100: Meaning(
        "batch",
        "a parameter is not as the API wants it: this may be a fault of audience_assets, report the trace",
    ),
    102: Meaning("account", f"the access token's session has ended: {_RENEW}"),
    105: Meaning("batch", "the request holds too much: set a smaller rows_per_batch"),
    190: Meaning("account", f"the access token is not valid: {_RENEW}"),
    270: Meaning(
        "account",
        "the app has only development access to the Marketing API: ask Meta for standard access, or use the token of an"
        " app that has it",
    ),
    294: Meaning("account", "the access token lacks ads_management: make one that has it"),
    368: Meaning(
        "account",
        "Meta has blocked this for a breach of its policies: a person looks into the account's quality page in Business"
        " Manager; do not repeat it",
    ),
    803: Meaning("audience", "there is no such object at Meta: mend the id in the settings"),
    2635: Meaning(
        "account", "this version of the API is no longer served: raise api_version in the settings"
    ),
    2650: Meaning(
        "audience",
        "it does not take this list, as when it was begun with another form of schema: use a new audience, or the schema"
        " that it was begun with",
    ),
    2655: Meaning(
        "audience",
        "terms that this audience needs are not accepted: a person accepts them in Business Manager",
    ),
}

_MISSING: dict[Literal["account", "audience"], Meaning] = {
    "account": Meaning(
        "account",
        "the ad account does not exist or the token has no access to it: mend ad_account, or give the token's user access",
    ),
    "audience": Meaning(
        "audience",
        "the audience does not exist or the token has no access to it: mend its id, or share it with the ad account",
    ),
}
_UNKNOWN = Meaning(
    "audience", "look the code up in Meta's error reference, or ask Meta's support with the trace"
)


def meaning_of(code: int, subcode: int | None, about: Literal["account", "audience"]) -> Meaning:
    """What an error means; `about` is what the call's path named, since code 100 with 33 says only that it is missing."""
    if code == INVALID_REQUEST and subcode == MISSING_OBJECT:
        return _MISSING[about]
    if code == REPLACE_FAMILY and subcode in REPLACE_BY_SUBCODE:
        return Meaning("audience", REPLACE_BY_SUBCODE[subcode])
    found = (
        (BY_CODE_AND_SUBCODE.get((code, subcode)) if subcode is not None else None)
        or (BY_SUBCODE.get(subcode) if subcode is not None else None)
        or BY_SUBCODE.get(code)
        or BY_CODE.get(code)
    )
    return found or (_NO_PERMISSION if code in PERMISSIONS else _UNKNOWN)
