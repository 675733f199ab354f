"""TikTok as a kind of destination."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from audience_assets.destinations.column import Destination
from audience_assets.destinations.kind import Kind
from audience_assets.destinations.sending import Sender
from audience_assets.destinations.tiktok import client, columns, feeds, forecast, preflight, sizes
from audience_assets.destinations.tiktok.access import Access
from audience_assets.destinations.tiktok.sender import TikTokSender
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.tiktok.targets import Targets
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import utc_now
from audience_assets.storage.layout import Layout


def access(settings: TikTokSettings) -> Access:
    """The advertiser with its token, read from the environment now."""
    return Access(
        advertiser_id=settings.advertiser_id,
        access_token=settings.access_token.value(),
        base_url=settings.base_url,
        tier=settings.tier,
        timeout_seconds=settings.timeout_seconds,
        patience_seconds=settings.patience_seconds,
    )


@contextmanager
def _connect(
    destination: Destination, settings: TikTokSettings, ledger: Ledger, layout: Layout
) -> Iterator[Sender]:
    with client.connect(access(settings)) as tiktok:
        targets = Targets(tiktok, ledger, destination.name, settings, time.sleep)
        yield TikTokSender(tiktok, targets, ledger, layout, destination.name, settings, utc_now)


TIKTOK = Kind(
    settings=TikTokSettings,
    title="TikTok",
    columns=columns.destination,
    planner=feeds.planner,
    sender=_connect,
    batch="file",
    technology="tiktok",
    sizes=lambda settings, ids: sizes.ask(
        access(settings), ids, fixed=settings.retention_in_days is not None
    ),
    preflight=lambda _, settings: preflight.of(lambda: access(settings)),
    calls=forecast.calls,
    limits=forecast.limits,
    page=forecast.page,
)
