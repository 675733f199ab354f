"""What is known of one audience before it is planned: how it is to be fed, what it was fed with, who is in it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from audience_assets.delta.membership import Audience
from audience_assets.destinations.column import Column, Destination
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.pinned_columns import PinnedColumns, feeding
from audience_assets.destinations.standing import Standing
from audience_assets.ledger.records import Acknowledged, Delivery


@dataclass(frozen=True, slots=True)
class Feed:
    """How one audience is fed.

    Attributes:
        columns: What an addition consists of, in the partner's order; a removal has those of them that say who it is.
        taken_over: Whether it was there before us, so that a first load must replace what it holds.
        replace: Whether it may be replaced as a whole.
    """

    columns: tuple[Column, ...]
    taken_over: bool = False
    replace: bool = True

    @property
    def pinned(self) -> str:
        """How the ledger remembers the columns."""
        return ",".join(column.name for column in self.columns)


class Feeds(Protocol):
    """What a kind of destination decides about its audiences."""

    def feed(self, audience: str) -> Feed | None:
        """How an audience is fed; None when it is not wanted."""
        ...

    def table(self, also: Collection[str]) -> Destination:
        """The destination's columns, and these, which an audience was fed with before they were dropped."""
        ...


@dataclass(frozen=True, slots=True)
class AudienceState:
    """An audience of a destination.

    Attributes:
        standing: Between which snapshots it moves.
        feed: How it is to be fed; None when it is not wanted any more.
        size: Its members as of the day that can be named to the partner; 0 when it is not wanted.
        pinned: With which columns it is fed once what was begun is finished; empty before the first time.
        there: Whether the partner has it, or may have it.
        unfilled: Whether the partner holds nobody of ours, though there may have been deliveries.
    """

    standing: Standing
    feed: Feed | None
    size: int
    pinned: str
    there: bool
    unfilled: bool

    @property
    def name(self) -> str:
        """Its name in the extract."""
        return self.standing.audience

    @property
    def tracked(self) -> Audience:
        """With which columns it is compared; one that is not wanted, or not so, is emptied of what it was fed with."""
        pinned = self.pinned or (self.feed.pinned if self.feed else "")
        wanted = self.feed is not None and self.feed.pinned == pinned
        return Audience(self.name, frozenset(pinned.split(",")), wanted)


def of(log: HashedLog, feeds: Feeds, standing: Standing, members: int) -> AudienceState:
    """What the settings and the ledger say of an audience that has so many members."""
    feed = feeds.feed(standing.audience)
    known = log.ledger.remote_audience(log.destination.name, standing.audience)
    unfinished = log.ledger.unfinished(log.destination.name, standing.audience)
    begun = unfinished is not None
    pointer = log.ledger.acknowledged(log.destination.name, standing.audience)
    planned = standing.held is not None and pointer is None
    return AudienceState(
        standing=standing,
        feed=feed,
        size=members if feed else 0,
        pinned=_fed_by(log, unfinished) or (known.columns if known else ""),
        there=planned or (known is not None and (known.there or begun)),
        unfilled=_is_unfilled(log, standing, pointer, begun=begun),
    )


def _fed_by(log: HashedLog, unfinished: Delivery | None) -> str:
    """The columns that an audience will have been fed with when what was begun is finished; empty where that feeds nobody."""
    batches = log.ledger.batches(unfinished.id) if unfinished is not None else []
    batch = feeding(batches)
    return ",".join(PinnedColumns(log.ledger, log.layout).of(batch)) if batch is not None else ""


def _is_unfilled(log: HashedLog, standing: Standing, pointer: Acknowledged | None, *, begun: bool) -> bool:
    """Either nobody could be named to it so far, or it was emptied because it was not wanted for some days."""
    name, audience = log.destination.name, standing.audience
    if standing.held is None or pointer is None or pointer.snapshot_key != standing.held:
        return standing.held is None
    if standing.begun is None and begun:
        return False
    last = log.ledger.last_filling(name, audience)
    return last is None or last.empties
