"""A declared destination as the kind that it is."""

from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.settings import Settings


def vtex_ads(settings: Settings, name: str = "vtex_ads") -> VtexAdsSettings:
    """The settings of a VTEX Ads destination."""
    declared = settings.destinations[name]
    assert isinstance(declared, VtexAdsSettings)
    return declared
