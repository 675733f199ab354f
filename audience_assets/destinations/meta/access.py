"""One ad account at Meta and how to reach it: what the client is given, with the secrets in clear and out of every repr."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

from audience_assets.errors import SettingsError
from audience_assets.http.connection import fits_a_header


@dataclass(frozen=True, slots=True)
class Access:
    """One ad account and how to reach it, revealed from the settings at the moment of use.

    `patience_seconds` is how long all pauses of one call may take together before it gives up.
    """

    account: str  # act_123
    access_token: str = field(repr=False)
    app_secret: str | None = field(repr=False)
    api_version: str
    base_url: str
    timeout_seconds: float
    patience_seconds: float
    calls_per_second: float

    def __post_init__(self) -> None:
        """Refuse what an HTTP library would not send and then show in its error."""
        for name in ("access_token", "app_secret"):
            value = getattr(self, name)
            if value is not None and not fits_a_header(value):
                raise SettingsError(
                    f"{name} of {self.account} holds a space, a line end or another odd sign: remove it"
                )

    @property
    def proof(self) -> Mapping[str, str]:
        """`appsecret_proof`: HMAC-SHA256 of the token with the app's secret as the key; nothing without a secret."""
        if self.app_secret is None:
            return {}
        digest = hmac.new(self.app_secret.encode(), self.access_token.encode(), hashlib.sha256)
        return {"appsecret_proof": digest.hexdigest()}
