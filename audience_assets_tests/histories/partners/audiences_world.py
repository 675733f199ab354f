"""A partner that keeps a list for each audience, under test."""

from abc import ABC
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Generic, TypeVar

import httpx2

from audience_assets.destinations import catalog
from audience_assets.destinations.column import Destination
from audience_assets.destinations.planning import Planner
from audience_assets_tests.histories.faults import Faults
from audience_assets_tests.histories.partners.calls import WatchedHttp
from audience_assets_tests.histories.partners.troubles import Troubles
from audience_assets_tests.histories.partners.world import World

A = TypeVar("A")


@dataclass(kw_only=True)
class AudiencesWorld(World, ABC, Generic[A]):
    """State, account and model of one history.

    Attributes:
        base_url: Where the partner's API is.
        http: The connection to it.
        members_change_by: The calls after which an audience may hold other people.
    """

    base_url: str
    http: httpx2.Client
    members_change_by: ClassVar[AbstractSet[str]]

    @property
    def destination(self) -> Destination:
        return catalog.kind_of(self.settings).columns(self.name, self.settings)

    @property
    def planner(self) -> Planner:
        return catalog.kind_of(self.settings).planner(self.destination, self.settings)

    def audience(self, label: str) -> A | None:
        """The audience at the partner; there is never a second one."""
        found = [each for each in self.account.audiences.values() if each.name == label]
        assert len(found) <= 1, "an audience was created twice"
        return found[0] if found else None

    def changes(self) -> int:
        return sum(call.operation in self.members_change_by for call in self.account.calls)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def watched(self, life: Faults, troubles: Troubles) -> Any:
        """The connection, as one life of the pipeline uses it."""
        return WatchedHttp(self.http, life, troubles.before_call, self.look)
