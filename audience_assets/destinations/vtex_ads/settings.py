"""What a VTEX Ads destination can be told."""

from typing import Literal

from pydantic import Field

from audience_assets.errors import SettingsError
from audience_assets.storage.objects import S3Target
from audience_assets.storage.s3_settings import S3AccessSettings


class VtexAdsSettings(S3AccessSettings):
    """One VTEX Ads publisher: where its files go and the readings that the partner's page leaves open."""

    type: Literal["vtex_ads"] = "vtex_ads"
    bucket: str | None = None
    prefix: str = ""
    rows_per_file: int = Field(default=1_000_000, ge=1)
    departed: Literal["blank", "clear_audiences", "keep"] = "blank"
    social_id: Literal["digits", "masked"] = "digits"
    conditional: Literal["if-none-match", "off"] = "if-none-match"
    server_side_encryption: str | None = None
    kms_key_id: str | None = None
    acl: str | None = None
    max_attempts: int = Field(default=5, ge=1)

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
