"""One partner of a deployment under test; every run and every call is held against a model."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any, Literal

import duckdb

from audience_assets.destinations import planning
from audience_assets.destinations.column import Destination
from audience_assets.destinations.delivery import Courier
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.outcome import Report
from audience_assets.destinations.planning import Planner
from audience_assets.destinations.sending import Sender
from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError, OutOfOrderError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Delivery
from audience_assets.sandbox.clock import Clock
from audience_assets.storage.layout import Layout
from audience_assets_tests.histories import faults
from audience_assets_tests.histories.faults import Faults
from audience_assets_tests.histories.partners.log import Log
from audience_assets_tests.histories.partners.rows import Cell, Row
from audience_assets_tests.histories.partners.troubles import WINDOW, Troubles

End = Literal["delivered", "waiting", "killed", "interrupted", "refused", "out of order"]
Planned = dict[str, str]


@dataclass(kw_only=True)
class World(ABC):
    """What one partner shares with the others, and how a day is run for it.

    Attributes:
        account: The partner's side.
        clock: The partner's time.
        database: Plans the days.
        ledger: The deployment's ledger.
        layout: The deployment's files.
        log: The deployment's hashed log.
        change_settings: Makes other settings.
        settings: Those of now.
        feedings: What each delivery's audience was to be fed with when it was begun.
        delivered: The snapshot that the last run brought to the partner, if it did.
    """

    account: Any
    clock: Clock
    database: duckdb.DuckDBPyConnection
    ledger: Ledger
    layout: Layout
    log: Log
    change_settings: Callable[[], Any]
    settings: Any = None
    feedings: dict[int, Any] = field(default_factory=dict)
    delivered: str | None = None

    def __post_init__(self) -> None:
        self.settings = self.change_settings()

    @property
    @abstractmethod
    def name(self) -> str:
        """The destination's name."""

    @property
    @abstractmethod
    def destination(self) -> Destination:
        """Its columns."""

    @property
    @abstractmethod
    def planner(self) -> Planner:
        """What plans its days."""

    @abstractmethod
    def cells(self, customer: str, row: Row) -> Mapping[str, Cell]:
        """What each of its columns says of a customer, with the settings of now."""

    @abstractmethod
    def random_troubles(self, rng: Random) -> Troubles:
        """What may befall a run."""

    @abstractmethod
    def sender(self, life: Faults, troubles: Troubles) -> Sender:
        """The partner as one life of the pipeline sees it."""

    @abstractmethod
    def feeding(self, audience: str) -> Any:
        """What the settings say of an audience."""

    @abstractmethod
    def follow(self, delivery: Delivery, feeding: Any) -> None:
        """Move the model over a delivery that was finished, unless it was already."""

    @abstractmethod
    def check(self, day: date) -> None:
        """Everything that is promised once a day was delivered."""

    @abstractmethod
    def changes(self) -> int:
        """How often something was asked of the partner that may change what it holds."""

    def run(
        self, day: date, troubles: Troubles, replace: Sequence[str] = (), *, before: Sequence[date] = ()
    ) -> End:
        """Plan and deliver a day in a life of its own, and check what is promised of every call and every end.

        The days `before` are planned and delivered in the same run, as a range of days is.
        """
        troubles.begin(self.account, self.clock)
        end: End = "killed"
        with faults.life(troubles.kill) as life:
            end = self._live((*before, day), life, troubles, replace)
        troubles.end(self.account)
        self._follow_all()
        self.delivered = self.log.current(day) if end == "delivered" else None
        if end == "delivered":
            self.check(day)
        return end

    def look(self) -> None:  # noqa: B027 - a partner may have no calls to look at
        """After each call: it was allowed."""

    @property
    def replaceable(self) -> bool:
        """Whether a person may ask for a replacement."""
        return True

    def change_settings_for_good(self, rng: Random) -> None:  # noqa: ARG002 - for those that choose more
        """A person writes other settings."""
        self.settings = self.change_settings()

    def be_patient(self) -> None:
        """From now on one call may wait long."""
        self.settings = self.settings.model_copy(update={"patience_seconds": 900.0})

    def wait(self, _end: End) -> None:
        """Let so much time pass that a run may go better."""
        self.clock.advance(2 * WINDOW)

    def is_older(self, day: date) -> bool:
        """Whether a newer day was delivered or begun."""
        audiences = self.ledger.audiences(self.name)
        held = [self.ledger.acknowledged(self.name, label) for label in audiences]
        begun = [self.ledger.unfinished(self.name, label) for label in audiences]
        return any(each is not None and each.day > day for each in (*held, *begun))

    def unfinished(self) -> bool:
        """Whether a delivery is under way."""
        return any(self.ledger.unfinished(self.name, label) for label in self.ledger.audiences(self.name))

    def note_begun(self, audience: str) -> None:
        """Remember what an unfinished delivery's audience was to be fed with when it was planned."""
        begun = self.ledger.unfinished(self.name, audience)
        if begun is not None:
            self.feedings.setdefault(begun.id, self.feeding(audience))

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Nothing at the partner is changed inside this block."""
        before = self.changes()
        yield
        assert self.changes() == before

    def _live(self, days: Sequence[date], life: Faults, troubles: Troubles, replace: Sequence[str]) -> End:
        try:
            planned: Planned = {}
            for day in days:
                planned = self._plan(day, planned, replace)
            courier = self._courier(life, troubles)
            reports = []
            for day in days:
                reports.append(courier.deliver(day))
                self._follow_all()
        except DeliveryInterruptedError:
            return "interrupted"
        except DestinationRefusedError:
            if not troubles.may_refuse:
                raise
            return "refused"
        except OutOfOrderError:
            return "out of order"
        return "waiting" if any(_waits(report) for report in reports) else "delivered"

    def _plan(self, day: date, planned: Planned, replace: Sequence[str]) -> Planned:
        with self.database.cursor() as connection:
            log = HashedLog(connection, self.layout, self.ledger, self.destination)
            standings, _ = planning.plan(log, self.planner, day, planned, replace)
        return {each.audience: each.due for each in standings if each.delivered is None}

    def _courier(self, life: Faults, troubles: Troubles) -> Courier:
        sender = self.sender(life, troubles)
        return Courier(self.ledger, self.layout, self.name, sender, "run", lambda *_: None)

    def _follow_all(self) -> None:
        """Look at everything that was done since."""
        for audience in self.ledger.audiences(self.name):
            self.note_begun(audience)
        self.look()
        self.follow_finished()

    def follow_finished(self) -> None:
        """Move the model over the deliveries that were finished since."""
        for delivery in reversed(self.ledger.deliveries(self.name, 500)):
            if delivery.status == "done":
                feeding = self.feedings.setdefault(delivery.id, self.feeding(delivery.audience))
                self.follow(delivery, feeding)


def _waits(report: Report) -> bool:
    return any(outcome.waiting for outcome in report.outcomes)
