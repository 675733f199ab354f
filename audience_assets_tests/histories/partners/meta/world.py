"""One ad account under test."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import ClassVar

from audience_assets.destinations.meta.client import Access, MetaClient
from audience_assets.destinations.meta.graph import Graph
from audience_assets.destinations.meta.limits import Pace
from audience_assets.destinations.meta.sender import MetaSender
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.meta.targets import Targets
from audience_assets.ledger.records import Delivery
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets_tests.histories.faults import Faults
from audience_assets_tests.histories.partners.audiences_world import AudiencesWorld
from audience_assets_tests.histories.partners.meta import checks
from audience_assets_tests.histories.partners.meta.calls import CHANGES, Calls
from audience_assets_tests.histories.partners.meta.model import Feeding
from audience_assets_tests.histories.partners.meta.readings import Standing
from audience_assets_tests.histories.partners.meta.troubles import random_troubles
from audience_assets_tests.histories.partners.rows import Cell, Row
from audience_assets_tests.histories.partners.source import VALUE_BASED
from audience_assets_tests.histories.partners.troubles import Troubles


@dataclass(kw_only=True)
class MetaWorld(AudiencesWorld[Audience]):
    """State, ad account and model of one history.

    `standings` is what each audience must hold as of its last finished delivery. In an `exact` world every identifier
    is one person's, and every person has them in one customer only, so that also the people must be exact.
    """

    account: Account
    members_change_by: ClassVar[AbstractSet[str]] = CHANGES
    settings: MetaSettings = None  # type: ignore[assignment]
    calls: Calls
    exact: bool = False
    refused: frozenset[str] = frozenset()
    standings: dict[str, Standing] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "meta"

    def cells(self, _customer: str, row: Row) -> Mapping[str, Cell]:
        known = {column.name: row.cells.get(column.name) for column in self.destination.columns}
        return known | {"LOOKALIKE_VALUE": row.value}

    def random_troubles(self, rng: Random) -> Troubles:
        return random_troubles(rng)

    def feeding(self, audience: str) -> Feeding | None:
        declared = self.settings.audiences.get(audience)
        if declared is None and self.settings.unlisted == "skip":
            return None
        keys = (declared.keys if declared else None) or self.settings.keys
        return Feeding(frozenset(keys), audience == VALUE_BASED)

    def sender(self, life: Faults, troubles: Troubles) -> MetaSender:
        http = self.watched(life, troubles)
        access = Access(
            account=self.account.id,
            access_token=self.account.access_token,
            app_secret=None,
            api_version=self.settings.api_version,
            base_url=self.base_url,
            timeout_seconds=self.settings.timeout_seconds,
            patience_seconds=self.settings.patience_seconds,
            calls_per_second=self.settings.calls_per_second,
        )
        pace = Pace(access.calls_per_second, self.clock.now)
        client = MetaClient(Graph(access, http, troubles.sleep, pace))
        return MetaSender(
            client,
            Targets(client, self.ledger, self.name, self.settings, troubles.sleep),
            self.ledger,
            self.layout,
            self.destination,
            self.settings,
            self.now,
        )

    def change_settings_for_good(self, rng: Random) -> None:
        """Most often only which audiences are wanted, so that the customers' rows stay what they are."""
        keys = self.settings.keys
        super().change_settings_for_good(rng)
        if rng.random() < 0.6:
            self.settings = self.settings.model_copy(update={"keys": keys})

    def look(self) -> None:
        """After each call: it was allowed, and nobody who stays is missing."""
        for call in self.calls.new():
            if call.operation == "users_remove":
                checks.check_removal(self, call)

    def follow(self, delivery: Delivery, feeding: Feeding | None) -> None:
        standing = self.standings.setdefault(delivery.audience, Standing())
        if delivery.id <= standing.delivery:
            return
        operations = {batch.operation for batch in self.ledger.batches(delivery.id)}
        customers = self.log.of(delivery.to_snapshot).customers
        standing.move(delivery, customers, feeding, self.account.people, replaced="replace" in operations)

    def check(self, day: date) -> None:
        checks.check_all(self, day)
