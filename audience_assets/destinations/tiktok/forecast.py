"""What a delivery takes at TikTok, and where a person sees the audiences.

Source: tiktok-business-api-sdk, dmp/custom_audience; TikTok's limits by tier.
"""

from audience_assets.destinations.audience_files import REMOVE
from audience_assets.destinations.forecast import Ahead, Limits
from audience_assets.destinations.tiktok.limits import CALLS, MINUTE, SECOND
from audience_assets.destinations.tiktok.settings import TikTokSettings


def calls(settings: TikTokSettings, ahead: Ahead) -> int:
    """An upload a file and a change an operation; a look before each file of a removal, and one at the end.

    Before that TikTok is asked for the audience: whether its name is free, or, when somebody is put into one that is
    there, of which kind it is.
    """
    there = ahead.there or settings.id_of(ahead.audience) is not None
    if ahead.deletes:
        return int(there)
    if not ahead.operations:
        return int(ahead.begun)
    removals = ahead.operations.count(REMOVE)
    changes = len(set(ahead.operations))
    asked = 0 if ahead.begun or (there and removals == len(ahead.operations)) else 1
    return asked + len(ahead.operations) + changes + removals + 1


def limits(settings: TikTokSettings) -> Limits:
    """What TikTok takes from an app of this tier."""
    a_second, a_minute = CALLS[settings.tier]
    said = f"{a_second} calls a second and {a_minute:,} a minute (tier {settings.tier})"
    return Limits(said, ((a_second, SECOND), (a_minute, MINUTE)))


def page(settings: TikTokSettings) -> str:
    """The advertiser's audiences in the Ads Manager; a server of one's own has none."""
    if settings.base_url != TikTokSettings.model_fields["base_url"].default:
        return ""
    return f"https://ads.tiktok.com/i18n/audience?aadvid={settings.advertiser_id}"
