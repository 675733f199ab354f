"""Turns every answer of Meta's API into one of four outcomes, and refusals into errors that say what to do.

Meta's own message may repeat what was sent, so of an error only its codes, its trace and its title are told.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import httpx2

from audience_assets.destinations.meta.codes import (
    LIMITS,
    PASSING,
    REPLACE_BY_SUBCODE,
    REPLACE_FAMILY,
    Meaning,
    Scope,
    meaning_of,
)
from audience_assets.destinations.meta.limits import usage_in
from audience_assets.errors import DestinationRefusedError
from audience_assets.http.outcome import (
    Done,
    Outcome,
    Refused,
    Retry,
    Unknown,
    json_object,
    outcome_of_page,
)

TRACE = re.compile(r"[\w-]{1,64}")
LONGEST_TITLE = 120
TOO_LARGE = frozenset({413, 414})
PROOF_REFUSED = Meaning(
    "account", "app_secret does not belong to the access token's app, or the app demands one: mend app_secret"
)


class MetaRefusedError(DestinationRefusedError):
    """Meta refused and will again; `scope` says what to stop: all of the account, one audience, or one batch."""

    def __init__(self, message: str, *, code: int | None, subcode: int | None, scope: Scope) -> None:
        super().__init__(message)
        self.code = code
        self.subcode = subcode
        self.scope: Scope = scope
        self.one_audience = scope != "account"


class ReplaceError(MetaRefusedError):
    """A replacing of an audience cannot go on as it is; `subcode` tells the sender how to go on.

    1870145 an update is in progress, 1870147 the first batch is missing, 1870158 the 90 minutes are over, 1870159 the
    session is finished, 1870148 not wholly updated, 1870144 too large.
    """


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked, for the sentences of errors ("add batch 3 to audience 123"), and what its path names."""

    what: str
    about: Literal["account", "audience"]


def outcome_of(response: httpx2.Response, call: Call) -> Outcome:
    """What an answer means. Success is a JSON object without "error" and with status 200, and nothing else is."""
    body = json_object(response)
    error = body.get("error") if body is not None else None
    if isinstance(error, Mapping) and isinstance(error.get("code"), int):
        return _outcome_of_error(error, response.headers, call)
    if body is not None and error is None and response.status_code == httpx2.codes.OK:
        return Done(body)
    return _outcome_of_status(response.status_code, call)


def _outcome_of_error(error: Mapping[str, Any], headers: httpx2.Headers, call: Call) -> Outcome:
    code, subcode = error["code"], error.get("error_subcode")
    subcode = subcode if isinstance(subcode, int) else None
    said = _said(code, subcode, error)
    if code in LIMITS:
        return Retry(said, _seconds_to_regain_access(error, headers))
    if code == REPLACE_FAMILY and subcode in REPLACE_BY_SUBCODE:
        kind: type[MetaRefusedError] = ReplaceError
    elif code in PASSING or error.get("is_transient") is True:
        return Unknown(said)
    else:
        kind = MetaRefusedError
    meaning = meaning_of(code, subcode, call.about)
    if "appsecret_proof" in str(error.get("message")):
        meaning = PROOF_REFUSED
    message = f"Meta refused to {call.what} ({said}): {meaning.advice}"
    return Refused(kind(message, code=code, subcode=subcode, scope=meaning.scope))


def _outcome_of_status(status: int, call: Call) -> Outcome:
    """An answer that is not the API's: a proxy's or a gateway's page, or one that was cut short."""
    said = f"status {status} without an answer of the API"
    if (passing := outcome_of_page(status, said)) is not None:
        return passing
    if status in TOO_LARGE:
        scope: Scope = "batch"
        advice = "something on the way takes no request of this size; set a smaller rows_per_batch"
    else:
        scope = "account"
        advice = "what answered is not Meta's API; mend base_url, or the company's proxy"
    error = MetaRefusedError(
        f"could not {call.what} ({said}): {advice}", code=None, subcode=None, scope=scope
    )
    return Refused(error)


def _said(code: int, subcode: int | None, error: Mapping[str, Any]) -> str:
    title, trace = error.get("error_user_title"), error.get("fbtrace_id")
    parts = [f"code {code}"]
    if subcode is not None:
        parts.append(f"subcode {subcode}")
    if isinstance(title, str) and title.isprintable() and 0 < len(title) <= LONGEST_TITLE:
        parts.append(f'"{title}"')
    if isinstance(trace, str) and TRACE.fullmatch(trace):
        parts.append(f"trace {trace}")
    return ", ".join(parts)


def _seconds_to_regain_access(error: Mapping[str, Any], headers: httpx2.Headers) -> float | None:
    """What the header or the body names in minutes; 0 means that Meta does not say."""
    usage = usage_in(headers)
    minutes = error.get("estimated_time_to_regain_access")
    seconds = float(minutes) * 60 if isinstance(minutes, int | float) else 0.0
    return max(seconds, usage.regain_seconds) or None
