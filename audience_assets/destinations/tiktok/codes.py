"""What TikTok's return codes mean for a person: what stops, and what to do.

Sources: the return codes of tiktok-business-api-sdk; TikTok API for Business, rate limits.
"""

import re
from dataclasses import dataclass
from typing import Literal

Scope = Literal["account", "audience"]
"""What a refusal stops: everything for the advertiser, or one audience."""

SUCCESS, PARTIAL_SUCCESS = 0, 20001
INVALID, WRONG_PARAMETER, MISSING = 40000, 40002, 40007
WRONG_SIGNATURE, EXPIRED_FILE = 40900, 40910

LIMITS = frozenset({40016, 40100, 40132, 40133})
"""Too many calls: nothing was done, and it may be asked again later."""
TOKEN_REFUSED = frozenset({40102, 40104, 40105, 40106, 40113, 40114, 40309})
"""The token itself is no good, whatever is asked for with it."""
NOT_YET = frozenset({40201, 40202})
"""Not ready, or changed by another call at the same moment: nothing was done, and it may be asked again later."""
FIRST_OF_TIKTOKS_OWN = 50000
"""From here on it is TikTok's side that fails, and it does not say whether something was done."""

BUSY = re.compile(r"being processed|processing|in process|in progress|calculating|unfinished", re.IGNORECASE)
TOO_FEW = re.compile(r"\b1,?000\b|too few|too small|fewer than|audience size", re.IGNORECASE)
"""Code 40002 is a wrong parameter, an audience that is still being processed, and one that would have too few people: only
the message's words tell them apart."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """How far a refusal reaches and what mends it."""

    scope: Scope
    advice: str


_RENEW = "authorize the app again and put the new token into the environment"
_NEW_TOKEN = Meaning("account", f"the access token is not valid: {_RENEW}")
_NO_PERMISSION = Meaning(
    "account",
    "the access token may not do this: authorize the app for this advertiser, with the permission for audiences, and put"
    " the new token into the environment",
)
_ADVERTISER = Meaning(
    "account",
    "the advertiser does not exist or the token has no access to it: mend advertiser_id, or authorize the app for it",
)
_VERSION = Meaning(
    "account", "this version of the API is no longer served: a newer audience_assets is needed"
)
_SANDBOX = Meaning(
    "account", "TikTok's own sandbox cannot do this: use the advertiser's own base_url and token"
)
_OUR_FAULT = Meaning(
    "audience", "this may be a fault of audience_assets: report it with the request's id, which TikTok knows"
)
_FILE = Meaning(
    "audience",
    "TikTok cannot use the uploaded file: materialize the delta again; if it stays so, report it with the request's id",
)

TOO_FEW_PEOPLE = "it would have fewer people than TikTok takes, 1,000: hold it back, or delete it"
STILL_BUSY = "TikTok is still processing it; run again later"

BY_CODE = {
    40001: _NO_PERMISSION,
    40003: _NO_PERMISSION,
    40006: _VERSION,
    40007: Meaning(
        "audience", "TikTok does not find it, or the token has no access to it: mend its id in the settings"
    ),
    40008: _VERSION,
    40009: _SANDBOX,
    40010: _SANDBOX,
    40011: _OUR_FAULT,
    40012: Meaning("audience", "TikTok takes no changes of it: name another audience in the settings"),
    40013: _ADVERTISER,
    40051: _VERSION,
    40062: Meaning(
        "audience",
        "the file holds identifiers that are not hashed: this is a fault of audience_assets, report it; the delta's files"
        " say which",
    ),
    40101: _NO_PERMISSION,
    40102: Meaning("account", f"the access token has expired: {_RENEW}"),
    40104: Meaning("account", "the access token is empty: put it into the environment"),
    40105: _NEW_TOKEN,
    40106: Meaning("account", f"the token's user is no longer valid: {_RENEW}, as another user"),
    40113: Meaning(
        "account", "TikTok has blocked the app: see its page in TikTok for Business, or ask TikTok's support"
    ),
    40114: Meaning("account", f"the advertiser has withdrawn the app's access: {_RENEW}"),
    40117: _NO_PERMISSION,
    40118: Meaning(
        "account",
        "the advertiser or the app is not on TikTok's allow list for this: ask TikTok's support to add it",
    ),
    40119: _NO_PERMISSION,
    40124: _NO_PERMISSION,
    40125: _NO_PERMISSION,
    40130: _NO_PERMISSION,
    40300: _ADVERTISER,
    40301: Meaning(
        "account",
        "the role of the token's user in this advertiser is too low: raise it, or use another token",
    ),
    40302: _ADVERTISER,
    40309: _NEW_TOKEN,
    40400: _VERSION,
    40502: Meaning(
        "audience", "the advertiser has as many audiences as TikTok allows: delete some that are not used"
    ),
    40900: Meaning("audience", "the file did not arrive as it was sent, twice: run again"),
    40905: _FILE,
    40906: _FILE,
    40907: Meaning("audience", "the file is larger than TikTok takes: set a smaller file_bytes"),
    40908: _FILE,
    40909: _FILE,
    40910: Meaning("audience", "the uploaded file has expired at TikTok: run again, it is uploaded anew"),
    40915: _FILE,
    41000: Meaning(
        "account", "TikTok has blocked this: see the advertiser's notices, or ask TikTok's support"
    ),
    41001: _VERSION,
    41002: _VERSION,
}

_PARAMETER = Meaning(
    "audience",
    "a parameter is not as the API wants it: mend the audience's settings; if they are right, report it with the request's"
    " id",
)
_UNKNOWN = Meaning(
    "audience", "look the code up among TikTok's return codes, or ask its support with the request's id"
)


def meaning_of(code: int, about: Scope) -> Meaning:
    """What a refusal means; `about` is what the call named, since 40007 says only that something is missing."""
    if code == MISSING and about == "account":
        return _ADVERTISER
    if code in (INVALID, WRONG_PARAMETER):
        return _PARAMETER
    return BY_CODE.get(code, _UNKNOWN)
