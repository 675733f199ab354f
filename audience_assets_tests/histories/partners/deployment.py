"""Makes a random deployment: one hashed log, and two or three partners that are fed from it."""

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

import duckdb
import httpx2

from audience_assets.ledger.ledger import Ledger
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets.storage.layout import Layout
from audience_assets_tests.histories.partners.history import History
from audience_assets_tests.histories.partners.log import Log
from audience_assets_tests.histories.partners.meta.deployment import random_meta
from audience_assets_tests.histories.partners.source import LABELS, Source
from audience_assets_tests.histories.partners.tiktok.deployment import random_tiktok
from audience_assets_tests.histories.partners.vtex_ads.deployment import random_vtex_ads

if TYPE_CHECKING:
    from audience_assets_tests.histories.partners.world import World

BUCKETS = ((1,), (3,), (2, 1, 4))
"""Into how many buckets the days of a history are dealt, one day after the other."""


@dataclass(frozen=True)
class Servers:
    """What the histories of a test process share: the sandboxes, a connection and a database."""

    meta: MetaServer
    tiktok: TikTokServer
    http: httpx2.Client
    database: duckdb.DuckDBPyConnection


def random_history(rng: Random, servers: Servers, layout: Layout, ledger: Ledger) -> History:
    """A history over accounts that nobody used before; every random choice follows from the seed."""
    # Seeds that once found something would mean another history if this took from their numbers.
    aside = Random(str(rng.getstate()))  # noqa: S311
    log = Log(layout, ledger, servers.database, aside.choice(BUCKETS))
    shared: dict[str, Any] = {
        "database": servers.database,
        "ledger": ledger,
        "layout": layout,
        "log": log,
    }
    exact = rng.random() < 0.3
    meta = random_meta(
        rng,
        account=servers.meta.platform.add_account(),
        clock=servers.meta.platform.clock,
        base_url=servers.meta.base_url,
        exact=exact,
        http=servers.http,
        **shared,
    )
    tiktok = random_tiktok(
        rng,
        account=servers.tiktok.platform.add_advertiser(),
        clock=servers.tiktok.platform.clock,
        base_url=servers.tiktok.base_url,
        http=servers.http,
        **shared,
    )
    source = Source(rng, rng.sample(LABELS, rng.choice((1, 1, 2, 2, 3))), apart=exact)
    worlds: list[World] = [meta, tiktok, random_vtex_ads(rng, **shared)]
    partners = rng.sample(worlds, rng.choice((2, 2, 2, 3)))
    return History(partners, log, source, rng)
