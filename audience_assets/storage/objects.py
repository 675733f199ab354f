"""One small face over S3 for delivering immutable files: a key is created once and never replaced, read or listed.

It asks for the PutObject right alone. Keys are expected to hold the hash of their bytes, which makes every repeat harmless.
"""

import base64
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol, Self

from audience_assets import counting
from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError, SettingsError, StateError
from audience_assets.storage import s3_refusals
from audience_assets.storage.s3_refusals import RacingWriteError

LARGEST_PUT = 5 * 1024**3  # what S3 takes in one request
RACE_PAUSES = (0.1, 0.3, 0.9)
MAY_NOT_WRITE = "ask the partner to allow s3:PutObject there for these credentials, or mend the credentials"
MAY_NOT_ASSUME = (
    "ask the partner to let these credentials assume the role, with this external id, or mend the role"
)


@dataclass(frozen=True)
class S3Target:
    """Where files go and with which credentials: static keys, a profile, or what AWS tools find by themselves."""

    bucket: str
    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: str | None = None
    secret_access_key: str | None = field(default=None, repr=False)
    session_token: str | None = field(default=None, repr=False)
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = field(default=None, repr=False)
    conditional: Literal["if-none-match", "off"] = "if-none-match"
    server_side_encryption: str | None = None
    kms_key_id: str | None = None
    acl: str | None = None
    max_attempts: int = 5  # in all, the first one included

    def __post_init__(self) -> None:
        """Refuse what botocore would accept and then show in an error, or fail on without a reason."""
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise SettingsError("S3 needs access_key_id and secret_access_key together, or neither of them")
        if self.max_attempts < 1:
            raise SettingsError("max_attempts of an S3 destination must be 1 or more")
        for name in ("access_key_id", "secret_access_key", "session_token", "external_id"):
            if any(not sign.isprintable() or sign.isspace() for sign in getattr(self, name) or ""):
                raise SettingsError(f"{name} of an S3 destination holds a space or a line end: remove it")


class S3Client(Protocol):
    """The part of boto3's S3 client that is used here."""

    def put_object(self, **request: Any) -> Mapping[str, Any]:
        """Create or replace one object."""

    def close(self) -> None:
        """Close all connections."""


@dataclass(frozen=True)
class S3Objects:
    """One bucket that files are delivered to; made by `connect`."""

    target: S3Target
    client: S3Client = field(repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def put_new(
        self, key: str, path: Path, *, sha256: str, metadata: Mapping[str, str], content_type: str
    ) -> Literal["created", "already there"]:
        """Create `key` with the bytes of `path`, unless it exists.

        "already there" is a success: the key holds the content's hash, so the same bytes are there, and maybe it was
        ourselves, when an answer was lost on its way.

        Raises:
            SettingsError: the file is larger than one request may be.
            StateError: the file is missing.
            DestinationRefusedError: a person has to change something.
            DeliveryInterruptedError: it may be run again as it is.
        """
        self._require_one_request(path)
        request = self._request(key, sha256, metadata, content_type)
        outcome = self._put(request, path)
        for pause in RACE_PAUSES:
            if not isinstance(outcome, RacingWriteError):
                break
            time.sleep(pause)
            outcome = self._put(request, path)
        if isinstance(outcome, AudienceAssetsError):
            raise outcome
        return outcome

    def _request(
        self, key: str, sha256: str, metadata: Mapping[str, str], content_type: str
    ) -> dict[str, Any]:
        target = self.target
        chosen = {
            "IfNoneMatch": "*" if target.conditional == "if-none-match" else None,
            "ServerSideEncryption": target.server_side_encryption,
            "SSEKMSKeyId": target.kms_key_id,
            "ACL": target.acl,
        }
        return {
            "Bucket": target.bucket,
            "Key": key,
            "ChecksumSHA256": base64.b64encode(bytes.fromhex(sha256)).decode(),
            "ContentType": content_type,
            "Metadata": dict(metadata),
            **{name: value for name, value in chosen.items() if value is not None},
        }

    def _put(
        self, request: Mapping[str, Any], path: Path
    ) -> Literal["created", "already there"] | AudienceAssetsError:
        """Send once (botocore repeats on its own) and return the error, so that nothing hangs on to its cause."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (slow to import)
        from botocore.parsers import ResponseParserError  # noqa: PLC0415

        what = f"s3://{self.target.bucket}/{request['Key']} was not delivered"
        counting.made(request, path.stat().st_size)
        with path.open("rb") as body:
            try:
                answer = self.client.put_object(Body=body, **request)
            except ClientError as error:
                if s3_refusals.exists(error) and "IfNoneMatch" in request:
                    return "already there"
                if s3_refusals.expired(error) and self.target.role_arn:
                    return DeliveryInterruptedError(
                        f"{what}, the role's keys ran out: run it again for new ones"
                    )
                return s3_refusals.explain_answer(error, what, denied=MAY_NOT_WRITE)
            except (BotoCoreError, ResponseParserError) as error:
                return s3_refusals.explain_failure(error, what)
        counting.repeated(answer.get("ResponseMetadata", {}).get("RetryAttempts", 0))
        if not answer.get("ETag"):  # a proxy's page with status 200 is no receipt
            return DeliveryInterruptedError(
                f"{what}, what answered was not an S3 store; it is safe to run again"
            )
        return "created"

    @staticmethod
    def _require_one_request(path: Path) -> None:
        if not path.is_file():
            raise StateError(f"{path} is missing: materialize it again")
        if path.stat().st_size > LARGEST_PUT:
            raise SettingsError(
                f"{path} is over 5 GB, more than S3 takes in one request: set fewer rows per file"
            )


def connect(target: S3Target) -> S3Objects:
    """Open the bucket of `target`, with the keys of its role when it has one."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 (slow to import)
    from botocore.parsers import ResponseParserError  # noqa: PLC0415
    from dagster_aws.s3 import S3Resource  # noqa: PLC0415 (takes more than a second to import)

    what = f"s3://{target.bucket} could not be opened"
    refusal: AudienceAssetsError
    try:
        keys = assume_role(target) if target.role_arn else target
        client: S3Client = S3Resource(
            endpoint_url=keys.endpoint_url,
            region_name=keys.region,
            profile_name=keys.profile,
            aws_access_key_id=keys.access_key_id,
            aws_secret_access_key=keys.secret_access_key,
            aws_session_token=keys.session_token,
            max_attempts=_retries(keys),
        ).get_client()
    except ClientError as error:
        refusal = s3_refusals.explain_answer(error, f"{what} as {target.role_arn}", denied=MAY_NOT_ASSUME)
    except (BotoCoreError, ResponseParserError) as error:
        refusal = s3_refusals.explain_failure(error, what)
    except ValueError:  # botocore's word for an endpoint that is not an address
        refusal = SettingsError(f"{what}: endpoint_url or region is not valid; mend the settings")
    else:
        return S3Objects(target, client)
    raise refusal


def assume_role(target: S3Target) -> S3Target:
    """The same target with the temporary keys of its role."""
    import boto3  # noqa: PLC0415 (slow to import)
    from botocore.config import Config  # noqa: PLC0415

    sts = boto3.session.Session(profile_name=target.profile).client(
        "sts",
        endpoint_url=target.endpoint_url,
        region_name=target.region,
        aws_access_key_id=target.access_key_id,
        aws_secret_access_key=target.secret_access_key,
        aws_session_token=target.session_token,
        config=Config(retries={"mode": "standard", "max_attempts": _retries(target)}),
    )
    request = {"RoleArn": target.role_arn, "RoleSessionName": "audience-assets"}
    if target.external_id is not None:
        request["ExternalId"] = target.external_id
    try:
        keys = sts.assume_role(**request)["Credentials"]
    finally:
        sts.close()
    return replace(
        target,
        profile=None,
        access_key_id=keys["AccessKeyId"],
        secret_access_key=keys["SecretAccessKey"],
        session_token=keys["SessionToken"],
    )


def _retries(target: S3Target) -> int:
    return target.max_attempts - 1  # botocore counts the attempts after the first one
