"""What the answers of Newtail's API and of the store behind it mean for one file.

Servers may repeat what they were sent. So of an answer only its status and S3's code are told.
"""

import re
from dataclasses import dataclass

import httpx2

from audience_assets.errors import DestinationRefusedError
from audience_assets.http.outcome import Done, Outcome, Refused, Retry, Unknown
from audience_assets.storage.s3_refusals import EXPIRED

SERVER_FAILED = 500
REQUEST_TIMEOUT, TOO_MANY_REQUESTS = 408, 429
STORED = {200, 201, 204}  # which of them, the form's fields decide
NOTHING_STORED = {"RequestTimeout", "ServiceUnavailable", "SlowDown", "Throttling", "ThrottlingException"}
"""S3's codes for "not now": unlike a bare 5xx, they say that the file was not kept."""
ASK = "ask your Newtail contact"
_CODE = re.compile("<Code>([A-Za-z]{1,60})</Code>")
_REFUSED_REQUESTS = {
    401: "Newtail does not accept the credentials: mend the variables that app_id and api_key name, or ask your Newtail"
    " contact for new ones",
    403: f"these credentials may not deliver audiences: {ASK} to allow it, or mend app_id and api_key",
    404: "there is no such API at this address: mend upload_url",
    405: "there is no such API at this address: mend upload_url",
}


@dataclass(frozen=True, slots=True)
class Expired:
    """The form ran out before the file was kept: a fresh one is needed."""


def outcome_of_request(response: httpx2.Response, what: str) -> Outcome:
    """What an answer of upload-url came to. Asking again is harmless: a form that is not used leaves nothing behind."""
    status = response.status_code
    if response.is_success:
        try:
            body = response.json()
        except (ValueError, UnicodeDecodeError):
            body = None
        if isinstance(body, dict):
            return Done(body)
        return Retry("what answered was not Newtail's API; if it stays so, mend upload_url")
    if status in {REQUEST_TIMEOUT, TOO_MANY_REQUESTS} or status >= SERVER_FAILED:
        return Retry(f"Newtail is busy or failing ({status})", _seconds_asked(response))
    advice = _REFUSED_REQUESTS.get(
        status, f"Newtail did not hand out an upload form: {ASK} about this status"
    )
    return Refused(DestinationRefusedError(f"{what}, the answer was {status}: {advice}"))


def outcome_of_upload(response: httpx2.Response, what: str) -> Outcome | Expired:
    """What the store's answer to a posted file came to."""
    status, code = response.status_code, _code(response)
    if response.is_success:
        if status in STORED and response.headers.get("ETag"):  # a proxy's page with status 200 is no receipt
            return Done({})
        return Unknown(f"what answered was not an S3 store ({status})")
    if code in EXPIRED or (code == "AccessDenied" and "Policy expired" in response.text):
        return Expired()
    if status == TOO_MANY_REQUESTS or code in NOTHING_STORED:
        return Retry(f"the store is busy ({status})", _seconds_asked(response))
    if status == REQUEST_TIMEOUT or status >= SERVER_FAILED:
        return Unknown(f"the store is failing ({status})")
    advice = f"the store does not take the form that Newtail handed out; {ASK}"
    if code == "EntityTooLarge":
        advice = "the file is too large; set a smaller rows_per_file"
    said = f"the store's answer was {status} {code}".rstrip()
    return Refused(DestinationRefusedError(f"{what}, {said}: {advice}"))


def _code(response: httpx2.Response) -> str:
    found = _CODE.search(response.text)
    return found[1] if found else ""


def _seconds_asked(response: httpx2.Response) -> float | None:
    """Retry-After in seconds; as a date it is not looked at, because the clocks may differ."""
    asked = response.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() else None
