"""Lets DuckDB read s3:// paths through pyarrow's S3 client: none of DuckDB's extensions is needed.

Reading only. Nothing is ever written this way, because a broken stream would publish half a Parquet file.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from fsspec.implementations.arrow import ArrowFSWrapper

from audience_assets.errors import AudienceAssetsError, ExtractError, SettingsError
from audience_assets.storage.s3_settings import S3AccessSettings
from audience_assets.storage.shared_file import OnS3, SharedFile

CREDENTIALS = {
    "ACCESS_DENIED": "the credentials lack the right to list or read there",
    "INVALID_ACCESS_KEY_ID": "the access key id is unknown",
    "SIGNATURE_DOES_NOT_MATCH": "the secret access key does not belong to the access key id",
    "INVALID_SIGNATURE": "the secret access key does not belong to the access key id",
    "EXPIRED_TOKEN": "the temporary credentials are out of date",
    "INVALID_CLIENT_TOKEN_ID": "the credentials are unknown",
    "MISSING_AUTHENTICATION_TOKEN": "there are no credentials",
    "UNRECOGNIZED_CLIENT": "the credentials are unknown",
}
"""Codes of the AWS SDK that say the settings or credentials are wrong, and what is wrong with them."""


class S3Reading(ArrowFSWrapper):  # type: ignore[misc]  # fsspec ships no types
    """pyarrow's S3 client under the protocol name that DuckDB looks for."""

    protocol = "s3"
    cachable = False

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(each) for each in path]
        return str(path).removeprefix(f"{cls.protocol}://").rstrip("/")

    def open(self, path: str, mode: str = "rb", **_: Any) -> SharedFile:
        """An object to read, by several threads of DuckDB at once."""
        if mode != "rb":
            raise NotImplementedError("nothing is written to S3 in this way")
        return SharedFile(OnS3(self.fs, self._strip_protocol(path)))


def filesystem(access: S3AccessSettings | None) -> S3Reading:
    """A file system for s3:// paths with the configured credentials, or those of the ordinary AWS chain.

    Raises:
        SettingsError: The settings do not make an S3 client.
    """
    return S3Reading(client(access, "source.s3"))


def client(access: S3AccessSettings | None, section: str) -> Any:
    """The S3 client of pyarrow with the credentials of a section of the settings.

    Raises:
        SettingsError: The settings do not make an S3 client.
    """
    from pyarrow.fs import S3FileSystem  # noqa: PLC0415 - starts the AWS SDK, only where S3 is read

    options = {} if access is None else _options(access, section)
    try:
        return S3FileSystem(**{name: value for name, value in options.items() if value is not None})
    except (ValueError, OSError) as error:
        raise SettingsError(
            f"{section} does not make an S3 client ({type(error).__name__}): mend its keys"
        ) from None


def explained(error: OSError, path: str) -> AudienceAssetsError:
    """The error for a place that cannot be looked at, without the store's own words."""
    code = next(iter(re.findall(r"\bAWS Error ([A-Z_]+)", str(error))), "")
    status = next(iter(re.findall(r"\bHTTP status (\d{3})\b", str(error))), "")
    if not path.startswith("s3://"):
        return ExtractError(
            f"{path} cannot be read ({type(error).__name__}): mend source.path, or give this process the right to read it"
        )
    if code in CREDENTIALS or status in {"401", "403"}:
        advice = CREDENTIALS.get(code, CREDENTIALS["ACCESS_DENIED"])
        return SettingsError(f"{path} cannot be read, {advice}: mend source.s3 or the environment it names")
    if code == "NO_SUCH_BUCKET":
        return ExtractError(f"{path} cannot be read, there is no such bucket: mend source.path or source.s3")
    reason = code or status or type(error).__name__
    return ExtractError(f"{path} cannot be read ({reason}): the store is not reachable or failing; run again")


def _options(access: S3AccessSettings, section: str) -> dict[str, Any]:
    """What pyarrow calls the settings.

    Raises:
        SettingsError: They are incomplete or contradict one another.
    """
    given = access.credentials()
    if given["profile"]:
        given |= _profile_credentials(given["profile"], section)
    options = {
        "region": given["region"],
        "access_key": given["access_key_id"],
        "secret_key": given["secret_access_key"],
        "session_token": given["session_token"],
        "role_arn": given["role_arn"],
        "external_id": given["external_id"],
    }
    if given["endpoint_url"]:
        endpoint = urlsplit(given["endpoint_url"])
        if endpoint.scheme not in {"http", "https"} or not endpoint.netloc:
            raise SettingsError(f"{section}.endpoint_url must begin with http:// or https:// and name a host")
        options |= {"scheme": endpoint.scheme, "endpoint_override": endpoint.netloc}
    return options


def _profile_credentials(profile: str, section: str) -> dict[str, Any]:
    """The keys of an AWS profile, which pyarrow cannot look up by itself."""
    import boto3  # noqa: PLC0415 - slow, and only where a profile is used
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415

    try:
        session = boto3.session.Session(profile_name=profile)
        found = session.get_credentials()
        keys = found.get_frozen_credentials() if found else None
    except BotoCoreError as error:
        raise SettingsError(
            f"{section}.profile {profile!r} cannot be used ({type(error).__name__})"
        ) from None
    if keys is None:
        raise SettingsError(f"{section}.profile {profile!r} has no credentials")
    return {
        "access_key_id": keys.access_key,
        "secret_access_key": keys.secret_key,
        "session_token": keys.token,
    }
