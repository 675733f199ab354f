"""One advertiser under test."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import ClassVar

from audience_assets.destinations.tiktok.access import Access
from audience_assets.destinations.tiktok.api import BusinessApi
from audience_assets.destinations.tiktok.client import TikTokClient
from audience_assets.destinations.tiktok.limits import Pace
from audience_assets.destinations.tiktok.sender import TikTokSender
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.tiktok.targets import Targets
from audience_assets.ledger.records import Delivery
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets_tests.histories.faults import Faults
from audience_assets_tests.histories.partners.audiences_world import AudiencesWorld
from audience_assets_tests.histories.partners.rows import Cell, Row
from audience_assets_tests.histories.partners.tiktok import checks
from audience_assets_tests.histories.partners.tiktok.model import Standing, cells_of, members
from audience_assets_tests.histories.partners.tiktok.troubles import random_troubles
from audience_assets_tests.histories.partners.troubles import Troubles
from audience_assets_tests.histories.partners.world import End

FORM = 1000
"""What a form with a file has besides the file, at most."""


@dataclass(kw_only=True)
class TikTokWorld(AudiencesWorld[Audience]):
    """State, advertiser and model of one history.

    `standings` is what each audience must hold as of its last finished delivery; `known_before` are the audiences that
    were there when a run began; `replacements` is which delivery asked for each replacement that TikTok took.
    """

    account: Advertiser
    members_change_by: ClassVar[AbstractSet[str]] = {
        "create",
        "update_append",
        "update_remove",
        "update_replace",
        "delete",
    }
    settings: TikTokSettings = None  # type: ignore[assignment]
    standings: dict[str, Standing] = field(default_factory=dict)
    known_before: set[str] = field(default_factory=set)
    replacements: dict[str, dict[float, int]] = field(default_factory=dict)
    _seen: int = 0

    @property
    def name(self) -> str:
        return "tiktok"

    def cells(self, _customer: str, row: Row) -> Mapping[str, Cell]:
        return cells_of(row, self.settings.email, self.settings.phone)

    def random_troubles(self, rng: Random) -> Troubles:
        return random_troubles(rng)

    def feeding(self, audience: str) -> tuple[str, ...] | None:
        if self.settings.unlisted == "skip" and audience not in self.settings.audiences:
            return None
        return tuple(column.name for column in self.destination.columns)

    def sender(self, life: Faults, troubles: Troubles) -> TikTokSender:
        self.known_before = {
            label
            for label in self.ledger.audiences(self.name)
            if (known := self.ledger.remote_audience(self.name, label)) is not None
            and known.remote_id is not None
        }
        http = self.watched(life, troubles)
        access = Access(
            advertiser_id=self.account.id,
            access_token=self.account.access_token,
            base_url=self.base_url,
            tier=self.settings.tier,
            timeout_seconds=self.settings.timeout_seconds,
            patience_seconds=self.settings.patience_seconds,
        )
        pace = Pace(access.tier, self.clock.now)
        client = TikTokClient(BusinessApi(access, http, troubles.sleep, pace))
        return TikTokSender(
            client,
            Targets(client, self.ledger, self.name, self.settings, troubles.sleep),
            self.ledger,
            self.layout,
            self.name,
            self.settings,
            self.now,
        )

    def look(self) -> None:
        """After each call: it was allowed, and nobody who stays is missing."""
        found = self.account.calls[self._seen :]
        self._seen = len(self.account.calls)
        for call in found:
            assert call.operation != "upload" or call.size <= self.settings.file_bytes + FORM
            if call.operation in {"update_append", "update_remove", "update_replace"}:
                checks.check_change(self, call)

    def follow(self, delivery: Delivery, feeding: tuple[str, ...] | None) -> None:
        label = delivery.audience
        standing = self.standings.setdefault(label, Standing())
        if delivery.id > standing.delivery:
            replaced = any(batch.operation == "replace" for batch in self.ledger.batches(delivery.id))
            due = members(self.log.of(delivery.to_snapshot), label, feeding)
            standing.move(delivery.id, delivery.to_snapshot, due, replaced=replaced)
        if self.ledger.acknowledged(self.name, label) is None and standing.snapshot is not None:
            standing.forget()

    def check(self, day: date) -> None:
        checks.check_all(self, day)

    def wait(self, end: End) -> None:
        """A replacement is taken once a day; everything else is processed within hours."""
        self.clock.advance(25 * 3600 if end == "interrupted" else self.account.processing_seconds + 60)
