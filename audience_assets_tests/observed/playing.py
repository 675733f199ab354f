"""Three days of three partners on which everything happens that a history tells of, and the histories before and after a purge."""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from audience_assets.observed import history
from audience_assets.observed.history import History
from audience_assets.retention import purging
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.on_disk import on_disk
from audience_assets_tests.three_partners import EVERYBODY, World, person

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
REFUSED = sha256(b"person3@example.com").hexdigest()
"""What Meta does not take."""


@dataclass(frozen=True)
class Played:
    """A world with the histories of its customers, before its old batch files were removed and after."""

    world: World
    before: dict[str, History]
    after: dict[str, History]


def refuse(world: World, *digests: str) -> None:
    """Let Meta call these cells badly formed."""
    world.meta.account.refuses = lambda _key, cell: cell in digests


def history_of(world: World, customer: str) -> History:
    with world.pipeline.ledger() as ledger:
        return history.of(world.pipeline.settings, ledger, customer, ["meta", "tiktok", "vtex_ads"])


def three_days(world: World) -> None:
    """Meta refuses c3; c5 leaves, c6 has another address, c7 withdraws; c8 is suppressed and Meta's audience replaced."""
    listed = world.folder / "suppressed.csv"
    listed.write_text("customer_id\nnobody\n")
    refuse(world, REFUSED)
    world.run(DAYS[0], [row | {"legal_basis": "consent", "consent": "yes"} for row in EVERYBODY])
    second: list[dict[str, Any]] = [
        row | {"legal_basis": "consent", "consent": "no" if row["customer_id"] == "c7" else "yes"}
        for row in EVERYBODY
        if row["customer_id"] != "c5"
    ]
    second[5] |= {"email": "other@example.com"}
    assert second[5]["customer_id"] == "c6"
    world.run(DAYS[1], second)
    listed.write_text("customer_id\nc8\n")
    world.land(DAYS[2], second)
    world.prepare(DAYS[2])
    for name, replace in (("vtex_ads", ()), ("tiktok", ()), ("meta", ("vip",))):
        world.pipeline.plan(name, date.fromisoformat(DAYS[2]), replace=replace)
        world.pipeline.deliver(name, date.fromisoformat(DAYS[2]))
    world.pipeline.quarantine(date.fromisoformat(DAYS[2]))


def purge(world: World, days: int = 40) -> dict[str, int]:
    """Remove what is old so many days after the last one, as if all files were of the first; return how many of each kind."""
    pipeline = world.pipeline
    state = on_disk(pipeline.layout.root)
    for file in state.rglob("*.parquet*"):
        os.utime(file, (LONG_AGO, LONG_AGO))
    now = datetime.fromisoformat(f"{DAYS[2]}T15:00:00Z") + timedelta(days=days)
    with pipeline.ledger() as ledger:
        return dict(purging.purge(pipeline.settings, ledger, pipeline.destinations, now=now).files)


def played(world: World) -> Played:
    """The three days, then a purge."""
    three_days(world)
    ids = [str(row["customer_id"]) for row in EVERYBODY]
    before = {customer: history_of(world, customer) for customer in ids}
    assert purge(world)[purging.SENT] > 0
    return Played(world, before, {customer: history_of(world, customer) for customer in ids})


__all__ = [
    "DAYS",
    "EVERYBODY",
    "REFUSED",
    "Played",
    "World",
    "history_of",
    "person",
    "played",
    "purge",
    "refuse",
]
