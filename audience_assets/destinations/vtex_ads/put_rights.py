"""Asks an S3 store whether objects may be put below a prefix, without putting one.

A part is offered to an upload that is not there. Uploading a part needs s3:PutObject and nothing else, and no store can
keep the part of nothing: whoever may put hears NoSuchUpload, whoever may not hears AccessDenied. A conditional PUT would
be no such question, since If-Match needs s3:GetObject as well.
Source: Amazon S3, API reference, UploadPart (permissions, errors); User guide, conditional writes.
"""

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from audience_assets.destinations.preflight import ConcernError
from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError, DestinationRefusedError
from audience_assets.http.witness import seconds_ahead
from audience_assets.storage import objects, s3_refusals
from audience_assets.storage.objects import MAY_NOT_WRITE, S3Target

NO_SUCH_UPLOAD = "NoSuchUpload"
NO_UPLOAD = "audience-assets-preflight"
"""An upload id that no store gives."""
CHECK_OF_CODE = {
    "RequestTimeTooSkewed": "clock",
    **dict.fromkeys(
        (
            "InvalidAccessKeyId",
            "InvalidToken",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "ExpiredToken",
            "ExpiredTokenException",
        ),
        "credentials",
    ),
    **dict.fromkeys(
        (
            "NoSuchBucket",
            "PermanentRedirect",
            "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException",
        ),
        "bucket",
    ),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the store said: the check that it speaks against with the error, if any, and how far its clock is ahead."""

    check: str = ""
    error: AudienceAssetsError | None = None
    seconds_ahead: float | None = None


def ask(target: S3Target, key: str) -> Answer:
    """What the store says to a part of an upload of `key` that is not there."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (slow to import)
    from botocore.parsers import ResponseParserError  # noqa: PLC0415

    what = f"it was asked whether s3://{target.bucket}/{key} may be put"
    try:
        with closing(objects.connect(target).client) as client:
            _offer(client, target.bucket, key)
    except ClientError as error:
        return _of_answer(error, what)
    except (BotoCoreError, ResponseParserError) as error:
        return _of_failure(s3_refusals.explain_failure(error, what))
    except AudienceAssetsError as error:
        return _of_failure(error)
    return Answer("put_rights", _unsure(target.bucket))


def _offer(client: Any, bucket: str, key: str) -> None:
    client.upload_part(Bucket=bucket, Key=key, UploadId=NO_UPLOAD, PartNumber=1, Body=b"")


def _of_answer(error: Any, what: str) -> Answer:
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    ahead = seconds_ahead(headers.get("date"), time.time())
    code = str(error.response.get("Error", {}).get("Code", ""))
    if code == NO_SUCH_UPLOAD:
        return Answer(seconds_ahead=ahead)
    explained = s3_refusals.explain_answer(error, what, denied=MAY_NOT_WRITE)
    if isinstance(explained, DeliveryInterruptedError):
        return Answer("connection", explained, ahead)
    if code not in CHECK_OF_CODE and code != "AccessDenied":
        explained = ConcernError(f"{explained}; the right to put objects could not be asked for")
    return Answer(CHECK_OF_CODE.get(code, "put_rights"), explained, ahead)


def _of_failure(error: AudienceAssetsError) -> Answer:
    """No credentials were found or no role was given, or the store is not reached."""
    return Answer("credentials" if isinstance(error, DestinationRefusedError) else "connection", error)


def _unsure(bucket: str) -> ConcernError:
    return ConcernError(
        f"what answers for s3://{bucket} takes a part of an upload that is not there, so the right to put objects could"
        " not be asked for"
    )
