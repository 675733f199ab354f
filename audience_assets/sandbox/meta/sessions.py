"""Upload sessions: the batches that belong together, their order, and the 90 minutes that they have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from audience_assets.sandbox.meta.answers import (
    FIRST_BATCH_NOT_SEEN,
    SESSION_FINISHED,
    SESSION_TIMED_OUT,
    UPDATE_IN_PROGRESS,
    bad_parameter,
    replace_refused,
)

Change = Literal["add", "remove", "replace"]

WINDOW_SECONDS = 90 * 60
LARGEST_ID = 2**63 - 1
FIELDS = frozenset({"session_id", "batch_seq", "last_batch_flag", "estimated_num_total"})


@dataclass(frozen=True)
class Batch:
    """The place of one call in its session, and a digest of what the call carried."""

    session_id: int
    seq: int
    last: bool
    digest: str = field(repr=False)


@dataclass
class Session:
    """One upload session. Times are seconds since 1970 by the sandbox's clock."""

    id: int
    audience_id: str
    change: Change
    started: float
    ended: float | None = None
    received: int = 0
    invalid: int = 0
    digests: dict[int, str] = field(default_factory=dict, repr=False)

    @property
    def closes(self) -> float:
        """When the window of the session ends."""
        return self.started + WINDOW_SECONDS

    def is_open(self, now: float) -> bool:
        """Whether it waits for more batches."""
        return self.ended is None and now < self.closes

    def is_repeat(self, batch: Batch) -> bool:
        """Whether the very same batch was accepted before."""
        return self.digests.get(batch.seq) == batch.digest

    def accept(self, batch: Batch, *, received: int, invalid: int, now: float) -> None:
        """Note a batch that was carried out."""
        if batch.seq not in self.digests:
            self.received += received
            self.invalid += invalid
        self.digests[batch.seq] = batch.digest
        if batch.last:
            self.ended = now

    def as_listed(self, now: float) -> dict[str, str]:
        """What `GET /{audience}/sessions` says: every value is a string."""
        ended = self.ended if self.ended is not None else (None if now < self.closes else self.closes)
        listed = {
            "session_id": str(self.id),
            "stage": "uploading" if ended is None else "completed",
            "progress": "0" if ended is None else "100",
            "num_received": str(self.received),
            "num_matched": str(self.received - self.invalid),
            "num_invalid_entries": str(self.invalid),
            "start_time": str(int(self.started)),
        }
        return listed if ended is None else listed | {"end_time": str(int(ended))}


def read_batch(given: object, change: Change, digest: str) -> Batch | None:
    """The `session` of a call; None where it is left out, which only additions and removals may do.

    Source: Meta, Custom audiences from a customer file, "Session fields".
    """
    if given is None and change != "replace":
        return None
    if not isinstance(given, Mapping):
        raise bad_parameter("param session is required and must be a JSON object")
    if given.keys() - FIELDS:
        raise bad_parameter("param session has an unknown field")
    last = given.get("last_batch_flag", False if change == "replace" else None)
    if not isinstance(last, bool):
        raise bad_parameter("session.last_batch_flag is required and must be true or false")
    if "estimated_num_total" in given:
        _whole(given, "estimated_num_total", least=0)
    return Batch(_whole(given, "session_id"), _whole(given, "batch_seq"), last, f"{digest} {last}")


def check_upload(session: Session | None, batch: Batch, now: float) -> None:
    """Refuse a batch of an addition or a removal that is late or out of order; an exact repeat passes.

    Source: Meta, Custom audiences from a customer file, "Session fields": numbers follow one another from 1 on, and
    what comes after the window is dropped. That a drop is answered with 1870158 is our reading.
    """
    if session is None:
        if batch.seq != 1:
            raise replace_refused(FIRST_BATCH_NOT_SEEN)
        return
    if now >= session.closes:
        raise replace_refused(SESSION_TIMED_OUT)
    if session.is_repeat(batch):
        return
    if batch.seq in session.digests:
        raise bad_parameter("session.batch_seq was used before with other content")
    if session.ended is not None:
        raise replace_refused(SESSION_FINISHED)
    if batch.seq != len(session.digests) + 1:
        raise bad_parameter("session.batch_seq must be sequential")


def check_replace(session: Session | None, batch: Batch, now: float) -> None:
    """Refuse a batch of a replace outside its session; after the first one any order and repeats are fine.

    Source: Meta, Custom audiences from a customer file, "Users replace API". What a second batch 1 in one session
    does is only advised against; it is refused here.
    """
    if session is None:
        if batch.seq != 1:
            raise replace_refused(FIRST_BATCH_NOT_SEEN)
        return
    if session.ended is not None:
        raise replace_refused(SESSION_FINISHED if session.ended < session.closes else SESSION_TIMED_OUT)
    if now >= session.closes:
        raise replace_refused(SESSION_TIMED_OUT)
    if batch.seq == 1:
        raise replace_refused(UPDATE_IN_PROGRESS)


def _whole(given: Mapping[str, Any], name: str, least: int = 1) -> int:
    value = given.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= LARGEST_ID:
        raise bad_parameter(f"session.{name} must be a positive 64-bit integer")
    return value
