"""What a delivery is going to take at a partner: files, calls, bytes and minutes, known before anything is sent.

Calls are those that a delivery needs however quick the partner is (`audience_assets.counting.Calls.needed`); looks that find
the partner busy and repeats after a failure come on top of them. A partner's folder says only its own numbers.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import ceil

from audience_assets.destinations.audience_files import REPLACE
from audience_assets.destinations.manifest import DeltaManifest, DeltaPart
from audience_assets.destinations.standing import delivered_before
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import BatchStatus, Delivery, was_begun


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is still to be brought to an audience, or to a destination with one list for all.

    Attributes:
        audience: Which of the customers' audiences; empty where there is one list for all.
        operations: What the partner is asked to do with each file, in their order.
        there: Whether we know the partner's id of the audience.
        begun: Whether an earlier run has sent a part of it.
        deletes: Whether the audience is deleted at the partner.
    """

    audience: str
    operations: tuple[str, ...]
    there: bool = False
    begun: bool = False
    deletes: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How many calls a partner takes: pairs of calls and seconds, and what they are in words."""

    said: str
    windows: tuple[tuple[float, float], ...] = ()

    def minutes(self, calls: int) -> float:
        """How long so many calls must wait for their turn; what a call itself takes is not in it."""
        waits = (max(0, ceil(calls / most) - 1) * seconds for most, seconds in self.windows)
        return max(waits, default=0.0) / 60


@dataclass(frozen=True, slots=True)
class PartForecast:
    """What one audience takes; `file_bytes` is the size of its files, `calls` are 0 when nothing of it is sent."""

    audience: str
    files: int
    calls: int
    file_bytes: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a day's delivery takes."""

    parts: tuple[PartForecast, ...]
    limits: Limits

    @property
    def files(self) -> int:
        """The files of all parts."""
        return sum(part.files for part in self.parts)

    @property
    def calls(self) -> int:
        """The calls of all parts."""
        return sum(part.calls for part in self.parts)

    @property
    def file_bytes(self) -> int:
        """The size of all files."""
        return sum(part.file_bytes for part in self.parts)

    @property
    def minutes(self) -> float:
        """How long all calls must wait for their turn."""
        return self.limits.minutes(self.calls)


@dataclass(frozen=True, slots=True)
class Forecaster:
    """What one destination's forecasts follow from.

    Attributes:
        calls: How many calls it takes to bring what is ahead.
        limits: How many calls the partner takes.
        rows_per_file: Where files are cut.
    """

    calls: Callable[[Ahead], int]
    limits: Limits
    rows_per_file: int

    def forecast(self, ledger: Ledger, made: DeltaManifest) -> Forecast:
        """What delivering a delta takes now; deliveries that were begun before are finished with it and count too."""
        return Forecast(tuple(self._part(ledger, made, part) for part in made.parts), self.limits)

    def everybody(self, parts: Iterable[DeltaPart]) -> int:
        """How many calls it would take to send everybody of these audiences anew, in place of what changed."""
        return sum(map(self._anew, parts))

    def _anew(self, part: DeltaPart) -> int:
        files = ceil(part.members / self.rows_per_file)
        return self.calls(Ahead(part.audience, (REPLACE,) * files, there=part.from_snapshot is not None))

    def _part(self, ledger: Ledger, made: DeltaManifest, part: DeltaPart) -> PartForecast:
        ahead = list(_ahead(ledger, made, part))
        files = sum(len(each.operations) for each in ahead)
        # What was begun before and lies among another day's files is counted, and its bytes are not.
        sent = part.files[-files:] if files else []
        file_bytes = sum(file.file_bytes for file in sent)
        return PartForecast(part.audience, files, sum(map(self.calls, ahead)), file_bytes)


def _ahead(ledger: Ledger, made: DeltaManifest, part: DeltaPart) -> Iterator[Ahead]:
    """What is to be sent of a part: first what was begun and is not finished, then the part, unless that was it."""
    remote = ledger.remote_audience(made.destination, part.audience)
    there = remote is not None and remote.there
    unfinished = ledger.unfinished(made.destination, part.audience)
    if unfinished is not None:
        batches = ledger.batches(unfinished.id)
        still_open = (each.operation for each in batches if each.status is not BatchStatus.ACKNOWLEDGED)
        yield Ahead(part.audience, tuple(still_open), there=there, begun=was_begun(batches))
        if _is_of(unfinished, made, part):
            return
    if part.held or part.stopped or delivered_before(ledger, made, part) is not None:
        return
    # An earlier day of the same run is at the partner by then.
    planned = part.from_snapshot is not None and ledger.acknowledged(made.destination, part.audience) is None
    operations = tuple(file.operation for file in part.files)
    yield Ahead(part.audience, operations, there=there or planned, deletes=part.mode == "delete")


def _is_of(unfinished: Delivery, made: DeltaManifest, part: DeltaPart) -> bool:
    same = (unfinished.day, unfinished.to_snapshot) == (made.day, made.to_snapshot)
    return same and part.request in {None, unfinished.request}


def one_a_file(_settings: object, ahead: Ahead) -> int:
    """The calls to a partner who takes each file with one."""
    return len(ahead.operations)


def no_limits(_settings: object) -> Limits:
    """A partner without a limit worth naming."""
    return Limits("the partner names no limit")
