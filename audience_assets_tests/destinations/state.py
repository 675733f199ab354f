"""A state directory with a ledger, into which tests put days of the hashed log; and a partner that records what it gets."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.destinations import catalog, planning
from audience_assets.destinations.column import Destination, schema_of
from audience_assets.destinations.delivery import Courier
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.outcome import Outcome, Report
from audience_assets.destinations.planning import RemovalGuard
from audience_assets.destinations.sending import Answer, Sender
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.vtex_ads.columns import destination
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.errors import DeliveryInterruptedError
from audience_assets.ledger import Batch, Delivery, Ledger, PlannedBatch, Segment, Snapshot
from audience_assets.storage import files, parquet
from audience_assets.storage.layout import Layout

NAME = "vtex_ads"
SCHEMA = schema_of(destination(NAME, VtexAdsSettings()).columns)
ARROW = {"VARCHAR": pa.string(), "INTEGER": pa.int32()}

AnySettings = VtexAdsSettings | MetaSettings | TikTokSettings

Row = Mapping[str, Any]
"""A customer: the columns that the partner gets, hashed ones in clear, and perhaps `consent` and `audiences`."""


@dataclass
class State:
    """One deployment's state with one destination."""

    root: Path
    ledger: Ledger
    settings: AnySettings = field(default_factory=VtexAdsSettings)
    name: str = NAME
    kept: dict[str, tuple[str, Row]] | None = None
    """Where it is given, a customer's segment and row: who is as they were stays in their segment, as in production."""

    @property
    def layout(self) -> Layout:
        return Layout(self.root)

    @property
    def destination(self) -> Destination:
        return catalog.kind_of(self.settings).columns(self.name, self.settings)

    def publish(self, day: date, customers: Mapping[str, Row], key: str | None = None) -> str:
        """Put the day's customers into a segment and publish the snapshot of them; return its key."""
        key = key or f"snapshot-{day}"
        segment = f"{day}-{key}"
        hashed = files.private_folder(self.layout.hashed(day)) / f"segment-{segment}.parquet"
        index = files.private_folder(self.layout.normalized(day)) / f"index-{key}.parquet"
        kept = self.kept or {}
        fresh = {name: row for name, row in customers.items() if kept.get(name, ("", None))[1] != row}
        segments = {name: segment if name in fresh else kept[name][0] for name in sorted(customers)}
        if self.kept is not None:
            self.kept = {name: (segments[name], row) for name, row in customers.items()}
        pq.write_table(self._stored(segment, fresh), hashed)
        ids = list(segments)
        fingerprints = pa.array([uuid.uuid4().bytes for _ in ids], pa.uuid())
        pq.write_table(
            pa.table(
                {
                    "customer_id": pa.array(ids, pa.string()),
                    "fingerprint": fingerprints,
                    "segment": pa.array(list(segments.values()), pa.string()),
                }
            ),
            index,
        )
        self.ledger.record_segment(
            Segment(segment, day, "rules", None, len(fresh), hashed_file=self.layout.relative(hashed))
        )
        self.ledger.publish_snapshot(
            Snapshot(key, day, None, segment, self.layout.relative(index), len(ids), len(ids), 0, 0)
        )
        return key

    def _stored(self, segment: str, customers: Mapping[str, Row]) -> pa.Table:
        """What the hashed log keeps: digests as bytes."""
        table = self.destination
        rows = [{"CUSTOMER_ID": name} | dict(row) for name, row in sorted(customers.items())]
        columns: dict[str, Any] = {
            "customer_id": pa.array([row["CUSTOMER_ID"] for row in rows], pa.string()),
            "segment": pa.array([segment] * len(rows), pa.string()),
            table.consent_name: pa.array([row.get("consent") for row in rows], pa.bool_()),
        }
        if table.audiences:
            labels = [row.get("audiences", []) for row in rows]
            columns[table.audiences_name] = pa.array(labels, pa.list_(pa.string()))
        for column in table.columns:
            values = [row.get(column.name) for row in rows]
            kind = ARROW[column.form.type]
            if column.hashed:
                kind, values = pa.binary(), [value and sha256(value.encode()).digest() for value in values]
            columns[table.stored_name(column)] = pa.array(values, kind)
        return pa.table(columns)

    def plan(
        self,
        day: date,
        planned: str | None = None,
        replace: Sequence[str] = (),
        guard: RemovalGuard | None = None,
    ) -> DeltaManifest:
        """Make the day's delta."""
        table = self.destination
        with duckdb.connect(config={"threads": 1}) as connection:
            log = HashedLog(connection, self.layout, self.ledger, table)
            planner = catalog.kind_of(self.settings).planner(table, self.settings)
            before = {} if planned is None else {"": planned}
            _, made = planning.plan(log, planner, day, before, replace, guard or RemovalGuard())
            return made

    def rows(self, made: DeltaManifest) -> list[dict[str, Any]]:
        """What the delta's files hold, in order."""
        folder = self.layout.delta(self.name, made.day)
        return [row for file in made.files for row in pq.read_table(folder / file.name).to_pylist()]

    def courier(self, partner: Sender, **given: Any) -> Courier:
        """A courier to this partner."""
        return Courier(
            **{
                "ledger": self.ledger,
                "layout": self.layout,
                "name": self.name,
                "sender": partner,
                "run": "run-1",
                "progress": lambda _done, _total, _rows: None,
                **given,
            }
        )


@contextmanager
def new_state(root: Path, settings: AnySettings, name: str) -> Iterator[State]:
    """The state of a deployment that has delivered nothing yet; who stays as they are stays in their segment."""
    with Ledger.open(f"sqlite:///{root}/state/ledger.sqlite") as ledger:
        yield State(root / "state", ledger, settings, name, kept={})


def only(report: Report) -> Outcome:
    """What happened to a destination that has one list for all customers."""
    (outcome,) = report.outcomes
    return outcome


@dataclass
class Partner:
    """A partner that takes batches, and fails when told: before it took one, or after and without an answer."""

    fail_before: set[int] = field(default_factory=set)
    fail_after: set[int] = field(default_factory=set)
    taken: list[tuple[str, str]] = field(default_factory=list)
    """Key and SHA-256 of the bytes of each batch, in the order they came."""

    def planned_key(self, day: date, ordinal: int, part: int, sha256: str) -> str:
        return f"{day}/{ordinal}/{part}/{sha256[:8]}"

    def check(self, batch: PlannedBatch | Batch, path: Path) -> None:
        parquet.verify(path, SCHEMA, batch.rows)

    def begin(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Nothing to do."""

    def key(self, delivery: Delivery, batch: Batch) -> str:
        assert delivery.id == batch.delivery_id
        return batch.remote_key

    def finish(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Nothing to do."""

    def rename(self, audience: str) -> None:
        """Nothing to do."""

    def delete(self, audience: str) -> None:
        """Nothing to do."""

    def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:
        assert delivery.id == batch.delivery_id
        if batch.sequence in self.fail_before:
            raise DeliveryInterruptedError("no connection")
        self.taken.append((batch.remote_key, files.sha256_of(path)))
        if batch.sequence in self.fail_after:
            raise DeliveryInterruptedError("no answer")
        return Answer(f"taken as {len(self.taken)}")

    @property
    def keys(self) -> Sequence[str]:
        return [key for key, _ in self.taken]
