"""What a delivery takes at Meta, and where a person sees the audiences.

Sources: Meta, Custom audiences from a customer file; Marketing API rate limiting, the custom audience limit.
"""

from audience_assets.destinations.forecast import Ahead, Limits
from audience_assets.destinations.meta.settings import MetaSettings

LEAST_AN_HOUR = 5_000
"""What Meta gives an ad account at least; with full access it is 190,000, and each active custom audience adds 40."""
HOUR = 3600.0


def calls(settings: MetaSettings, ahead: Ahead) -> int:
    """One a batch; one to look at the audience before, and two to search for it and create it at its first delivery."""
    there = ahead.there or settings.id_of(ahead.audience) is not None
    calls = len(ahead.operations) + (ahead.deletes and there)
    if not ahead.operations or ahead.begun:
        return calls
    return calls + (1 if there else 3)


def limits(settings: MetaSettings) -> Limits:
    """What the settings allow a second, and the least that Meta documents for an hour."""
    return Limits(
        f"{settings.calls_per_second:g} calls a second (calls_per_second) and {LEAST_AN_HOUR:,} an hour, the least that Meta"
        " gives an ad account",
        ((settings.calls_per_second, 1.0), (LEAST_AN_HOUR, HOUR)),
    )


def page(settings: MetaSettings) -> str:
    """The ad account's audiences in the Ads Manager; a server of one's own has none."""
    if settings.base_url != MetaSettings.model_fields["base_url"].default:
        return ""
    account = settings.account.removeprefix("act_")
    return f"https://business.facebook.com/adsmanager/audiences?act={account}"
