"""Turns every answer of TikTok's API into one of four outcomes, and refusals into errors that say what to do.

TikTok's own message may repeat what was sent, so of a refusal only its code and the request's id are told.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from audience_assets.destinations.tiktok.codes import (
    BUSY,
    EXPIRED_FILE,
    FIRST_OF_TIKTOKS_OWN,
    INVALID,
    LIMITS,
    NOT_YET,
    PARTIAL_SUCCESS,
    STILL_BUSY,
    SUCCESS,
    TOO_FEW,
    TOO_FEW_PEOPLE,
    WRONG_PARAMETER,
    Scope,
    meaning_of,
)
from audience_assets.errors import AudienceNotReadyError, DestinationRefusedError
from audience_assets.http.outcome import (
    Done,
    Outcome,
    Refused,
    Retry,
    Unknown,
    json_object,
    outcome_of_page,
)

REQUEST_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
TOO_LARGE = 413


class TikTokRefusedError(DestinationRefusedError):
    """TikTok refused and will again; `scope` says what to stop: all of the advertiser, or one audience."""

    def __init__(self, message: str, *, code: int | None, scope: Scope) -> None:
        super().__init__(message)
        self.code = code
        self.scope: Scope = scope
        self.one_audience = scope != "account"


class ExpiredFileError(TikTokRefusedError):
    """TikTok no longer has an uploaded file: it must be uploaded again before it can be used."""


class TooFewPeopleError(TikTokRefusedError):
    """The audience would have fewer people than TikTok takes: nothing was changed."""


class AudienceBusyError(AudienceNotReadyError):
    """TikTok still processes an earlier change of the audience: nothing was changed, and it may be asked again later."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked, for the sentences of errors ("add to audience 123"), and what it names."""

    what: str
    about: Scope


def outcome_of(response: httpx2.Response, call: Call, pause_of_limit: Callable[[], float]) -> Outcome:
    """What an answer means. Success is status 200 with a JSON object whose code is 0, and nothing else is.

    `pause_of_limit` says how long to wait where TikTok says only that there were too many calls.

    Raises:
        AudienceBusyError: TikTok takes no change of the audience now.
    """
    body = json_object(response)
    code = body.get("code") if body is not None else None
    if body is None or not isinstance(code, int) or isinstance(code, bool):
        return _outcome_of_page(response.status_code, call, pause_of_limit)
    if code != SUCCESS:
        return _outcome_of_code(code, body, call, pause_of_limit)
    if response.status_code != httpx2.codes.OK:
        return _outcome_of_page(response.status_code, call, pause_of_limit)
    return Done(body)


def _outcome_of_code(
    code: int, body: Mapping[str, Any], call: Call, pause_of_limit: Callable[[], float]
) -> Outcome:
    said = _said(code, body)
    if code in LIMITS:
        return Retry(said, pause_of_limit())
    if code in NOT_YET:
        return Retry(said)
    if code == PARTIAL_SUCCESS or code >= FIRST_OF_TIKTOKS_OWN:
        return Unknown(said)
    words = str(body.get("message")) if code in (INVALID, WRONG_PARAMETER) else ""
    if BUSY.search(words):
        raise AudienceBusyError(f"could not {call.what} ({said}): {STILL_BUSY}")
    meaning, kind = meaning_of(code, call.about), TikTokRefusedError
    scope, advice = meaning.scope, meaning.advice
    if code == EXPIRED_FILE:
        kind = ExpiredFileError
    elif TOO_FEW.search(words):
        kind, scope, advice = TooFewPeopleError, "audience", TOO_FEW_PEOPLE
    return Refused(kind(f"TikTok refused to {call.what} ({said}): {advice}", code=code, scope=scope))


def _outcome_of_page(status: int, call: Call, pause_of_limit: Callable[[], float]) -> Outcome:
    """An answer that is not the API's: a proxy's or a gateway's page, or one that was cut short."""
    said = f"status {status} without an answer of the API"
    passing = outcome_of_page(status, said)
    if isinstance(passing, Retry):
        return Retry(said, pause_of_limit())
    if passing is not None:
        return passing
    if status == TOO_LARGE:
        scope: Scope = "audience"
        advice = "something on the way takes no request of this size; set a smaller file_bytes"
    else:
        scope = "account"
        advice = "what answered is not TikTok's API; mend base_url, or the company's proxy"
    return Refused(TikTokRefusedError(f"could not {call.what} ({said}): {advice}", code=None, scope=scope))


def _said(code: int, body: Mapping[str, Any]) -> str:
    request_id = body.get("request_id")
    if isinstance(request_id, str) and REQUEST_ID.fullmatch(request_id):
        return f"code {code}, request {request_id}"
    return f"code {code}"
