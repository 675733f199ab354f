"""What a VTEX Ads destination can be told."""

from typing import TYPE_CHECKING, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from audience_assets.errors import SettingsError
from audience_assets.secret import Secret
from audience_assets.storage.objects import S3Target
from audience_assets.storage.s3_settings import S3AccessSettings

if TYPE_CHECKING:
    from audience_assets.destinations.vtex_ads.newtail import NewtailAccess

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
ONLY_WITH_PRESIGNED = ("app_id", "api_key", "upload_url", "timeout_seconds")
ONLY_WITH_S3 = (
    *S3AccessSettings.model_fields,
    "bucket",
    "prefix",
    "conditional",
    "server_side_encryption",
    "kms_key_id",
    "acl",
)
OTHER_TRANSPORT = {"s3": "presigned", "presigned": "s3"}


class VtexAdsSettings(S3AccessSettings):
    """One VTEX Ads publisher: where its files go and the readings that the partner's page leaves open."""

    type: Literal["vtex_ads"] = "vtex_ads"
    transport: Literal["s3", "presigned"] = "s3"
    bucket: str | None = None
    prefix: str = ""
    upload_url: str = "https://api-retail-media.newtail.com.br"
    app_id: Secret | None = None
    api_key: Secret | None = None
    consent: Literal["opt_out", "opt_in"] = "opt_out"
    rows_per_file: int = Field(default=1_000_000, ge=1)
    departed: Literal["blank", "clear_audiences", "keep"] = "blank"
    social_id: Literal["digits", "masked"] = "digits"
    conditional: Literal["if-none-match", "off"] = "if-none-match"
    server_side_encryption: str | None = None
    kms_key_id: str | None = None
    acl: str | None = None
    timeout_seconds: float = Field(default=60.0, gt=0)
    max_attempts: int = Field(default=5, ge=1)

    @field_validator("upload_url")
    @classmethod
    def _safe_address(cls, url: str) -> str:
        try:
            address = urlsplit(url)
            host, _ = address.hostname, address.port
        except ValueError:
            host = None
        if not host or address.username is not None or address.query or address.fragment:
            raise ValueError("write the API's address without credentials, as https://api.example.com")
        if address.scheme != "https" and not (address.scheme == "http" and host in LOOPBACK):
            raise ValueError(
                "credentials and customers' digests go there: the address must begin with https://"
            )
        return url.rstrip("/")

    @model_validator(mode="after")
    def _one_transport(self) -> Self:
        if self.transport == "presigned" and (self.app_id is None or self.api_key is None):
            raise ValueError(
                'transport = "presigned" needs app_id and api_key; your Newtail contact gives them'
            )
        idle = ONLY_WITH_S3 if self.transport == "presigned" else ONLY_WITH_PRESIGNED
        fields = type(self).model_fields
        if given := [name for name in idle if getattr(self, name) != fields[name].default]:
            raise ValueError(
                f'transport = "{self.transport}" does not use {", ".join(given)}:'
                f' remove that, or set transport = "{OTHER_TRANSPORT[self.transport]}"'
            )
        return self

    def target(self, destination: str) -> S3Target:
        """The bucket with its credentials.

        Raises:
            SettingsError: No bucket is configured, or a secret is not in the environment.
        """
        if not self.bucket:
            raise SettingsError(
                f"destinations.{destination}.bucket is not set: name the bucket that your Newtail contact gave you"
            )
        return S3Target(
            bucket=self.bucket,
            conditional=self.conditional,
            server_side_encryption=self.server_side_encryption,
            kms_key_id=self.kms_key_id,
            acl=self.acl,
            max_attempts=self.max_attempts,
            **self.credentials(),
        )

    def newtail(self, destination: str) -> "NewtailAccess":
        """The presigned transport's API with its credentials.

        Raises:
            SettingsError: The transport is another one, or a secret is not in the environment.
        """
        from audience_assets.destinations.vtex_ads.newtail import NewtailAccess  # noqa: PLC0415 (slow to import)

        if self.app_id is None or self.api_key is None:
            raise SettingsError(
                f'destinations.{destination}.transport is not "presigned": set it, with app_id and api_key'
            )
        return NewtailAccess(
            base_url=self.upload_url,
            app_id=self.app_id.value(),
            api_key=self.api_key.value(),
            timeout_seconds=self.timeout_seconds,
            max_attempts=self.max_attempts,
        )
