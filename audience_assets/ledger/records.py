"""The rows of the ledger as frozen dataclasses: counts, file names and states, never a customer's data."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum


def utc_now() -> datetime:
    """The present moment, always with its time zone."""
    return datetime.now(UTC)


class DeliveryStatus(StrEnum):
    """How far a delivery came. Only `planned` ones can be abandoned; a `sending` one must be finished."""

    PLANNED = "planned"
    SENDING = "sending"
    DONE = "done"
    ABANDONED = "abandoned"


class BatchStatus(StrEnum):
    """How far a batch came. `sent` means the partner may or may not have it: send the same bytes again."""

    PLANNED = "planned"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"


@dataclass(frozen=True)
class Segment:
    """Customers that were normalized and hashed together.

    Immutable, except that `hashed_file` is set once, and `normalized_file` (clear text) is forgotten when purged.
    """

    name: str
    day: date
    rules_signature: str
    normalized_file: str | None
    rows: int
    hashed_file: str | None = None
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True)
class Snapshot:
    """Which segment holds each customer as of a day. `sequence` is 0 until the ledger publishes it."""

    key: str
    day: date
    parent_key: str | None
    segment: str
    index_file: str
    customers: int
    new: int
    changed: int
    left: int
    created_at: datetime = field(default_factory=utc_now)
    sequence: int = 0


@dataclass(frozen=True)
class Counts:
    """How many customers a delivery adds, changes and removes at the partner."""

    joined: int = 0
    changed: int = 0
    left: int = 0


@dataclass(frozen=True)
class Delivery:
    """One destination's move from one snapshot to the next; `rows` are those of all its batches."""

    id: int
    destination: str
    day: date
    ordinal: int
    from_snapshot: str | None
    to_snapshot: str
    status: DeliveryStatus
    joined: int
    changed: int
    left: int
    rows: int
    run: str | None
    planned_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class PlannedBatch:
    """A file that is ready to be sent; its place in the plan gives its sequence number."""

    operation: str
    rows: int
    file: str
    sha256: str
    remote_key: str


@dataclass(frozen=True)
class Batch:
    """A planned batch with what happened to it. `answer` is the partner's reply, without identifiers."""

    delivery_id: int
    sequence: int
    operation: str
    rows: int
    file: str
    sha256: str
    remote_key: str
    status: BatchStatus
    attempts: int
    sent_at: datetime | None
    acknowledged_at: datetime | None
    answer: str | None


@dataclass(frozen=True)
class Acknowledged:
    """The pointer: what a partner holds, and which delivery brought it there."""

    destination: str
    snapshot_key: str
    day: date
    delivery_id: int
    at: datetime
