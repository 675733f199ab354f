"""Lets DuckDB read s3:// paths through pyarrow's S3 client: none of DuckDB's extensions is needed.

Reading only. Nothing is ever written this way, because a broken stream would publish half a Parquet file.
"""

from typing import Any
from urllib.parse import urlsplit

from fsspec.implementations.arrow import ArrowFSWrapper

from audience_assets.storage.s3_settings import S3AccessSettings


class S3Reading(ArrowFSWrapper):
    """pyarrow's S3 client under the protocol name that DuckDB looks for."""

    protocol = "s3"
    cachable = False

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(each) for each in path]
        return str(path).removeprefix("s3://").rstrip("/")


def filesystem(access: S3AccessSettings | None) -> S3Reading:
    """A file system for s3:// paths with the configured credentials, or those of the ordinary AWS chain."""
    from pyarrow.fs import S3FileSystem  # noqa: PLC0415 - starts the AWS SDK, only where S3 is read

    options: dict[str, Any] = {}
    if access is not None:
        given = access.credentials()
        if given["endpoint_url"]:
            endpoint = urlsplit(given["endpoint_url"])
            options |= {"scheme": endpoint.scheme, "endpoint_override": endpoint.netloc}
        options |= {
            "region": given["region"],
            "access_key": given["access_key_id"],
            "secret_key": given["secret_access_key"],
            "session_token": given["session_token"],
            "role_arn": given["role_arn"],
            "external_id": given["external_id"],
        }
    return S3Reading(S3FileSystem(**{name: value for name, value in options.items() if value is not None}))
