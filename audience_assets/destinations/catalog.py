"""The kinds of destination there are, and those that the settings declare."""

from audience_assets.destinations.column import Destination
from audience_assets.destinations.vtex_ads import columns as vtex_ads
from audience_assets.settings import Settings


def configured(settings: Settings) -> dict[str, Destination]:
    """Each configured destination with its columns, by its name."""
    return {name: vtex_ads.destination(name, each) for name, each in settings.destinations.items()}
