"""S3's POST Object as a browser form: making a signed form, and the refusals that SeaweedFS leaves out.

Source: Amazon S3, API reference, POST Object and POST policy (fields after `file` are ignored; every field but the signature,
the policy, the file and `x-ignore-*` must stand in the policy).
"""

import base64
import binascii
import json
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any
from xml.sax.saxutils import escape

from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from audience_assets.sandbox.s3 import S3Server

IN_MEMORY_BYTES = 1 << 20
CHUNK_BYTES = 1 << 18
OUTSIDE_THE_POLICY = {"policy", "x-amz-signature", "file"}
AS_SDKS_WRITE = {"policy": "Policy"}
"""The partner shows the fields as Amazon's JavaScript SDK names them; S3 does not look at the case."""


class PostForms:
    """Makes forms for one bucket, signed with the administrator's key (Signature Version 4)."""

    def __init__(self, s3: S3Server) -> None:
        import boto3  # noqa: PLC0415 (slow, and needed only where a server runs)
        from botocore.config import Config  # noqa: PLC0415

        self._bucket = s3.bucket
        self._client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=s3.endpoint_url,
            region_name=s3.region,
            aws_access_key_id=s3.administrator.access_key_id,
            aws_secret_access_key=s3.administrator.secret_access_key,
            config=Config(signature_version="s3v4", proxies={}),
        )

    def signed(self, key: str, *, content_type: str, expires_in: int, max_bytes: int) -> dict[str, str]:
        """The fields that let anyone put one object of at most `max_bytes` at `key`, for `expires_in` seconds."""
        content = {"Content-Type": content_type}
        made = self._client.generate_presigned_post(
            self._bucket,
            key,
            Fields=content,
            Conditions=[content, ["content-length-range", 0, max_bytes]],
            ExpiresIn=expires_in,
        )
        return {_as_sdks_write(name): value for name, value in made["fields"].items()}

    def close(self) -> None:
        """Close all connections."""
        self._client.close()


def _as_sdks_write(name: str) -> str:
    return (
        "-".join(part.capitalize() for part in name.split("-"))
        if name.startswith("x-")
        else AS_SDKS_WRITE.get(name, name)
    )


@dataclass(frozen=True)
class PostedForm:
    """A form as it was posted: the fields that S3 reads, by lower-case name, and the body byte for byte."""

    fields: Mapping[str, str]
    files: int
    body: IO[bytes]

    @property
    def size(self) -> int:
        """The body's bytes in all."""
        return self.body.seek(0, 2)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body again."""
        self.body.seek(0)
        while chunk := self.body.read(CHUNK_BYTES):
            yield chunk


@contextmanager
def spool() -> Iterator[IO[bytes]]:
    """A temporary file that is on disk only when it is large."""
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        yield file


async def read(request: Request, body: IO[bytes]) -> PostedForm | None:
    """The posted form, with its bytes kept in `body`; None when it is no multipart form."""

    async def kept() -> "AsyncIterator[bytes]":
        async for chunk in request.stream():
            body.write(chunk)
            yield chunk

    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return None
    try:
        form = await MultiPartParser(request.headers, kept()).parse()  # type: ignore[arg-type]
    except MultiPartException:
        return None
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        if name == "file":
            break  # S3 ignores what follows
        fields[name.lower()] = str(value)
    files = len(form.getlist("file"))
    await form.close()
    return PostedForm(fields, files, body)


def refusal(form: PostedForm | None) -> Response | None:
    """What S3 refuses before it looks at the signature; None when it would not."""
    if form is None:
        return error(
            400,
            "MalformedPOSTRequest",
            "The body of your POST request is not well-formed multipart/form-data.",
        )
    if form.files != 1:
        return error(
            400, "IncorrectNumberOfFilesInPostRequest", "POST requires exactly one file upload per request."
        )
    if "key" not in form.fields:
        return error(
            400,
            "InvalidArgument",
            "Bucket POST must contain a field named 'key'. If it is specified, please check the order of the fields.",
        )
    signed = _names_in_policy(form.fields.get("policy", ""))
    if signed is not None:
        extra = [
            name
            for name in form.fields
            if name not in signed | OUTSIDE_THE_POLICY and not name.startswith("x-ignore-")
        ]
        if extra:
            return error(
                403, "AccessDenied", f"Invalid according to Policy: Extra input fields: {', '.join(extra)}"
            )
    return None


def error(status: int, code: str, message: str) -> Response:
    """An error as S3 words it."""
    page = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message></Error>'
    return Response(page, status_code=status, media_type="application/xml")


def _names_in_policy(policy: str) -> set[str] | None:
    """The fields that a policy speaks of; None when it is no policy, which the signature check then refuses."""
    try:
        conditions = json.loads(base64.b64decode(policy))["conditions"]
    except (ValueError, KeyError, TypeError, binascii.Error):
        return None
    exact = {name.lower() for condition in conditions if isinstance(condition, dict) for name in condition}
    matched = {
        condition[1].removeprefix("$").lower()
        for condition in conditions
        if isinstance(condition, list) and isinstance(condition[1], str)
    }
    return exact | matched
