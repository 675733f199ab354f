"""Meta as a kind of destination."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from audience_assets.destinations.column import Destination
from audience_assets.destinations.kind import Kind
from audience_assets.destinations.meta import client, columns, erasure, feeds, forecast, preflight, sizes
from audience_assets.destinations.meta.access import Access
from audience_assets.destinations.meta.sender import MetaSender
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.meta.targets import Targets
from audience_assets.destinations.sending import Sender
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import utc_now
from audience_assets.secret import revealed
from audience_assets.storage.layout import Layout


def access(settings: MetaSettings) -> Access:
    """The ad account with its secrets, read from the environment now."""
    return Access(
        account=settings.account,
        access_token=settings.access_token.value(),
        app_secret=revealed(settings.app_secret),
        api_version=settings.api_version,
        base_url=settings.base_url,
        timeout_seconds=settings.timeout_seconds,
        patience_seconds=settings.patience_seconds,
        calls_per_second=settings.calls_per_second,
    )


@contextmanager
def _connect(
    destination: Destination, settings: MetaSettings, ledger: Ledger, layout: Layout
) -> Iterator[Sender]:
    with client.connect(access(settings)) as meta:
        targets = Targets(meta, ledger, destination.name, settings, time.sleep)
        yield MetaSender(meta, targets, ledger, layout, destination, settings, utc_now)


def _erase(destination: Destination, settings: MetaSettings, rows: pa.Table) -> str:
    with client.connect(access(settings)) as meta:
        return erasure.erase(meta, destination, settings, rows)


META = Kind(
    settings=MetaSettings,
    title="Meta",
    columns=columns.destination,
    planner=feeds.planner,
    sender=_connect,
    batch="batch",
    technology="meta",
    erase=_erase,
    sizes=lambda settings, ids: sizes.ask(access(settings), ids),
    preflight=lambda _, settings: preflight.of(settings.account, lambda: access(settings)),
    calls=forecast.calls,
    limits=forecast.limits,
    page=forecast.page,
)
