"""What the answers and failures of an S3 request mean for a person: change something, or run it again.

Servers and botocore may repeat what was sent, a session token for one. So of an answer only its status and code are told,
and of a failure only its kind.
"""

from typing import Any

from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError, DestinationRefusedError

FORBIDDEN, NOT_FOUND, CONFLICT, PRECONDITION_FAILED, NOT_IMPLEMENTED = 403, 404, 409, 412, 501
PASSING_STATUSES = {408, 429, 500, 502, 503, 504}
PASSING_CODES = {"RequestTimeout", "SlowDown", "Throttling", "ThrottlingException", "InternalError"}
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
ASK = "mend the destination's settings, or ask the partner about this code"
ADVICE = {
    "AccessControlListNotSupported": "remove `acl` from the settings",
    "AuthorizationHeaderMalformed": "mend the region in the settings",
    "BadDigest": "the bytes that arrived have another SHA-256: materialize the file again",
    "IllegalLocationConstraintException": "mend the region in the settings",
    "InvalidAccessKeyId": "the access key id is unknown there: mend the credentials",
    "InvalidToken": "the session token is not valid: mend the credentials",
    "NoSuchBucket": "there is no such bucket: mend the bucket or the endpoint in the settings",
    "PermanentRedirect": "the bucket is in another region: mend the region in the settings",
    "RequestTimeTooSkewed": "this machine's clock is wrong: set it",
    "SignatureDoesNotMatch": "the secret access key does not belong to the access key id: mend the credentials",
    "XAmzContentChecksumMismatch": "the bytes that arrived have another SHA-256: materialize the file again",
    **dict.fromkeys(EXPIRED, "the temporary credentials are out of date: get new ones"),
}


class RacingWriteError(DeliveryInterruptedError):
    """Somebody else is writing the same key at this moment."""


def exists(error: Any) -> bool:
    """Whether the answer is that the condition does not hold: that the key exists, or changed."""
    return _status(error) == PRECONDITION_FAILED


def missing(error: Any) -> bool:
    """Whether the answer is that the key does not exist; a bucket that does not is something else."""
    return _status(error) == NOT_FOUND and _code(error) != "NoSuchBucket"


def not_implemented(error: Any) -> bool:
    """Whether the answer is that the store does not know what was asked."""
    return _status(error) == NOT_IMPLEMENTED


def expired(error: Any) -> bool:
    """Whether the answer is that temporary credentials ran out."""
    return _code(error) in EXPIRED


def explain_answer(error: Any, what: str, *, denied: str, otherwise: str = ASK) -> AudienceAssetsError:
    """The error for botocore's ClientError, an answer that says no.

    `denied` is the advice when a right is missing, `otherwise` the one for what is not known.
    """
    status, code = _status(error), _code(error)
    what = f"{what}, the answer was {status} {code}".rstrip()
    if status == CONFLICT:
        return RacingWriteError(
            f"{what}: another write of the same key is under way; it is safe to run again"
        )
    if status in PASSING_STATUSES or code in PASSING_CODES:
        return DeliveryInterruptedError(f"{what}: the store is busy or failing; it is safe to run again")
    if code in ADVICE:
        return DestinationRefusedError(f"{what}: {ADVICE[code]}")
    if status == FORBIDDEN:
        return DestinationRefusedError(f"{what}: {denied}")
    if status == NOT_IMPLEMENTED:
        return DestinationRefusedError(
            f'{what}: the store does not know something that was asked; if it is If-None-Match, set `conditional = "off"`'
        )
    return DestinationRefusedError(f"{what}: {otherwise}")


def explain_failure(
    error: Exception, what: str, *, otherwise: str = "mend the destination's settings or credentials"
) -> AudienceAssetsError:
    """The error for a request that got no answer, or none that botocore could read, or was never sent.

    `otherwise` is the advice for what is not known.
    """
    from botocore import exceptions as kinds  # noqa: PLC0415 (slow to import)
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    what = f"{what} ({type(error).__name__})"
    if isinstance(error, kinds.SSLError):
        return DestinationRefusedError(
            f"{what}: no trusted TLS connection; mend the endpoint or its certificates"
        )
    if isinstance(error, (kinds.ConnectionError, kinds.HTTPClientError)):
        return DeliveryInterruptedError(
            f"{what}: no connection or no answer in time; it is safe to run again"
        )
    if isinstance(error, ResponseParserError):
        return DeliveryInterruptedError(
            f"{what}: the answer was not S3's; it is safe to run again, and if it stays so mend the endpoint"
        )
    if isinstance(error, (kinds.NoCredentialsError, kinds.PartialCredentialsError)):
        return DestinationRefusedError(f"{what}: no AWS credentials were found; set them or a profile")
    return DestinationRefusedError(f"{what}: {otherwise}")


def _status(error: Any) -> int:
    return int(getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(error: Any) -> str:
    """The error's code when it looks like one; a page of HTML in its place is not repeated."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if code.isalnum() and not code.isdigit() and len(code) < 60 else ""  # noqa: PLR2004
