"""The delta of a destination that keeps a list for each of the customers' audiences: who joins it, who leaves it, or all anew."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal, Protocol

from audience_assets.delta import changes, membership
from audience_assets.delta.membership import Audience
from audience_assets.destinations import audience_files
from audience_assets.destinations.audience_files import ADD, REMOVE, REPLACE, removable, shape_of
from audience_assets.destinations.column import Column, Destination
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.manifest import DeltaFile, DeltaPart
from audience_assets.destinations.standing import Standing
from audience_assets.errors import SettingsError


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
class AudiencePlanner:
    """Plans each audience by itself, so that one which fails holds up no other.

    Attributes:
        feeds: How each audience is fed.
        rows_per_batch: Where files are cut; one file is one batch.
        replace_above: The share of an audience's members that may change before it is cheaper to send all anew.
            Audiences that fit into one batch are never replaced for it.
        smallest: How many members the partner wants at least; 0 where it does not mind.
        below_smallest: What becomes of an audience that would have fewer: nothing is sent, or it is deleted.
        order: Whether removals or additions are sent first.
    """

    feeds: Feeds
    rows_per_batch: int
    replace_above: float
    smallest: int = 0
    below_smallest: Literal["hold", "delete"] = "hold"
    order: tuple[str, str] = (REMOVE, ADD)

    def audiences(self, log: HashedLog, due: str) -> dict[str, int]:
        """Every audience that has members, or that the partner holds, with its number of members."""
        log.view_index("due", due)
        segments = changes.segments(log.connection, "due")
        changes.view_everyone(log.connection, log.files(segments), log.columns, log.destination.consent_name)
        sizes = membership.audience_sizes(log.connection, shape_of(log.destination))
        wanted = {name: size for name, size in sizes.items() if self.feeds.feed(name) is not None}
        held = dict.fromkeys(log.ledger.audiences(log.destination.name), 0)
        return dict(sorted((held | wanted).items()))

    def parts(
        self,
        log: HashedLog,
        standings: Sequence[Standing],
        members: Mapping[str, int],
        requests: Mapping[str, str],
    ) -> Iterator[DeltaPart]:
        """Compare what the partner holds of each audience with what is due, and write what it must be told.

        Raises:
            StateError: An index or a segment of the log is missing.
            ContractError: The rows or a written file break the destination's contract; nothing is published.
            SettingsError: A change of settings cannot be brought to an audience that is in use.
        """
        unfilled = [standing for standing in standings if _is_unfilled(log, standing)]
        filled = [standing for standing in standings if standing not in unfilled]

        def alike(standing: Standing) -> tuple[str, bool]:
            return standing.held or "", self._tracked(log, standing.audience).wanted

        groups = [list(group) for _, group in groupby(sorted(filled, key=alike), key=alike)]
        for group in [unfilled, *groups]:
            counts = self._compare(log, group) if group is not unfilled else {}
            for standing in group:
                request = requests.get(standing.audience)
                if (too_small := self._too_small(log, standing, members)) is not None:
                    yield too_small
                    continue
                why = self._why_anew(log, standing, counts.get(standing.audience), members, request)
                yield self._part(log, standing, counts.get(standing.audience), members, why, request)

    def _compare(self, log: HashedLog, standings: Sequence[Standing]) -> dict[str, changes.Counts]:
        """The tables of changes between two snapshots, for all audiences that stand at the same one.

        Audiences that are to be emptied come by themselves: what they hold is compared with nothing, so that also
        those are taken out of whom nothing changed.
        """
        tracked = [self._tracked(log, standing.audience) for standing in standings]
        log = replace(log, destination=self._table(tracked))
        log.view_index("held", standings[0].held)
        log.view_index("due", standings[0].due if tracked[0].wanted else None)
        wanted = log.destination.consent_name
        for side, names in zip(("held", "due"), changes.find_candidates(log.connection), strict=True):
            changes.view_rows(log.connection, side, log.files(names), log.columns, wanted)
        unchanged = changes.segments(log.connection, "due anti join candidates using (customer_id)")
        changes.view_unchanged(log.connection, log.files(unchanged), log.columns, wanted)
        shape = shape_of(log.destination)
        counts = membership.compare(log.connection, shape, tracked)
        membership.spare_what_others_hold(log.connection, shape)
        log.view_index("due", standings[0].due)
        return counts

    def _tracked(self, log: HashedLog, audience: str) -> Audience:
        """An audience with its columns; one that is not wanted any more, or not so, is emptied of what it was fed with."""
        feed = self.feeds.feed(audience)
        known = log.ledger.remote_audience(log.destination.name, audience)
        pinned = (known.columns if known else "") or (feed.pinned if feed else "")
        wanted = feed is not None and feed.pinned == pinned
        return Audience(audience, frozenset(pinned.split(",")), wanted)

    def _table(self, tracked: Sequence[Audience]) -> Destination:
        """The columns with which these audiences can be compared."""
        return self.feeds.table({name for audience in tracked for name in audience.columns})

    def _why_anew(
        self,
        log: HashedLog,
        standing: Standing,
        counts: changes.Counts | None,
        members: Mapping[str, int],
        request: str | None,
    ) -> str:
        """Why an audience is sent as a whole, in place of what it holds; empty when it is not."""
        feed, name = self.feeds.feed(standing.audience), f"{log.destination.name}: {standing.audience}"
        if feed is None or not members[standing.audience]:
            return ""
        known = log.ledger.remote_audience(log.destination.name, standing.audience)
        pinned = (known.columns if known else "") or feed.pinned
        never_fed = counts is None or known is None or not known.columns
        if never_fed and feed.taken_over and feed.replace:
            return "a first load into an audience that was there before"
        if counts is None:
            return ""
        if pinned != feed.pinned:
            if not feed.replace:
                raise SettingsError(
                    f"{name} is fed with {pinned} and the settings now say {feed.pinned}, which needs a replacement; allow it, "
                    "or set the columns back"
                )
            return f"it was fed with {pinned} before"
        if request is not None:
            return "it was asked for"
        share = sum(counts.values()) / members[standing.audience]
        large = members[standing.audience] > self.rows_per_batch
        return (
            f"{share:.0%} of its members change"
            if feed.replace and large and share > self.replace_above
            else ""
        )

    def _part(
        self,
        log: HashedLog,
        standing: Standing,
        counts: changes.Counts | None,
        members: Mapping[str, int],
        why: str,
        request: str | None,
    ) -> DeltaPart:
        log.connection.execute("set variable audience = $audience", {"audience": standing.audience})
        files = self._everyone(log, standing, REPLACE if why else ADD) if why or counts is None else []
        told = {changes.JOINED: sum(file.rows for file in files), changes.CHANGED: 0, changes.LEFT: 0}
        if counts is not None and not (files and not self._tracked(log, standing.audience).wanted):
            told = counts
        if counts is not None and not files:  # also where nobody can take the place of those whom it holds
            why, files = "", [file for each in self.order for file in self._changed(log, standing, each)]
        return DeltaPart(
            audience=standing.audience,
            mode="replace" if why else "update",
            why=why,
            from_snapshot=standing.held,
            members=members[standing.audience] if self.feeds.feed(standing.audience) else 0,
            files=files,
            request=request,
            joined=told[changes.JOINED],
            changed=told[changes.CHANGED],
            left=told[changes.LEFT],
            empties=self.feeds.feed(standing.audience) is None,
        )

    def _too_small(self, log: HashedLog, standing: Standing, members: Mapping[str, int]) -> DeltaPart | None:
        """What is said of an audience that would have fewer members than the partner takes, if it is one."""
        size = members[standing.audience] if self.feeds.feed(standing.audience) else 0
        known = log.ledger.remote_audience(log.destination.name, standing.audience)
        begun = log.ledger.unfinished(log.destination.name, standing.audience) is not None
        there = known is not None and (known.remote_id is not None or begun)
        if size >= self.smallest or not (size or there):
            return None
        delete = there and self.below_smallest == "delete"
        held = f"{size} members, and {log.destination.name} takes {self.smallest} or more"
        return DeltaPart(
            audience=standing.audience,
            mode="delete" if delete else "update",
            from_snapshot=standing.held,
            members=size,
            files=[],
            joined=0,
            changed=0,
            left=0,
            held="" if delete else f"{held}: nothing is sent, and what it holds stays",
            why=f"{held}: it is deleted there" if delete else "",
        )

    def _everyone(self, log: HashedLog, standing: Standing, operation: str) -> list[DeltaFile]:
        feed = self.feeds.feed(standing.audience)
        if feed is None:
            return []
        names = frozenset(column.name for column in feed.columns)
        rows = membership.everyone_sql(shape_of(log.destination), names)
        return self._write(log, standing, f"({rows})", feed.columns, operation)

    def _changed(self, log: HashedLog, standing: Standing, operation: str) -> list[DeltaFile]:
        if operation == ADD:
            feed = self.feeds.feed(standing.audience)
            return self._write(log, standing, "additions", feed.columns, ADD) if feed else []
        audience = self._tracked(log, standing.audience)
        known = removable(self._table([audience]).columns)
        columns = tuple(column for column in known if column.name in audience.columns)
        return self._write(log, standing, "removals", columns, REMOVE) if columns else []

    def _write(
        self, log: HashedLog, standing: Standing, rows: str, columns: Sequence[Column], operation: str
    ) -> list[DeltaFile]:
        return audience_files.write(log, standing.day, rows, columns, self.rows_per_batch, operation)


def _is_unfilled(log: HashedLog, standing: Standing) -> bool:
    """Whether the partner holds nobody of ours, though there may have been deliveries.

    Either nobody could be named to it so far, or it was emptied because it was not wanted for some days.
    """
    name, audience = log.destination.name, standing.audience
    pointer = log.ledger.acknowledged(name, audience)
    if standing.held is None or pointer is None or pointer.snapshot_key != standing.held:
        return standing.held is None
    if standing.begun is None and log.ledger.unfinished(name, audience) is not None:
        return False
    last = log.ledger.last_filling(name, audience)
    return last is None or last.empties
