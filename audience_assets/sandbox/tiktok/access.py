"""Who may call: the token in its header, and the advertiser that it belongs to."""

from collections.abc import Mapping
from typing import Any

from audience_assets.sandbox.tiktok.answers import (
    PERMISSION,
    TOKEN_EMPTY,
    TOKEN_EXPIRED,
    TOKEN_INVALID,
    TikTokError,
)
from audience_assets.sandbox.tiktok.parameters import identifier
from audience_assets.sandbox.tiktok.platform import Advertiser, Platform

HEADER = "Access-Token"


def advertiser_of_token(platform: Platform, headers: Mapping[str, str]) -> Advertiser:
    """The advertiser whose token a call carries in its header; one in the query does not count.

    Source: TikTok, Business API SDK: its Python code sends the header.

    Raises:
        TikTokError: The token is missing (40104), unknown (40105) or expired (40102), or everything is refused.
    """
    token = headers.get(HEADER, "").strip()
    if not token:
        raise TikTokError(TOKEN_EMPTY, "Access token is null")
    advertiser = platform.advertiser_of(token)
    if advertiser is None:
        raise TikTokError(TOKEN_INVALID, "Access token is incorrect or has been revoked")
    if advertiser.token_expires_at is not None and platform.clock.now() >= advertiser.token_expires_at:
        raise TikTokError(TOKEN_EXPIRED, "Access token has expired")
    return advertiser


def check_permission(advertiser: Advertiser, params: Mapping[str, Any], *, demands_id: bool) -> None:
    """Refuse a call on another advertiser, and every call where the advertiser is set so."""
    if advertiser.refused_with is not None:
        raise TikTokError(advertiser.refused_with, "The call is refused, as the advertiser is set to")
    if demands_id and not advertiser.audiences_permitted:
        raise TikTokError(PERMISSION, "The token lacks the permission for audiences")
    if demands_id and identifier(params, "advertiser_id") != advertiser.id:
        raise TikTokError(PERMISSION, "No permission to operate the advertiser of advertiser_id")
