"""How a bucket is reached: the same keys wherever the settings speak of S3."""

from typing import Any, Self

from pydantic import model_validator

from audience_assets.secret import Secret, revealed
from audience_assets.settings_section import Section


class S3AccessSettings(Section):
    """Endpoint, region and credentials; without any credentials the ordinary AWS chain is used."""

    endpoint_url: str | None = None
    region: str | None = None
    access_key_id: Secret | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None
    profile: str | None = None
    role_arn: str | None = None
    external_id: str | None = None

    @model_validator(mode="after")
    def _whole_key_pair(self) -> Self:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("give access_key_id and secret_access_key together, or neither of them")
        return self

    def credentials(self) -> dict[str, Any]:
        """Endpoint, region and credentials with the secrets read from the environment."""
        return {
            "endpoint_url": self.endpoint_url,
            "region": self.region,
            "access_key_id": revealed(self.access_key_id),
            "secret_access_key": revealed(self.secret_access_key),
            "session_token": revealed(self.session_token),
            "profile": self.profile,
            "role_arn": self.role_arn,
            "external_id": self.external_id,
        }
