"""One advertiser at TikTok and how to reach it: what the client is given, with the token in clear and out of every repr."""

from dataclasses import dataclass, field

from audience_assets.destinations.tiktok.limits import Tier
from audience_assets.errors import SettingsError
from audience_assets.http.connection import fits_a_header


@dataclass(frozen=True, slots=True)
class Access:
    """One advertiser and how to reach it, revealed from the settings at the moment of use.

    `patience_seconds` is how long all pauses of one call may take together before it gives up.
    """

    advertiser_id: str
    access_token: str = field(repr=False)
    base_url: str
    tier: Tier
    timeout_seconds: float
    patience_seconds: float

    def __post_init__(self) -> None:
        """Refuse what an HTTP library would not send and then show in its error."""
        if not fits_a_header(self.access_token):
            raise SettingsError(
                f"access_token of advertiser {self.advertiser_id} holds a space, a line end or another odd sign: remove it"
            )
