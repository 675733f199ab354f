"""Makes a random publisher: what the settings say of its files and of customers who left."""

from random import Random
from typing import Any

from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.sandbox.clock import Clock
from audience_assets_tests.histories.partners.vtex_ads.bucket import Bucket
from audience_assets_tests.histories.partners.vtex_ads.world import VtexAdsWorld


def random_vtex_ads(rng: Random, **given: Any) -> VtexAdsWorld:
    """A world of a bucket that nobody used before; `given` is what it shares with the other partners."""
    chosen = {
        "bucket": "bucket",
        "prefix": rng.choice(("", "a/prefix")),
        "rows_per_file": rng.choice((2, 5, 1000)),
        "departed": rng.choice(("blank", "blank", "clear_audiences", "keep")),
    }
    settings = VtexAdsSettings.model_validate(chosen)
    return VtexAdsWorld(account=Bucket(), clock=Clock(), change_settings=lambda: settings, **given)
