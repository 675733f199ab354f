"""The four things that one attempt of a call can come to, and which of them a failed connection is.

Whether a call may be sent again depends on what is known of the last attempt, not on its HTTP status.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from audience_assets.errors import DestinationRefusedError

NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
REQUEST_TIMEOUT, TOO_MANY_REQUESTS, FIRST_SERVER_ERROR = 408, 429, 500


@dataclass(frozen=True, slots=True)
class Done:
    """The partner did it; `body` is the answer's JSON object."""

    body: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Retry:
    """The partner did nothing and will later: every call may be repeated.

    `seconds` is how long it asked to be left alone, None when it did not say.
    """

    said: str
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The partner did nothing and will not until a person changes something."""

    error: DestinationRefusedError


@dataclass(frozen=True, slots=True)
class Unknown:
    """The partner may have done it or not: only a call that may be done twice is repeated."""

    said: str


Outcome = Done | Retry | Refused | Unknown


def outcome_of_failure(failure: httpx2.RequestError, what: str) -> Outcome:
    """The outcome of a request without an answer; `what` says what was asked for, as in "not done: add batch 3".

    Only the failure's kind is told, since its text may repeat what was sent.
    """
    kind = type(failure).__name__
    if _distrusts_certificate(failure):
        return Refused(
            DestinationRefusedError(
                f"{what}: there is no trusted TLS connection; mend base_url, the company's proxy"
                " or the certificates of this machine"
            )
        )
    if isinstance(failure, httpx2.UnsupportedProtocol | httpx2.LocalProtocolError):
        return Refused(
            DestinationRefusedError(f"{what}: the request could not be made ({kind}); mend base_url")
        )
    if isinstance(failure, NEVER_SENT):
        return Retry(f"no connection ({kind})")
    return Unknown(f"no answer after the request had left ({kind})")


def json_object(response: httpx2.Response) -> Mapping[str, Any] | None:
    """The answer's JSON object; None when it is something else, such as the page of a proxy or a part of an answer."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def outcome_of_page(status: int, said: str) -> Retry | Unknown | None:
    """The outcome of an answer that is not the partner's API's; None when something on the way refuses for good."""
    if status == TOO_MANY_REQUESTS:
        return Retry(said)
    if status == REQUEST_TIMEOUT or status >= FIRST_SERVER_ERROR or httpx2.codes.is_success(status):
        return Unknown(said)
    return None


def _distrusts_certificate(failure: BaseException) -> bool:
    cause: BaseException | None = failure
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
