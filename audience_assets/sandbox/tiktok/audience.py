"""One customer file audience: its members, the change that is being processed, its end and its history."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok.answers import TikTokError, bad_parameter
from audience_assets.sandbox.tiktok.behaviour import DAY, Behaviour
from audience_assets.sandbox.tiktok.cells import SEVERAL, identifiers_of
from audience_assets.sandbox.tiktok.membership import Action, Membership

DAYS_UNUSED = 365
EXPIRING_DAYS = 7
CREATE = "CREATE"
PROCESSING, SUCCESS = "Processing", "Success"
UNFINISHED_REPLACE = (
    "This replace operation is rejected as there is an existing unfinished replace operation for this audience."
    " Please wait until the current operation completes on this audience before re trying."
    " Recommend no more than one replace operation per day."
)
"""Source: Census, TikTok destination, "Customer File Audience"."""


@dataclass
class Event:
    """One line of an audience's history; `files` is how many a change took."""

    action: str
    at: float
    files: int = 0
    message: str = SUCCESS


@dataclass
class Change:
    """A change of members that takes effect at `ends`; `after` is None for one that will turn out to have failed."""

    action: str
    ends: float
    after: Membership | None


@dataclass(eq=False)
class Audience:
    """An audience as TikTok holds it. Times are seconds since 1970 by the sandbox's clock.

    A test may read and set every attribute.
    """

    id: str
    name: str
    calculate_type: str
    audience_sub_type: str
    retention_in_days: int | None
    created: float
    changed: float
    behaviour: Behaviour = field(repr=False)
    clock: Clock = field(repr=False)
    valid: bool = False
    error_message: str = ""
    replaced: float | None = None
    history: list[Event] = field(default_factory=list)
    change: Change | None = field(default=None, repr=False)
    _membership: Membership = field(init=False, repr=False)
    _settling: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def __post_init__(self) -> None:
        self._membership = Membership(self.calculate_type == SEVERAL)

    @property
    def membership(self) -> Membership:
        """Who is in it at this moment."""
        self._settle()
        return self._membership

    def identifiers(self) -> set[tuple[str, str]]:
        """The identifiers that it holds, as (column, value); `MAID` is the column of every device id."""
        return set(identifiers_of(self.membership.identifiers))

    def rows(self) -> set[tuple[tuple[str, str], ...]]:
        """The rows of which it holds an identifier, as they were sent; each is one person's."""
        return {tuple(identifiers_of([row])) for row in self.membership.rows}

    def people(self) -> set[int]:
        """The indexes of the people of the advertiser's graph who are in it."""
        return set(self.membership.people)

    def size(self) -> int:
        """How many people it has: rows, since TikTok's own matching cannot be known."""
        return len(self.membership)

    @property
    def processing(self) -> bool:
        """Whether a change is being processed, so that no other one is taken."""
        self._settle()
        return self.change is not None

    @property
    def is_valid(self) -> bool:
        """Whether it can be used."""
        self._settle()
        return self.valid and not self.expired

    @property
    def expires(self) -> float:
        """When it ends.

        Source: TikTok, Business API SDK, `dmp_custom_audience_create.yml`, `retention_in_days`.
        """
        if self.retention_in_days is not None:
            return self.created + self.retention_in_days * DAY
        return self.changed + DAYS_UNUSED * DAY

    @property
    def expired(self) -> bool:
        """Whether its time is over."""
        return self.clock.now() >= self.expires

    @property
    def is_expiring(self) -> bool:
        """Whether its time will soon be over."""
        return self.clock.now() >= self.expires - EXPIRING_DAYS * DAY

    def check_changeable(self, action: Action) -> None:
        """Refuse a change that may not begin now.

        Source: TikTok, return code 40002, and Census, TikTok destination, "Customer File Audience".
        """
        if self.expired:
            raise bad_parameter("The audience has expired and cannot be updated")
        if self.processing:
            replacing = self.change is not None and self.change.action == action == "REPLACE"
            raise bad_parameter(
                UNFINISHED_REPLACE if replacing else "The audience is being processed, try again later"
            )
        since = None if self.replaced is None else self.clock.now() - self.replaced
        if action == "REPLACE" and since is not None and since < self.behaviour.replace_seconds:
            raise bad_parameter(UNFINISHED_REPLACE)

    def begin(self, action: Action, rows: Sequence[bytes], files: int, *, creates: bool = False) -> None:
        """Take a change of members, or the first ones; it takes effect when it was processed.

        Raises:
            TikTokError: Too few would be left, and the advertiser's behaviour is to refuse that at once (40002).
        """
        now = self.clock.now()
        after = self.membership.changed(action, rows, self.behaviour.people)
        enough = len(after) >= self.behaviour.smallest_audience
        if not enough and self.behaviour.too_few == "refused":
            raise self._too_few()
        told = CREATE if creates else action
        self.changed = now
        if told == "REPLACE":
            self.replaced = now
        self.history.append(Event(told, now, files, PROCESSING))
        self.change = Change(told, now + self.behaviour.processing_seconds, after if enough else None)
        self._settle()

    def _too_few(self) -> TikTokError:
        fewest = self.behaviour.smallest_audience
        return bad_parameter(f"The audience has fewer than {fewest} people after the operation: too few")

    def resume(self, membership: Membership) -> None:
        """Go on where a stopped server left off."""
        self._membership = membership

    def _settle(self) -> None:
        """Let a change take effect whose processing is over."""
        with self._settling:  # a test may look at the same moment as a call
            if self.change is None or self.clock.now() < self.change.ends:
                return
            if self.change.after is not None:
                self._membership = self.change.after
                self.valid, self.error_message = True, ""
            else:
                self.error_message = self._too_few().message
            event = next(each for each in reversed(self.history) if each.message == PROCESSING)
            event.message = self.error_message or SUCCESS
            self.change = None


def as_text(moment: float) -> str:
    """A moment as TikTok writes it, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S")
