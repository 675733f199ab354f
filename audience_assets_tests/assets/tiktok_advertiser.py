"""An advertiser of the sandbox as the settings of a deployment name it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.server import TikTokServer

TOKEN = "ASSETS_TESTS_TIKTOK_TOKEN"  # the name of a variable


def tiktok_destination(server: TikTokServer, advertiser: Advertiser, **given: Any) -> dict[str, Any]:
    """A TikTok destination that takes audiences as small as its advertiser does; its secret is named, not written down."""
    return {
        "type": "tiktok",
        "advertiser_id": advertiser.id,
        "access_token": {"env": TOKEN},
        "base_url": server.base_url,
        "smallest_audience": advertiser.smallest_audience,
        "replace_above": 100,
        "tier": "ultimate",
        **given,
    }


@contextmanager
def token_of(advertiser: Advertiser) -> Iterator[None]:
    """The advertiser's token in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN, advertiser.access_token)
        yield
