"""The delta of a destination that keeps a list for each of the customers' audiences: who joins it, who leaves it, or all anew."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

import pyarrow as pa

from audience_assets.delta import changes, membership, shared_identifiers
from audience_assets.delta.membership import Audience
from audience_assets.destinations import audience_files, audience_sizes, audience_state
from audience_assets.destinations.audience_files import ADD, REMOVE, REPLACE, removable, shape_of
from audience_assets.destinations.audience_state import AudienceState, Feeds
from audience_assets.destinations.column import Column, Destination
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.manifest import DeltaFile, DeltaPart
from audience_assets.destinations.standing import Standing
from audience_assets.errors import SettingsError

RETIRED = "retire = true in the settings: everybody is taken out, and it is deleted at the partner"


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
        retired: The audiences that end: emptied and deleted, or only deleted where the partner takes no small audience.
    """

    feeds: Feeds
    rows_per_batch: int
    replace_above: float
    smallest: int = 0
    below_smallest: Literal["hold", "delete"] = "hold"
    order: tuple[str, str] = (REMOVE, ADD)
    retired: Collection[str] = ()

    def audiences(self, log: HashedLog, due: str) -> dict[str, int]:
        """Every audience that has members, or that the partner holds, with its number of members."""
        found = audience_sizes.sizes(log, due)
        wanted = {name: size for name, size in found.items() if self.feeds.feed(name) is not None}
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
        states = [
            audience_state.of(log, self.feeds, standing, members[standing.audience]) for standing in standings
        ]
        for state in states:
            if state.unfilled:
                yield self._end(state) or self._too_small(log, state) or self._first_load(log, state)

        def alike(state: AudienceState) -> tuple[str, bool]:
            return state.standing.held or "", state.tracked.wanted

        filled = sorted((state for state in states if not state.unfilled), key=alike)
        for _, group in groupby(filled, key=alike):
            yield from self._moved(log, list(group), requests)

    def _moved(
        self, log: HashedLog, states: Sequence[AudienceState], requests: Mapping[str, str]
    ) -> Iterator[DeltaPart]:
        """The parts of audiences that stand at the same snapshot; what changes in one that is sent anew is only counted.

        Audiences that are to be emptied come by themselves: what they hold is compared with nothing, so that also
        those are taken out of whom nothing changed.
        """
        tracked = [state.tracked for state in states]
        compared = replace(log, destination=self._table(tracked))
        due = states[0].standing.due if tracked[0].wanted else None
        compared.view_changes(states[0].standing.held, due)
        counts = membership.compare(log.connection, shape_of(compared.destination), tracked)
        told = []
        for state in states:
            counted, request = counts[state.name], requests.get(state.name)
            holds = _held(state, counted)
            part = self._end(state, holds) if self.smallest else None
            part = part or self._too_small(log, state, holds)
            part = part or self._replacement(log, state, counted, request)
            if part is None:
                told.append(state)
            else:
                yield part
        if told:
            self._tell(compared, due, told)
        for state in told:
            yield self._change(log, state, counts[state.name], requests.get(state.name))

    def _tell(self, log: HashedLog, due: str | None, states: Sequence[AudienceState]) -> None:
        """Fill the tables of who is to be added and removed."""
        shape = shape_of(log.destination)
        membership.list_changes(log.connection, [state.name for state in states])
        if membership.somebody_leaves(log.connection):
            log.view_log(due)
            shared_identifiers.spare_what_others_hold(log.connection, shape)
        else:
            shared_identifiers.spare_nothing(log.connection, shape)

    def _table(self, tracked: Sequence[Audience]) -> Destination:
        """The columns with which these audiences can be compared."""
        return self.feeds.table({name for audience in tracked for name in audience.columns})

    def _first_load(self, log: HashedLog, state: AudienceState) -> DeltaPart:
        """Everybody, into an audience in which there is nobody of ours; what else it holds is replaced."""
        taken_over = (
            state.feed is not None and state.size > 0 and state.feed.taken_over and state.feed.replace
        )
        why = "a first load into an audience that was there before" if taken_over else ""
        files = self._everyone(log, state, REPLACE if why else ADD)
        return _part(state, files, why=why, joined=sum(file.rows for file in files))

    def _change(
        self, log: HashedLog, state: AudienceState, counts: changes.Counts, request: str | None
    ) -> DeltaPart:
        """What changed, after `_tell`."""
        files = [file for each in self.order for file in self._changed(log, state, each)]
        told = {"held_before": _held(state, counts), "taken_out": counts[changes.LEFT], **counts}
        return self._end(state, files=files, **told) or _part(state, files, request=request, **told)

    def _replacement(
        self, log: HashedLog, state: AudienceState, counts: changes.Counts, request: str | None
    ) -> DeltaPart | None:
        """Everybody, where a replacement is due and there is somebody to take the place of the others."""
        why = self._why_anew(log, state, counts, request)
        files = self._everyone(log, state, REPLACE) if why else []
        if not files:
            return None
        held, taken_out = _held(state, counts), counts[changes.LEFT]
        # What was compared with nothing, because it was fed with other columns, says only who leaves.
        if not state.tracked.wanted:
            counts = {changes.JOINED: sum(file.rows for file in files)}
            taken_out = max(0, held - counts[changes.JOINED])
        return _part(state, files, why=why, request=request, held_before=held, taken_out=taken_out, **counts)

    def _why_anew(
        self, log: HashedLog, state: AudienceState, counts: changes.Counts, request: str | None
    ) -> str:
        """Why an audience is sent as a whole, in place of what it holds; empty when it is not."""
        if state.feed is None or not state.size:
            return ""
        if not state.pinned and state.feed.taken_over and state.feed.replace:
            return "a first load into an audience that was there before"
        if state.pinned and state.pinned != state.feed.pinned:
            if not state.feed.replace:
                raise SettingsError(
                    f"{log.destination.name}: {state.name} is fed with {state.pinned} and the settings now say "
                    f"{state.feed.pinned}, which needs a replacement; allow it, or set the columns back"
                )
            return f"it was fed with {state.pinned} before"
        if request is not None:
            return "it was asked for"
        share = sum(counts.values()) / state.size
        large = state.size > self.rows_per_batch
        return (
            f"{share:.0%} of its members change"
            if state.feed.replace and large and share > self.replace_above
            else ""
        )

    def _end(
        self, state: AudienceState, holds: int = 0, files: Sequence[DeltaFile] = (), **told: int
    ) -> DeltaPart | None:
        """The end of an audience that the settings retire, if it is one: what these files take out, then its deletion."""
        if state.name not in self.retired or not state.there:
            return None
        gone = {"held_before": holds, "taken_out": holds, changes.LEFT: holds} | told
        return _part(state, list(files), mode="delete", why=RETIRED, retires=True, **gone)

    def _too_small(self, log: HashedLog, state: AudienceState, holds: int = 0) -> DeltaPart | None:
        """What is said of an audience that would have fewer members than the partner takes, if it is one.

        `holds` says how many are in it; a deletion takes out all of them.
        """
        if state.size >= self.smallest or not (state.size or state.there):
            return None
        name = log.destination.name
        held = f"{state.size} members, and {name} takes {self.smallest} or more (destinations.{name}.smallest_audience)"
        if state.there and self.below_smallest == "delete":
            gone = {"held_before": holds, "taken_out": holds}
            return _part(state, [], mode="delete", why=f"{held}: it is deleted there", empties=False, **gone)
        stays = f"{held}: nothing is sent, and what it holds stays"
        return _part(state, [], held=stays, empties=False, held_before=holds)

    def _everyone(self, log: HashedLog, state: AudienceState, operation: str) -> list[DeltaFile]:
        if state.feed is None:
            return []
        log.connection.execute("set variable audience = $audience", {"audience": state.name})
        names = frozenset(column.name for column in state.feed.columns)
        members = membership.everyone_sql(shape_of(log.destination), names)
        query = audience_files.rows_sql(f"({members})", state.feed.columns)
        rows = log.everyone(state.standing.due, query, "customer_id")
        return self._write(log, state, rows, state.feed.columns, operation)

    def _changed(self, log: HashedLog, state: AudienceState, operation: str) -> list[DeltaFile]:
        columns, table = state.feed.columns if state.feed else (), "additions"
        if operation == REMOVE:
            known = removable(self._table([state.tracked]).columns)
            columns = tuple(column for column in known if column.name in state.tracked.columns)
            table = "removals"
        if not columns:
            return []
        log.connection.execute("set variable audience = $audience", {"audience": state.name})
        query = audience_files.rows_sql(table, columns) + "\norder by customer_id"
        return self._write(log, state, log.rows(query), columns, operation)

    def _write(
        self,
        log: HashedLog,
        state: AudienceState,
        rows: Iterable[pa.RecordBatch],
        columns: Sequence[Column],
        operation: str,
    ) -> list[DeltaFile]:
        return audience_files.write(log, state.standing.day, rows, columns, self.rows_per_batch, operation)


def _held(state: AudienceState, counts: changes.Counts) -> int:
    """How many members the partner holds; an audience that was compared with nothing tells by who leaves."""
    before = state.size - counts[changes.JOINED] if state.tracked.wanted else 0
    return max(0, before) + counts[changes.LEFT]


def _part(state: AudienceState, files: list[DeltaFile], **told: Any) -> DeltaPart:
    """What an audience is told; nobody joins, changes or leaves but as it is said."""
    nothing = {changes.JOINED: 0, changes.CHANGED: 0, changes.LEFT: 0}
    mode = "replace" if told.get("why") else "update"
    return DeltaPart(
        **{
            "audience": state.name,
            "mode": mode,
            "from_snapshot": state.standing.held,
            "members": state.size,
            "files": files,
            "empties": state.feed is None,
            **nothing,
            **told,
        }
    )
