"""Publishes days straight into the hashed log: an index, and a segment with the rows that are new or changed."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.destinations.column import Destination
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment, Snapshot
from audience_assets.storage import files
from audience_assets.storage.layout import Layout
from audience_assets_tests.histories.meta.model import Customers, Row

INDEX = pa.schema([("customer_id", pa.string()), ("fingerprint", pa.uuid()), ("segment", pa.string())])


@dataclass(frozen=True)
class Published:
    """A snapshot of a day."""

    record: Snapshot
    customers: Customers
    segments: dict[str, str]
    forms: frozenset[str]


@dataclass
class Log:
    """One deployment's hashed log."""

    layout: Layout
    ledger: Ledger
    published: list[Published] = field(default_factory=list)

    def publish(
        self, day: date, customers: Customers, destination: Destination, rewritten: Collection[str] = ()
    ) -> Published:
        """Put a day's customers into the log; who has the same row in the snapshot before keeps that segment.

        Of who is `rewritten` the source changed something that Meta is not told.
        """
        number = len(self.published)
        key, segment = f"snapshot-{number}", f"{day}-segment-{number}"
        parent = self._parent(day)
        forms = frozenset(destination.forms)
        kept = {}
        if parent is not None and parent.forms == forms:
            kept = {
                name: parent.segments[name]
                for name, row in customers.items()
                if parent.customers.get(name) == row and name not in rewritten
            }
        new = {name: row for name, row in customers.items() if name not in kept}
        segments = {name: kept.get(name, segment) for name in sorted(customers)}
        hashed = files.private_folder(self.layout.hashed(day)) / f"{segment}.parquet"
        pq.write_table(_stored(segment, new, destination), hashed)
        self.ledger.record_segment(
            Segment(segment, day, "rules", None, len(new), hashed_file=self.layout.relative(hashed))
        )
        record = Snapshot(
            key,
            day,
            None,
            segment,
            self.layout.relative(self._index(key, day, segments)),
            len(segments),
            0,
            0,
            0,
        )
        self.ledger.publish_snapshot(record)
        self.published.append(Published(record, customers, segments, forms))
        return self.published[-1]

    def take_back(self, published: Published) -> None:
        """Make an earlier snapshot of a day the current one again."""
        self.ledger.publish_snapshot(published.record)

    def of(self, key: str) -> Customers:
        """The customers of a snapshot."""
        return next(each.customers for each in self.published if each.record.key == key)

    def _parent(self, day: date) -> Published | None:
        before = self.ledger.newest_snapshot_before(day)
        return next((each for each in self.published if before and each.record.key == before.key), None)

    def _index(self, key: str, day: date, segments: dict[str, str]) -> Path:
        path = files.private_folder(self.layout.normalized(day)) / f"index-{key}.parquet"
        fingerprints = [uuid.uuid4().bytes for _ in segments]
        columns = [list(segments), fingerprints, list(segments.values())]
        pq.write_table(
            pa.table(
                [pa.array(each, kind.type) for each, kind in zip(columns, INDEX, strict=True)], schema=INDEX
            ),
            path,
        )
        return path


def _stored(segment: str, customers: Customers, destination: Destination) -> pa.Table:
    """What the hashed log keeps: digests as bytes."""
    rows = sorted(customers.items())
    columns = {
        "customer_id": pa.array([name for name, _ in rows], pa.string()),
        "segment": pa.array([segment] * len(rows), pa.string()),
        destination.consent_name: pa.array([row.consent for _, row in rows], pa.bool_()),
        destination.audiences_name: pa.array([list(row.audiences) for _, row in rows], pa.list_(pa.string())),
    }
    for column in destination.columns:
        texts = [_cell(row, column.name) for _, row in rows]
        columns[destination.stored_name(column)] = (
            pa.array([text and bytes.fromhex(text) for text in texts], pa.binary())
            if column.hashed
            else pa.array(texts, pa.string())
        )
    return pa.table(columns)


def _cell(row: Row, key: str) -> str | None:
    return row.value if key == "LOOKALIKE_VALUE" else row.cells.get(key)
