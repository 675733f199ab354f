"""The bucket that holds our state: objects are created once or replaced as a whole, read, copied, listed and removed.

Unlike `objects`, which delivers to a partner and asks for one right, this is ours: it asks for GetObject, PutObject,
DeleteObject and ListBucket below the state's prefix.
"""

import base64
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

from audience_assets.errors import (
    DeliveryInterruptedError,
    DestinationRefusedError,
    SettingsError,
    StateError,
)
from audience_assets.storage import s3_refusals
from audience_assets.storage.objects import LARGEST_PUT, S3Target, assume_role
from audience_assets.storage.s3_settings import S3AccessSettings

RIGHTS = "allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there, or mend state_on_s3"
MEND = "mend state_dir or state_on_s3 in the settings"
ATTEMPTS = 5
CHUNK = 1 << 20
RENEWED = 1800
"""Seconds after which a client gets new keys of its role; they last an hour."""
SHA256 = "sha256"
"""The name under which an object's digest stands in its metadata."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object as the store describes it; `sha256` in hex, empty for one that came there in another way."""

    etag: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """A bucket, and how this deployment uses it; it holds no secret and may be sent to other machines.

    Attributes:
        bucket: Its name.
        access: How it is reached.
        scratch: Where files are written before they are sent; None for the machine's folder for temporary files.
        workers_elsewhere: Whether what one task writes and another one reads must cross machines.
    """

    bucket: str
    access: S3AccessSettings = field(repr=False)
    scratch: Path | None = None
    workers_elsewhere: bool = False

    def find(self, key: str) -> Found | None:
        """An object without its bytes; None where there is none."""
        with self._explaining(key, "read"):
            try:
                answer = self._client().head_object(Bucket=self.bucket, Key=key)
            except Exception as error:
                if s3_refusals.missing(error):
                    return None
                raise
        etag, size = str(answer["ETag"]), int(answer["ContentLength"])
        return Found(etag, str(answer["Metadata"].get(SHA256, "")), size)

    @contextmanager
    def stream(self, key: str) -> Iterator[BinaryIO]:
        """The bytes of an object, to be read from its beginning.

        Raises:
            FileNotFoundError: There is none.
        """
        with self._explaining(key, "read"):
            try:
                body = self._client().get_object(Bucket=self.bucket, Key=key)["Body"]
            except Exception as error:
                if s3_refusals.missing(error):
                    raise FileNotFoundError(f"s3://{self.bucket}/{key}") from None
                raise
            with closing(body):
                yield body

    def names(self, prefix: str) -> set[str]:
        """The keys that begin with a prefix."""
        with self._explaining(prefix, "listed"):
            pages = (
                self._client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            )
            return {each["Key"] for page in pages for each in page.get("Contents", [])}

    def listed(self, prefix: str) -> Iterator[tuple[str, int, datetime]]:
        """Key, size in bytes and time of writing of each object whose key begins with a prefix."""
        with self._explaining(prefix, "listed"):
            pages = (
                self._client().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            )
            for page in pages:
                for each in page.get("Contents", []):
                    yield each["Key"], int(each["Size"]), each["LastModified"]

    def folders(self, prefix: str) -> set[str]:
        """The names of what lies in folders right below a prefix that ends with a slash."""
        with self._explaining(prefix, "listed"):
            pages = (
                self._client()
                .get_paginator("list_objects_v2")
                .paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
            )
            found = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", [])]
        return {each.removeprefix(prefix).rstrip("/") for each in found}

    def any_below(self, prefix: str) -> bool:
        """Whether some key begins with a prefix."""
        with self._explaining(prefix, "listed"):
            answer = self._client().list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=1)
        return bool(answer.get("KeyCount"))

    def put(self, key: str, content: Path | bytes, sha256: str) -> None:
        """Create or replace an object in one request."""
        with self._explaining(key, "written"), _opened(content, key) as body:
            self._client().put_object(Body=body, **self._request(key, sha256))

    def put_new(self, key: str, path: Path, sha256: str) -> None:
        """Create an object in one request; the same bytes that are there already are as good.

        Raises:
            StateError: There are other bytes under the key.
        """
        with self._explaining(key, "written"), _opened(path, key) as body:
            try:
                self._client().put_object(Body=body, IfNoneMatch="*", **self._request(key, sha256))
            except Exception as error:
                if not s3_refusals.exists(error):
                    raise
            else:
                return
        self._require_same(key, sha256)

    def copy_new(self, draft: str, found: Found, key: str) -> None:
        """Create an object from a draft as it was found, within the store; the same bytes again are as good.

        Raises:
            StateError: There are other bytes under the key.
            DeliveryInterruptedError: The draft was written again meanwhile.
        """
        source = {"Bucket": self.bucket, "Key": draft}
        if (there := self.find(key)) is None:
            with self._explaining(key, "written"):
                try:
                    self._client().copy_object(
                        Bucket=self.bucket, Key=key, CopySource=source, CopySourceIfMatch=found.etag
                    )
                except Exception as error:
                    if not s3_refusals.exists(error):
                        raise
                    raise DeliveryInterruptedError(
                        f"s3://{self.bucket}/{draft} was written again meanwhile: nothing was published; run again"
                    ) from None
        elif there.sha256 != found.sha256:
            self._require_same(key, found.sha256)

    def remove_below(self, prefix: str) -> None:
        """Remove all objects whose keys begin with a prefix."""
        self.remove(sorted(self.names(prefix)))

    def remove(self, keys: Sequence[str]) -> None:
        """Remove objects; one that is gone already is no error."""
        for first in range(0, len(keys), 1000):
            batch = [{"Key": key} for key in keys[first : first + 1000]]
            with self._explaining(keys[first], "removed"):
                self._client().delete_objects(Bucket=self.bucket, Delete={"Objects": batch, "Quiet": True})

    def _require_same(self, key: str, sha256: str) -> None:
        there = self.find(key)
        if there is None or (there.sha256 or self._sha256(key)) != sha256:
            raise StateError(
                f"s3://{self.bucket}/{key} is there with other bytes than those that were to be written: nothing was "
                "replaced; move it away and run again"
            )

    def _sha256(self, key: str) -> str:
        with self.stream(key) as file:
            digest = hashlib.sha256()
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def _request(self, key: str, sha256: str) -> dict[str, Any]:
        return {
            "Bucket": self.bucket,
            "Key": key,
            "ChecksumSHA256": base64.b64encode(bytes.fromhex(sha256)).decode(),
            "Metadata": {SHA256: sha256},
        }

    def _client(self) -> Any:
        given = self.access.credentials()
        now = int(time.monotonic() // RENEWED) if given["role_arn"] else 0
        return _client(S3Target(self.bucket, **given, max_attempts=ATTEMPTS), now)

    @contextmanager
    def _explaining(self, key: str, done: str) -> Iterator[None]:
        """Say what a refusal or a failure of the store means; nothing of its own words."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (slow to import)
        from botocore.parsers import ResponseParserError  # noqa: PLC0415

        what = f"s3://{self.bucket}/{key} cannot be {done}"
        try:
            yield
        except ClientError as error:
            if s3_refusals.not_implemented(error):
                raise SettingsError(f"{what}: the store does not know If-None-Match; {MEND}") from None
            explained = s3_refusals.explain_answer(error, what, denied=RIGHTS, otherwise=MEND)
        except (BotoCoreError, ResponseParserError) as error:
            explained = s3_refusals.explain_failure(error, what, otherwise=MEND)
        else:
            return
        if isinstance(explained, DestinationRefusedError):
            raise SettingsError(str(explained)) from None
        raise explained from None


@contextmanager
def _opened(content: Path | bytes, key: str) -> Iterator[BinaryIO | bytes]:
    if isinstance(content, bytes):
        yield content
        return
    if content.stat().st_size > LARGEST_PUT:
        raise SettingsError(f"{key} is over 5 GB, more than S3 takes in one request: raise engine.buckets")
    with content.open("rb") as body:
        yield body


@lru_cache(maxsize=4)
def _client(target: S3Target, _renewed: int) -> Any:
    """A client for as long as the credentials stay the same."""
    import boto3  # noqa: PLC0415 (slow to import)
    from botocore.config import Config  # noqa: PLC0415

    keys = assume_role(target) if target.role_arn else target
    return boto3.session.Session(profile_name=keys.profile).client(
        "s3",
        endpoint_url=keys.endpoint_url,
        region_name=keys.region,
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        config=Config(retries={"mode": "standard", "total_max_attempts": ATTEMPTS}, max_pool_connections=16),
    )


# A forked process must not share its parent's connections.
os.register_at_fork(after_in_child=_client.cache_clear)
