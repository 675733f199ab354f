"""Publishes days straight into the hashed log: an index, and a segment with the rows that are new or changed."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

import duckdb
import pyarrow as pa

from audience_assets.destinations.column import ARROW_TYPES, Column, Destination
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment, Snapshot
from audience_assets.storage import dataset, files
from audience_assets.storage.layout import Layout
from audience_assets_tests.histories.partners.rows import Cell, Customers, Row, Table
from audience_assets_tests.on_disk import on_disk

INDEX = pa.schema([("customer_id", pa.string()), ("fingerprint", pa.uuid()), ("segment", pa.string())])


class Side(Protocol):
    """One partner, for whom the log has columns."""

    @property
    def destination(self) -> Destination:
        """Its columns."""
        ...

    def cells(self, customer: str, row: Row) -> Mapping[str, Cell]:
        """What each of its columns says of a customer."""
        ...


@dataclass(frozen=True)
class Published:
    """A snapshot of a day; `tables` has what each partner is told of its customers."""

    record: Snapshot
    customers: Customers
    segments: dict[str, str]
    forms: frozenset[str]
    tables: Mapping[str, Table]


@dataclass
class Log:
    """One deployment's hashed log.

    Attributes:
        layout: Where its files lie.
        ledger: Knows its snapshots and segments.
        database: Deals customers into buckets.
        buckets: Into how many the index and the segments of each day are dealt, day after day and then over again.
    """

    layout: Layout
    ledger: Ledger
    database: duckdb.DuckDBPyConnection
    buckets: Sequence[int] = (1,)
    published: list[Published] = field(default_factory=list)

    def publish(
        self, day: date, customers: Customers, sides: Sequence[Side], rewritten: Collection[str] = ()
    ) -> Published:
        """Put a day's customers into the log; who has the same row in the snapshot before keeps that segment.

        Of who is `rewritten` the source changed something that no partner is told.
        """
        number = len(self.published)
        key, segment = f"snapshot-{number}", f"{day}-segment-{number}"
        parent = self._parent(day)
        forms = frozenset(form for side in sides for form in side.destination.forms)
        kept = {}
        if parent is not None and parent.forms == forms:
            kept = {
                name: parent.segments[name]
                for name, row in customers.items()
                if parent.customers.get(name) == row and name not in rewritten
            }
        new = {name: row for name, row in customers.items() if name not in kept}
        segments = {name: kept.get(name, segment) for name in sorted(customers)}
        hashed = self._write(_stored(segment, new, sides), on_disk(self.layout.hashed(day)) / segment)
        self.ledger.record_segment(
            Segment(segment, day, "rules", None, len(new), hashed_file=self.layout.relative(hashed))
        )
        index = self.layout.relative(self._index(key, day, segments))
        record = Snapshot(key, day, None, segment, index, len(segments), 0, 0, 0)
        self.ledger.publish_snapshot(record)
        tables = {
            side.destination.name: {name: side.cells(name, row) for name, row in customers.items()}
            for side in sides
        }
        self.published.append(Published(record, customers, segments, forms, tables))
        return self.published[-1]

    def take_back(self, published: Published) -> None:
        """Make an earlier snapshot of a day the current one again."""
        self.ledger.publish_snapshot(published.record)

    def current(self, day: date) -> str | None:
        """The key of the snapshot that is due on a day."""
        snapshot = self.ledger.current_snapshot(day)
        return None if snapshot is None else snapshot.key

    def of(self, key: str) -> Published:
        """What was published under a snapshot's key."""
        return next(each for each in self.published if each.record.key == key)

    def _parent(self, day: date) -> Published | None:
        before = self.ledger.newest_snapshot_before(day)
        return next((each for each in self.published if before and each.record.key == before.key), None)

    def _index(self, key: str, day: date, segments: dict[str, str]) -> Path:
        fingerprints = [uuid.uuid4().bytes for _ in segments]
        columns = [list(segments), fingerprints, list(segments.values())]
        arrays = [pa.array(each, kind.type) for each, kind in zip(columns, INDEX, strict=True)]
        rows = pa.table(arrays, schema=INDEX)
        return self._write(rows, on_disk(self.layout.normalized(day)) / f"index-{key}")

    def _write(self, rows: pa.Table, final: Path) -> Path:
        """Publish rows as the pipeline does: one file, or a folder with one for each bucket that has any."""
        buckets = self.buckets[len(self.published) % len(self.buckets)]
        files.private_folder(final.parent)
        self.database.register("rows", rows)
        with TemporaryDirectory(dir=final.parent) as workshop:
            dataset.write_buckets(self.database, "select * from rows", Path(workshop), buckets, "snappy")
            drafts = [dataset.bucket_files(Path(workshop), bucket) for bucket in range(buckets)]
            published = dataset.publish(drafts, final)
        self.database.unregister("rows")
        return on_disk(published)


def _stored(segment: str, customers: Customers, sides: Sequence[Side]) -> pa.Table:
    """What the hashed log keeps: digests as bytes."""
    rows = sorted(customers.items())
    columns = {
        "customer_id": pa.array([name for name, _ in rows], pa.string()),
        "segment": pa.array([segment] * len(rows), pa.string()),
    }
    for side in sides:
        table = side.destination
        columns[table.consent_name] = pa.array([row.consent for _, row in rows], pa.bool_())
        if table.audiences:
            labels = [list(row.audiences) for _, row in rows]
            columns[table.audiences_name] = pa.array(labels, pa.list_(pa.string()))
        told = [side.cells(name, row) for name, row in rows]
        for column in table.columns:
            columns[table.stored_name(column)] = _array(column, [cells[column.name] for cells in told])
    return pa.table(columns)


def _array(column: Column, cells: Sequence[Cell]) -> pa.Array:
    if column.hashed:
        return pa.array([None if cell is None else bytes.fromhex(str(cell)) for cell in cells], pa.binary())
    return pa.array(cells, ARROW_TYPES[column.form.type])
