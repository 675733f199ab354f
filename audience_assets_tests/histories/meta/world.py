"""One deployment with one ad account under test; every run and every call is held against the model."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Literal

import duckdb
import httpx2

from audience_assets.destinations import planning
from audience_assets.destinations.column import Destination
from audience_assets.destinations.delivery import Courier, Report
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.meta import columns, feeds
from audience_assets.destinations.meta.client import Access, MetaClient
from audience_assets.destinations.meta.graph import Graph
from audience_assets.destinations.meta.limits import Pace
from audience_assets.destinations.meta.sender import MetaSender
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.meta.targets import Targets
from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError, OutOfOrderError
from audience_assets.ledger.ledger import Ledger
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.storage.layout import Layout
from audience_assets_tests.histories import faults
from audience_assets_tests.histories.faults import Faults
from audience_assets_tests.histories.meta import checks
from audience_assets_tests.histories.meta.calls import CHANGES, Calls, WatchedHttp
from audience_assets_tests.histories.meta.log import Log, Published
from audience_assets_tests.histories.meta.model import Feeding
from audience_assets_tests.histories.meta.readings import Standing
from audience_assets_tests.histories.meta.source import VALUE_BASED
from audience_assets_tests.histories.meta.troubles import Troubles

NAME = "meta"
End = Literal["delivered", "killed", "interrupted", "refused", "out of order"]
Graphs = list[frozenset[tuple[str, str]]]


@dataclass
class World:
    """State, ad account and model of one history.

    `standings` is what each audience must hold as of its last finished delivery.
    """

    server: MetaServer
    account: Account
    http: httpx2.Client
    database: duckdb.DuckDBPyConnection
    ledger: Ledger
    layout: Layout
    settings: MetaSettings
    log: Log
    calls: Calls
    standings: dict[str, Standing] = field(default_factory=dict)
    feedings: dict[int, Feeding | None] = field(default_factory=dict)
    effects: list[str] = field(default_factory=list)

    @property
    def destination(self) -> Destination:
        return columns.destination(NAME, self.settings)

    def publish(self, day: date, customers: checks.Customers, rewritten: Sequence[str] = ()) -> Published:
        """What hashed_customers does for a day."""
        return self.log.publish(day, customers, self.destination, rewritten)

    def feeding(self, label: str) -> Feeding | None:
        """What the settings say of an audience."""
        declared = self.settings.audiences.get(label)
        if declared is None and self.settings.unlisted == "skip":
            return None
        keys = (declared.keys if declared else None) or self.settings.keys
        return Feeding(frozenset(keys), label == VALUE_BASED)

    def run(self, day: date, troubles: Troubles, replace: Sequence[str] = ()) -> End:
        """Plan and deliver a day in a life of its own, and check what is promised of every call and every end."""
        troubles.begin(self.account, self.server.platform.clock)
        end: End = "killed"
        with faults.life(troubles.kill) as life:
            end = self._live(day, life, troubles, replace)
        self.effects += life.tried
        troubles.end(self.account)
        self._note_begun()
        self._follow_finished()
        if end == "delivered":
            checks.check_all(self, day)
        return end

    def held(self, label: str) -> Audience | None:
        """The audience at Meta; there is never a second one."""
        found = [each for each in self.account.audiences.values() if each.name == label]
        assert len(found) <= 1, "an audience was created twice"
        return found[0] if found else None

    def _live(self, day: date, life: Faults, troubles: Troubles, replace: Sequence[str]) -> End:
        try:
            self._plan(day, replace)
            self._deliver(day, life, troubles)
        except DeliveryInterruptedError:
            return "interrupted"
        except DestinationRefusedError:
            if not troubles.may_refuse:
                raise
            return "refused"
        except OutOfOrderError:
            return "out of order"
        return "delivered"

    def _plan(self, day: date, replace: Sequence[str]) -> None:
        with self.database.cursor() as connection:
            table = self.destination
            log = HashedLog(connection, self.layout, self.ledger, table)
            planning.plan(log, feeds.planner(table, self.settings), day, {}, replace)

    def _deliver(self, day: date, life: Faults, troubles: Troubles) -> Report:
        clock = self.server.platform.clock
        http = WatchedHttp(self.http, life, troubles.before_call, self._look)
        access = Access(
            account=self.account.id,
            access_token=self.account.access_token,
            app_secret=None,
            api_version=self.settings.api_version,
            base_url=self.server.base_url,
            timeout_seconds=self.settings.timeout_seconds,
            patience_seconds=self.settings.patience_seconds,
            calls_per_second=self.settings.calls_per_second,
        )
        client = MetaClient(
            Graph(access, http, troubles.sleep, Pace(access.calls_per_second, clock.now))  # type: ignore[arg-type]
        )
        targets = Targets(client, self.ledger, NAME, self.settings, troubles.sleep)
        sender = MetaSender(
            client,
            targets,
            self.ledger,
            self.layout,
            self.destination,
            self.settings,
            lambda: datetime.fromtimestamp(clock.now(), UTC),
        )
        courier = Courier(self.ledger, self.layout, NAME, sender, "run", lambda *_: None)
        return courier.deliver(day)

    def _look(self) -> None:
        """After each call: it was allowed, and nobody who stays is missing."""
        for call in self.calls.new():
            if call.operation == "users_remove":
                checks.check_removal(self, call)

    def note_begun(self, label: str) -> None:
        """Remember what an unfinished delivery's audience was to be fed with when it was planned."""
        begun = self.ledger.unfinished(NAME, label)
        if begun is not None:
            self.feedings.setdefault(begun.id, self.feeding(label))

    def _note_begun(self) -> None:
        for label in self.ledger.audiences(NAME):
            self.note_begun(label)

    def _follow_finished(self) -> None:
        """Move the model over the deliveries that were finished since."""
        for delivery in reversed(self.ledger.deliveries(NAME, 500)):
            standing = self.standings.setdefault(delivery.audience, Standing())
            if delivery.status != "done" or delivery.id <= standing.delivery:
                continue
            feeding = self.feedings.setdefault(delivery.id, self.feeding(delivery.audience))
            operations = {batch.operation for batch in self.ledger.batches(delivery.id)}
            customers = self.log.of(delivery.to_snapshot)
            standing.move(delivery, customers, feeding, self.account.people, replaced="replace" in operations)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing at Meta is changed inside this block."""
        before = len(self.account.calls)
        yield
        assert not [call for call in self.account.calls[before:] if call.operation in CHANGES]
