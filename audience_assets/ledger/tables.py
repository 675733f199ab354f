"""The ledger's tables, the same on SQLite and Postgres."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Dialect,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.types import TypeDecorator

from audience_assets.ledger.records import BatchStatus, DeliveryStatus

SCHEMA_VERSION = 4
"""Raised by any change to these tables; a ledger of another version is refused, not guessed at."""


class UtcText(TypeDecorator[datetime]):
    """A moment as ISO-8601 text in UTC: SQLite drops time zones, and this text sorts as time does."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write in one width, so that text order is time order. A moment without a zone is a ValueError."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("the ledger takes only moments with a time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read back what was written, with its zone."""
        return None if value is None else datetime.fromisoformat(value)


def _values(members: Iterable[StrEnum]) -> list[str]:
    return [member.value for member in members]


def _one_of(kind: type[StrEnum], name: str) -> Enum:
    """A text column that the database itself keeps to the known words."""
    return Enum(kind, name=name, native_enum=False, create_constraint=True, values_callable=_values)


metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

segment = Table(
    "segment",
    metadata,
    Column("name", Text, primary_key=True),
    Column("day", Date, nullable=False, index=True),
    Column("rules_signature", Text, nullable=False),
    Column("normalized_file", Text),
    Column("hashed_file", Text),
    Column("keys_file", Text),
    Column("rows", Integer, nullable=False),
    Column("created_at", UtcText, nullable=False),
)

snapshot = Table(
    "snapshot",
    metadata,
    Column("key", Text, primary_key=True),
    Column("day", Date, nullable=False),
    Column("parent_key", Text, ForeignKey("snapshot.key")),
    Column("segment", Text, ForeignKey("segment.name"), nullable=False),
    Column("index_file", Text, nullable=False),
    Column("customers", Integer, nullable=False),
    Column("new", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("left", Integer, nullable=False),
    Column("withheld", Integer, nullable=False),
    Column("withheld_file", Text),
    Column("created_at", UtcText, nullable=False),
    Column("sequence", Integer, nullable=False, unique=True),
)

current_snapshot = Table(
    "current_snapshot",
    metadata,
    Column("day", Date, primary_key=True),
    Column("snapshot_key", Text, ForeignKey("snapshot.key"), nullable=False),
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("destination", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("from_snapshot", Text, ForeignKey("snapshot.key")),
    Column("to_snapshot", Text, ForeignKey("snapshot.key"), nullable=False),
    Column("status", _one_of(DeliveryStatus, "delivery_status"), nullable=False),
    Column("joined", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("left", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("request", Text),
    Column("empties", Boolean, nullable=False),
    Column("run", Text),
    Column("planned_at", UtcText, nullable=False),
    Column("finished_at", UtcText),
    sqlite_autoincrement=True,
)

batch = Table(
    "batch",
    metadata,
    Column("delivery_id", Integer, ForeignKey("delivery.id"), primary_key=True, autoincrement=False),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("operation", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("remote_key", Text, nullable=False),
    Column("earlier_keys", Text, nullable=False),
    Column("status", _one_of(BatchStatus, "batch_status"), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("sent_at", UtcText),
    Column("acknowledged_at", UtcText),
    Column("answer", Text),
)

session = Table(
    "session",
    metadata,
    Column("delivery_id", Integer, ForeignKey("delivery.id"), primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("id", BigInteger, nullable=False, unique=True),
    Column("operation", Text, nullable=False),
    Column("opened_at", UtcText, nullable=False),
)

remote_audience = Table(
    "remote_audience",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("account", Text, nullable=False),
    Column("marker", Text, nullable=False, unique=True),
    Column("remote_id", Text),
    Column("columns", Text, nullable=False),
    Column("name", Text),
    Column("description", Text),
    Column("ending", Boolean, nullable=False),
    Column("created_at", UtcText, nullable=False),
)

acknowledged = Table(
    "acknowledged",
    metadata,
    Column("destination", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("snapshot_key", Text, ForeignKey("snapshot.key"), nullable=False),
    Column("day", Date, nullable=False),
    Column("delivery_id", Integer, ForeignKey("delivery.id"), nullable=False),
    Column("at", UtcText, nullable=False),
)

match_secret = Table(
    "match_secret",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", Text, nullable=False),
)

erasure = Table(
    "erasure",
    metadata,
    Column("request", Text, primary_key=True),
    Column("asked_at", UtcText, nullable=False),
    Column("deadline", UtcText, nullable=False),
    Column("customers", Integer, nullable=False),
    Column("rows_removed", Integer, nullable=False),
    Column("done_at", UtcText),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request", Text, ForeignKey("erasure.request"), primary_key=True),
)

erasure_step = Table(
    "erasure_step",
    metadata,
    Column("request", Text, ForeignKey("erasure.request"), primary_key=True),
    Column("destination", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("delivery_id", Integer),
    Column("at", UtcText, nullable=False),
    Column("answer", Text, nullable=False),
    Column("open", Boolean, nullable=False),
)

lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("machine", Text, nullable=False),
    Column("process", Integer, nullable=False),
    Column("process_started", Text, nullable=False),
    Column("taken_at", UtcText, nullable=False),
    Column("expires_at", UtcText, nullable=False),
)


def _unique_where(name: str, condition: str, *columns: Column[object]) -> None:
    """A unique index over some of the rows; both databases know it, SQLAlchemy wants it said twice."""
    Index(name, *columns, unique=True, sqlite_where=text(condition), postgresql_where=text(condition))


# An abandoned plan gives its ordinal back, so uniqueness is asked of the others only.
_unique_where(
    "delivery_ordinal",
    "status <> 'abandoned'",
    delivery.c.destination,
    delivery.c.audience,
    delivery.c.day,
    delivery.c.ordinal,
)
# The last defence against two deliveries at once: the database refuses what the code should have.
_unique_where(
    "delivery_open", "status IN ('planned', 'sending')", delivery.c.destination, delivery.c.audience
)
