"""VTEX Ads as a kind of destination."""

from collections.abc import Iterator
from contextlib import contextmanager

from audience_assets.destinations.column import Destination
from audience_assets.destinations.kind import Kind
from audience_assets.destinations.sending import Sender
from audience_assets.destinations.vtex_ads import columns, delta, forecast, newtail, preflight
from audience_assets.destinations.vtex_ads.presigned_sender import PresignedSender
from audience_assets.destinations.vtex_ads.sender import VtexAdsSender
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.ledger.ledger import Ledger
from audience_assets.storage import objects
from audience_assets.storage.layout import Layout


@contextmanager
def _connect(
    destination: Destination,
    settings: VtexAdsSettings,
    ledger: Ledger,
    layout: Layout,  # noqa: ARG001 - no row is refused
) -> Iterator[Sender]:
    if settings.transport == "presigned":
        with newtail.connect(settings.newtail(destination.name)) as api:
            yield PresignedSender(destination, api, ledger)
        return
    with objects.connect(settings.target(destination.name)) as bucket:
        yield VtexAdsSender(destination, bucket, settings.prefix)


VTEX_ADS = Kind(
    settings=VtexAdsSettings,
    title="VTEX Ads",
    columns=columns.destination,
    planner=delta.planner,
    sender=_connect,
    batch="file",
    technology="s3",
    preflight=preflight.of,
    calls=forecast.calls,
    limits=forecast.limits,
    page=forecast.page,
    uri=forecast.uri,
)
