"""One custom audience: its members, its sessions, a replace under way, and its operation status."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.answers import (
    AUDIENCE_TOO_LARGE,
    UPDATE_IN_PROGRESS,
    GraphError,
    replace_refused,
)
from audience_assets.sandbox.meta.behaviour import Behaviour
from audience_assets.sandbox.meta.membership import Membership
from audience_assets.sandbox.meta.payload import SchemaKind
from audience_assets.sandbox.meta.rows import Extras, Identifier, Row
from audience_assets.sandbox.meta.sessions import Change, Session

NORMAL, REPLACE_IN_PROGRESS, REPLACE_FAILED, STILL_FILLING = 200, 414, 415, 441

Rows = Sequence[tuple[Row, Extras]]


@dataclass(eq=False)
class Audience:
    """An audience as Meta holds it. Times are seconds since 1970 by the sandbox's clock.

    A test may read and set every attribute; `forced_status` outweighs the status that the audience would have.
    """

    id: str
    name: str
    description: str
    customer_file_source: str
    is_value_based: bool
    retention_days: int
    behaviour: Behaviour = field(repr=False)
    clock: Clock = field(repr=False)
    created: float
    updated: float
    subtype: str = "CUSTOM"
    schema_kind: SchemaKind | None = None
    sessions: dict[int, Session] = field(default_factory=dict)
    forced_status: int | None = None
    absent_calls: int = 0
    busy_until: float = 0.0
    filling_until: float = 0.0
    replacing: Session | None = None
    _membership: Membership = field(default_factory=Membership, repr=False)
    _staged: Membership = field(default_factory=Membership, repr=False)
    _settling: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def membership(self) -> Membership:
        """Who is in it at this moment."""
        self._settle()
        return self._membership

    def members(self) -> list[dict[str, object]]:
        """The rows that are members, as their cells by key."""
        return self.membership.members()

    def identifiers(self) -> set[Identifier]:
        """The identifiers that it holds."""
        return self.membership.identifiers()

    def people(self) -> set[int]:
        """The indexes of the people of the account's graph who are in it."""
        return self.membership.people

    def size(self) -> int:
        """How many members it has, by the reading that the account is set to."""
        membership = self.membership
        return len(membership.people) if self.behaviour.matching == "people" else len(membership)

    def told(self) -> int:
        """How many people Meta says that it found among them."""
        return round(self.behaviour.matched * self.size())

    @property
    def status(self) -> int:
        """The code of `operation_status`."""
        self._settle()
        now = self.clock.now()
        forced = self.behaviour.audience_status if self.forced_status is None else self.forced_status
        if forced is not None:
            return forced
        if self.replacing is not None or now < self.busy_until:
            return REPLACE_IN_PROGRESS
        return STILL_FILLING if now < self.filling_until else NORMAL

    def check_schema(self, kind: SchemaKind) -> None:
        """Refuse a schema of another kind than the audience was begun with.

        Source: facebook-python-business-sdk, issue 433.
        """
        if self.schema_kind not in {None, kind}:
            raise GraphError(
                2650,
                "The audience was created with another kind of schema and cannot be updated with this one",
            )

    def check_no_replace(self) -> None:
        """Refuse additions and removals during a replace."""
        if self.status == REPLACE_IN_PROGRESS:
            raise replace_refused(UPDATE_IN_PROGRESS)

    def check_replaceable(self) -> None:
        """Refuse a replace that may not begin now.

        Source: Meta, Custom audiences from a customer file, "Users replace API": the status is Normal (after a failed
        replace another one is the advice), the subtype is CUSTOM, and the audience is below 100 million.
        """
        if self.subtype != "CUSTOM":
            raise GraphError(2650, "Only an audience whose subtype is CUSTOM can be replaced")
        if self.status not in {NORMAL, REPLACE_FAILED}:
            raise replace_refused(UPDATE_IN_PROGRESS)
        if self.size() >= self.behaviour.replace_limit:
            raise replace_refused(AUDIENCE_TOO_LARGE)

    def begin_replace(self, session: Session) -> None:
        """Start to gather the members that will take the place of the present ones."""
        self.forced_status = None
        self.replacing = session
        self._staged = Membership()

    @property
    def staged(self) -> Membership:
        """The members that a replace has gathered so far."""
        return self._staged

    def resume(self, members: Membership, staged: Membership, replacing: Session | None) -> None:
        """Go on where a stopped server left off."""
        self._membership, self._staged, self.replacing = members, staged, replacing

    def change(self, change: Change, rows: Rows) -> None:
        """Carry out one batch: at once, or when the replace that it belongs to is finished."""
        now = self.clock.now()
        self.updated = now
        people = self.behaviour.people
        if change == "replace":
            self._staged.add(rows, people)
        elif change == "add":
            self.membership.add(rows, people)
        else:
            self.membership.remove(rows, people)
        if change != "replace":
            self.filling_until = now + self.behaviour.filling_seconds

    def _settle(self) -> None:
        """Finish a replace whose last batch came or whose window is over: the old members are dropped at once."""
        now = self.clock.now()
        with self._settling:  # a test may look at the same moment as a call
            session = self.replacing
            if session is None or session.is_open(now):
                return
            if session.ended is None:
                session.ended = session.closes
            self._membership, self._staged = self._staged, Membership()
            self.busy_until = session.ended + self.behaviour.processing_seconds
            self.replacing = None
