"""The settings of one advertiser, as a deployment would declare them."""

from typing import Any

from audience_assets.destinations.tiktok.settings import TikTokSettings

GIVEN: dict[str, Any] = {"type": "tiktok", "advertiser_id": "7", "access_token": {"env": "TIKTOK_TOKEN"}}


def settings(**more: Any) -> TikTokSettings:
    return TikTokSettings.model_validate(GIVEN | more)
