"""The rows of the ledger as frozen dataclasses: counts, file names and states, never a customer's data."""

from collections.abc import Iterable
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

    `keys_file` has the keyed digests by which a suppression list or an erasure finds them. Immutable, except that
    `hashed_file` is set once, and `normalized_file` (clear text) is forgotten when purged.
    """

    name: str
    day: date
    rules_signature: str
    normalized_file: str | None
    rows: int
    hashed_file: str | None = None
    keys_file: str | None = None
    created_at: datetime = field(default_factory=utc_now)


@dataclass(frozen=True)
class Snapshot:
    """Which segment holds each customer as of a day, and who of them goes to no partner.

    `withheld_file` lists the latter, None where there is nobody; `sequence` is 0 until the ledger publishes it.
    """

    key: str
    day: date
    parent_key: str | None
    segment: str
    index_file: str
    customers: int
    new: int
    changed: int
    left: int
    withheld: int = 0
    withheld_file: str | None = None
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
    """One move of a destination, or of one of its audiences, from one snapshot to the next.

    Attributes:
        id: Its number.
        destination: The destination's name.
        audience: Which of the customers' audiences it moves; empty where a destination has one list for all.
        day: The day whose customers are delivered.
        ordinal: How many deliveries of the day the partner got before.
        from_snapshot: What the partner held; None for a first delivery.
        to_snapshot: What it holds afterwards.
        status: How far it came.
        joined: Customers who joined.
        changed: Customers who changed.
        left: Customers who left.
        rows: Those of all its batches.
        run: The run that planned it.
        planned_at: When it was planned.
        finished_at: When the partner had acknowledged all of it.
        request: What tells a delivery apart that a person asked for though nothing had changed.
        empties: Whether it takes everybody out of an audience that is not wanted any more.
    """

    id: int
    destination: str
    audience: str
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
    request: str | None = None
    empties: bool = False


@dataclass(frozen=True)
class PlannedBatch:
    """A file that is ready to be sent; its place in the plan gives its sequence number.

    `remote_key` is where it will stand at the partner, empty where that is decided when it is sent.
    """

    operation: str
    rows: int
    file: str
    sha256: str
    remote_key: str


@dataclass(frozen=True)
class Batch:
    """A planned batch with what happened to it.

    Attributes:
        delivery_id: The delivery that it is a part of.
        sequence: Its place in the delivery, from 1.
        operation: What the partner is asked to do with its rows.
        rows: How many rows its file has.
        file: The file, relative to the state directory.
        sha256: The digest of the file's bytes.
        remote_key: Where it stands at the partner, or under which key it was sent last.
        status: How far it came.
        attempts: How often it was about to leave.
        sent_at: When that was last.
        acknowledged_at: When the partner's answer came.
        answer: That answer, without identifiers.
        refused: How many of its rows the partner did not take.
        earlier_keys: Keys under which it was sent before, one a line; what became of it there is unknown.
    """

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
    refused: int = 0
    earlier_keys: str = ""


def was_begun(batches: Iterable[Batch]) -> bool:
    """Whether an earlier run, or this one, has sent something of a delivery."""
    return any(batch.attempts for batch in batches)


@dataclass(frozen=True)
class Session:
    """An upload session that we opened at a partner; its batches carry its id and their number in it as their key.

    `number` counts the sessions of a delivery and is 0 until the ledger knows the session.
    """

    id: int
    delivery_id: int
    operation: str
    opened_at: datetime = field(default_factory=utc_now)
    number: int = 0


@dataclass(frozen=True)
class RemoteAudience:
    """One of the customers' audiences as it stands at a partner.

    Attributes:
        destination: The destination's name.
        audience: The audience's name in the extract.
        account: The partner's account that it is in.
        marker: Stands in the description of the audience that we created, so that we know it again after a lost answer.
        remote_id: The partner's id; None until the partner told it.
        columns: The columns it is fed with, in their order, joined by commas: pinned when it is first used.
        name: How we told the partner to call it; None where we did not.
        description: How we told the partner to describe it; None where we did not.
        ending: Whether it is being deleted at the partner, so that what it held counts for nothing any more.
        created_at: When we first knew of it.
    """

    destination: str
    audience: str
    account: str
    marker: str
    remote_id: str | None
    columns: str
    name: str | None = None
    description: str | None = None
    ending: bool = False
    created_at: datetime = field(default_factory=utc_now)

    @property
    def there(self) -> bool:
        """Whether the partner has it, as far as we know, and keeps it."""
        return self.remote_id is not None and not self.ending


@dataclass(frozen=True)
class Erasure:
    """A person's request to be erased, without the person.

    Attributes:
        request: Its name; whoever asks chooses it.
        asked_at: When it was asked for.
        deadline: By when it must be done.
        customers: How many customers of ours it was found to concern.
        rows_removed: How many rows of our own files were removed.
        done_at: When every partner had acknowledged and our own files were clean; None before.
    """

    request: str
    asked_at: datetime
    deadline: datetime
    customers: int = 0
    rows_removed: int = 0
    done_at: datetime | None = None


@dataclass(frozen=True)
class ErasureStep:
    """What became of a request at one place: an audience, an account, or a partner's one list.

    Attributes:
        request: The request.
        destination: The destination's name.
        audience: One of the customers' audiences; empty for the one list, `*` for the whole account.
        delivery_id: The delivery that carried it, where there was one.
        at: When this was found out.
        answer: What the partner answered, or why nothing was sent; without identifiers.
        open: Whether it still has to be done.
    """

    request: str
    destination: str
    audience: str
    delivery_id: int | None
    at: datetime
    answer: str
    open: bool


@dataclass(frozen=True)
class Acknowledged:
    """The pointer: what a partner holds, in one of its audiences or as a whole, and which delivery brought it there."""

    destination: str
    audience: str
    snapshot_key: str
    day: date
    delivery_id: int
    at: datetime
