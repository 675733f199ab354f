"""A deployment whose audiences go to one partner of the sandbox: days are published, planned and delivered as in a run."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.destinations.outcome import Outcome, Report
from audience_assets.destinations.sending import Sender
from audience_assets.errors import DestinationRefusedError
from audience_assets.ledger import Batch, Ledger
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.recorded_call import RecordedCall
from audience_assets_tests.destinations.state import AnySettings, Row, State
from audience_assets_tests.on_disk import on_disk

DAYS = [date(2026, 11, number) for number in range(1, 6)]


class KilledError(BaseException):
    """The end of a process; nothing of ours may catch it."""


@dataclass
class Delivering(ABC):
    """The state, and what a run does with it. Waiting lets the sandbox's time pass."""

    state: State
    waited: list[float] = field(default_factory=list, init=False)

    @property
    @abstractmethod
    def clock(self) -> Clock:
        """The partner's clock, which is ours too."""

    @abstractmethod
    def settings_with(self, **given: Any) -> AnySettings:
        """Settings for the partner that differ so from those of a new deployment."""

    @abstractmethod
    def sender(self) -> AbstractContextManager[Sender]:
        """What delivers to the partner, connected."""

    @abstractmethod
    def members(self, count: int, *audiences: str) -> dict[str, Row]:
        """Customers c00000, c00001 and so on, with an e-mail address."""

    @abstractmethod
    def audience(self, label: str = "vip") -> Any:
        """The partner's only audience of this name."""

    @abstractmethod
    def emails(self, label: str = "vip") -> set[str]:
        """Whose e-mail addresses the audience holds, as digests."""

    @property
    @abstractmethod
    def asked(self) -> list[RecordedCall]:
        """Everything that the partner was asked."""

    def foreign(self, name: str, count: int) -> Any:
        """An audience at the partner that somebody else created, with people in it."""
        self.run(DAYS[0], self.members(count, "theirs"))
        audience = self.audience("theirs")
        audience.name, audience.description = name, "made by hand"
        assert self.ledger.forget_audience(self.state.name, "theirs")
        self.asked.clear()
        return audience

    def refusal(self, label: str = "vip") -> str:
        """The sentence of the newest planned day that the partner, or we, refuse for one audience."""
        name = self.state.name
        with pytest.raises(
            DestinationRefusedError, match=f"1 of {name}'s audiences .* others were: {label}: "
        ) as caught:
            self.deliver(max(day for day in DAYS if on_disk(self.state.layout.delta(name, day)).is_dir()))
        return str(caught.value)

    @property
    def ledger(self) -> Ledger:
        return self.state.ledger

    def configure(self, **given: Any) -> None:
        """Other settings from now on; `audiences` is the whole section. Other forms bring everybody into a new segment."""
        before = self.state.destination.forms
        self.state.settings = self.settings_with(**given)
        if self.state.destination.forms != before:
            self.state.kept = {}

    def publish(self, day: date, customers: Mapping[str, Row]) -> None:
        self.state.publish(day, customers)

    def plan(self, day: date, replace: Sequence[str] = ()) -> DeltaManifest:
        return self.state.plan(day, replace=replace)

    def deliver(self, day: date, kill_after: int | None = None) -> Report:
        """Deliver the planned day; the process may end after a number of acknowledged batches."""
        done = 0

        def progress(_number: int, _total: int, _rows: int) -> None:
            nonlocal done
            done += 1
            if done == kill_after:
                raise KilledError

        with self.sender() as sender:
            return self.state.courier(sender, progress=progress).deliver(day)

    def run(self, day: date, customers: Mapping[str, Row], replace: Sequence[str] = ()) -> Report:
        """A day from its customers to the partner."""
        self.publish(day, customers)
        self.plan(day, replace)
        return self.deliver(day)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.advance(seconds)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def batches(self, label: str = "vip") -> list[Batch]:
        """Those of the audience's newest delivery."""
        newest = next(each for each in self.ledger.deliveries(self.state.name) if each.audience == label)
        return self.ledger.batches(newest.id)


def digest(text: str) -> str:
    """What the partner gets of a hashed value."""
    return sha256(text.encode()).hexdigest()


def email_of(name: str) -> str:
    return f"{name}@example.com"


def emails_of(*names: str) -> set[str]:
    return {digest(email_of(name)) for name in names}


def member_of(email_column: str, name: str, *audiences: str, **cells: Any) -> dict[str, Any]:
    """A customer with an e-mail address of their own."""
    return {email_column: email_of(name), "audiences": list(audiences or ("vip",)), **cells}


def members_of(
    email_column: str, count: int, *audiences: str, start: int = 0, **cells: Any
) -> dict[str, Row]:
    """Customers c00000, c00001 and so on."""
    names = [f"c{number:05}" for number in range(start, start + count)]
    return {name: member_of(email_column, name, *audiences, **cells) for name in names}


def outcome(report: Report, label: str = "vip") -> Outcome:
    """What a run did for one audience."""
    return next(each for each in report.outcomes if each.audience == label)
