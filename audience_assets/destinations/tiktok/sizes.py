"""Asks TikTok how many people each audience has matched, whether it is done with them, and when the audience ends.

Source: tiktok-business-api-sdk, dmp_custom_audience_get.yml (cover_num, is_valid, is_expiring, expired_time) and
dmp_custom_audience_create.yml (retention_in_days).
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from audience_assets.destinations.preflight import hurried
from audience_assets.destinations.tiktok.access import Access
from audience_assets.destinations.tiktok.answers import TikTokRefusedError
from audience_assets.destinations.tiktok.client import RemoteAudience, TikTokClient, connect
from audience_assets.destinations.told_audience import ToldAudience

SOON = timedelta(days=30)
"""How long before its end an audience is worth a word, if TikTok does not give one earlier."""

FIXED = "retention_in_days counts from its creation, so nothing moves its end: have the next one made by audience-assets forget"
UNUSED = "365 days without use end an audience: use it in an ad group, or set retire = true in its section"


def ask(access: Access, ids: Mapping[str, str], *, fixed: bool) -> dict[str, ToldAudience]:
    """What TikTok tells of each audience now, given its id by our name for it; `fixed` says that the settings limit its life.

    Raises:
        TikTokRefusedError: TikTok refuses to tell anything of the advertiser.
        DeliveryInterruptedError: There is no answer.
    """
    with connect(hurried(access)) as client:
        return {label: _asked(client, audience_id, fixed=fixed) for label, audience_id in ids.items()}


def _asked(client: TikTokClient, audience_id: str, *, fixed: bool) -> ToldAudience:
    try:
        return _told(client.audience(audience_id), fixed=fixed)
    except TikTokRefusedError as error:
        if error.scope == "account":
            raise
        return ToldAudience(audience_id, str(error))


def _told(found: RemoteAudience, *, fixed: bool) -> ToldAudience:
    now, ends = datetime.now(UTC), found.expires_at
    ended = ends is not None and ends <= now
    soon = found.is_expiring or (ends is not None and ends - now <= SOON)
    when = f"it {'ended' if ended else 'ends'} on {ends:%Y-%m-%d}" if ends is not None else "it ends soon"
    return ToldAudience(
        remote_id=found.id,
        status=_status(found, ended=ended),
        settled=not found.processing and not ended,
        lower=found.cover_num,
        upper=found.cover_num,
        ends=ends.date() if ends is not None else None,
        ending=f"{when}: {FIXED if fixed else UNUSED}" if soon else "",
    )


def _status(found: RemoteAudience, *, ended: bool) -> str:
    if ended:
        return "ended"
    if found.processing:
        return "being processed"
    return "usable" if found.is_valid else f"not usable: {found.error_msg or 'TikTok does not say why'}"
