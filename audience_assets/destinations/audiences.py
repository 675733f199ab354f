"""The delta of a destination that keeps a list for each of the customers' audiences: who joins it, who leaves it, or all anew."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from audience_assets.delta import changes, membership
from audience_assets.delta.membership import Audience, Shape
from audience_assets.destinations import delta_files
from audience_assets.destinations.column import VERBATIM, Column, Destination
from audience_assets.destinations.delta_files import FileForm
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.manifest import DeltaFile, DeltaPart
from audience_assets.destinations.standing import Standing
from audience_assets.errors import SettingsError
from audience_assets.sql import identifier, listed

CUSTOMER = Column("customer_id", ("customer_id",), VERBATIM, "Whose row it is; never sent", required=True)
"""The first column of every file, so that a row that the partner refuses can be traced."""

ADD, REMOVE, REPLACE = "add", "remove", "replace"


@dataclass(frozen=True, slots=True)
class Feed:
    """How one audience is fed.

    Attributes:
        columns: What an addition consists of, in the partner's order.
        removal: What a removal consists of.
        taken_over: Whether it was there before us, so that a first load must replace what it holds.
        replace: Whether it may be replaced as a whole.
    """

    columns: tuple[Column, ...]
    removal: tuple[Column, ...]
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


@dataclass(frozen=True, slots=True)
class AudiencePlanner:
    """Plans each audience by itself, so that one which fails holds up no other.

    Attributes:
        feeds: How each audience is fed.
        rows_per_batch: Where files are cut; one file is one batch.
        replace_above: The share of an audience's members that may change before it is cheaper to send all anew.
            Audiences that fit into one batch are never replaced for it.
    """

    feeds: Feeds
    rows_per_batch: int
    replace_above: float

    def audiences(self, log: HashedLog, due: str) -> dict[str, int]:
        """Every audience that has members, or that the partner holds, with its number of members."""
        log.view_index("due", due)
        segments = changes.segments(log.connection, "due")
        changes.view_everyone(log.connection, log.files(segments), log.columns, log.destination.consent_name)
        sizes = membership.audience_sizes(log.connection)
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
        for held, group in groupby(sorted(standings, key=_held), key=_held):
            together = list(group)
            counts = self._compare(log, held, together) if held else {}
            for standing in together:
                request = requests.get(standing.audience)
                why = self._why_anew(log, standing, counts.get(standing.audience), members, request)
                yield self._part(log, standing, counts.get(standing.audience), members, why, request)

    def _compare(self, log: HashedLog, held: str, standings: Sequence[Standing]) -> dict[str, changes.Counts]:
        """The tables of changes between two snapshots, for all audiences that stand at the same one."""
        log.view_index("held", held)
        wanted = log.destination.consent_name
        for side, names in zip(("held", "due"), changes.find_candidates(log.connection), strict=True):
            changes.view_rows(log.connection, side, log.files(names), log.columns, wanted)
        unchanged = changes.segments(log.connection, "due anti join candidates using (customer_id)")
        changes.view_unchanged(log.connection, log.files(unchanged), log.columns, wanted)
        shape = shape_of(log.destination)
        tracked = [self._tracked(log, standing.audience) for standing in standings]
        counts = membership.compare(log.connection, shape, tracked)
        membership.spare_what_others_hold(log.connection, shape)
        return counts

    def _tracked(self, log: HashedLog, audience: str) -> Audience:
        """An audience with its columns; one that is not wanted any more is emptied with those it was fed with."""
        feed = self.feeds.feed(audience)
        if feed is not None:
            return Audience(audience, frozenset(column.name for column in feed.columns))
        known = log.ledger.remote_audience(log.destination.name, audience)
        return Audience(audience, frozenset(known.columns.split(",") if known else ()), wanted=False)

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
        pinned = known.columns if known else feed.pinned
        if counts is None:
            return (
                "a first load into an audience that was there before"
                if feed.taken_over and feed.replace
                else ""
            )
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
        if why or counts is None:
            files = self._everyone(log, standing, REPLACE if why else ADD)
        else:
            files = [*self._changed(log, standing, REMOVE), *self._changed(log, standing, ADD)]
        everyone = {changes.JOINED: sum(file.rows for file in files), changes.CHANGED: 0, changes.LEFT: 0}
        told = everyone if counts is None else counts
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
        )

    def _everyone(self, log: HashedLog, standing: Standing, operation: str) -> list[DeltaFile]:
        feed = self.feeds.feed(standing.audience)
        if feed is None:
            return []
        names = frozenset(column.name for column in feed.columns)
        rows = membership.everyone_sql(shape_of(log.destination), names)
        return self._write(log, standing, f"({rows})", feed.columns, operation)

    def _changed(self, log: HashedLog, standing: Standing, operation: str) -> list[DeltaFile]:
        feed = self.feeds.feed(standing.audience)
        table = "removals" if operation == REMOVE else "additions"
        if feed is not None:
            columns = feed.removal if operation == REMOVE else feed.columns
        else:
            tracked = self._tracked(log, standing.audience).columns
            columns = tuple(column for column in removable(log.destination.columns) if column.name in tracked)
        return self._write(log, standing, table, columns, operation) if columns else []

    def _write(
        self, log: HashedLog, standing: Standing, rows: str, columns: Sequence[Column], operation: str
    ) -> list[DeltaFile]:
        """The audience's rows as files, one a batch, in the partner's columns with the customer in front."""
        form = FileForm(log.destination.name, (CUSTOMER, *columns), self.rows_per_batch, ".parquet")
        listing = ["customer_id", *(_delivered(column) for column in columns)]
        query = f"select\n{listed(listing)}\nfrom {rows}\nwhere audience = getvariable('audience')\norder by customer_id"
        folder = log.layout.delta(log.destination.name, standing.day)
        return delta_files.write_files(log.connection, form, query, folder, operation)


def shape_of(destination: Destination) -> Shape:
    """What the set operations need to know of a destination's columns."""
    return Shape(
        types={column.name: column.stored_type for column in destination.columns},
        identifiers=tuple(column.name for column in destination.columns if column.role == "identifier"),
        attributes=tuple(column.name for column in destination.columns if column.role == "attribute"),
        enough=destination.enough,
    )


def removable(columns: Iterable[Column]) -> tuple[Column, ...]:
    """The columns that say who it is."""
    return tuple(column for column in columns if column.role in ("identifier", "attribute"))


def _held(standing: Standing) -> str:
    return standing.held or ""


def _delivered(column: Column) -> str:
    """SQL for what the partner gets; a column that no field feeds is the same in every row."""
    value = column.delivered_sql(identifier(column.name)) if column.fields else column.form.sql(())
    return f"cast({value} as {column.delivered_type}) as {identifier(column.name)}"
