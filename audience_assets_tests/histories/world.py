"""One deployment under test: its state, its extracts, its partner, and the model that says what must be."""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.destinations.outcome import Outcome
from audience_assets.errors import OutOfOrderError
from audience_assets.pipeline import Pipeline
from audience_assets.sandbox.s3 import S3Server
from audience_assets.settings import Settings
from audience_assets_tests.histories import faults
from audience_assets_tests.histories.faults import Faults, Kill
from audience_assets_tests.histories.model import Model, Row, Snapshot, comparable
from audience_assets_tests.histories.partner import Partner
from audience_assets_tests.histories.people import COLUMNS, LISTS

DESTINATION = "vtex_ads"
KEY_ID, KEY = "HISTORIES_S3_KEY_ID", "HISTORIES_S3_KEY"


def destination_settings(server: S3Server, prefix: str, **given: Any) -> dict[str, Any]:
    """A VTEX Ads destination that may only write; its secrets stand in the environment."""
    os.environ[KEY_ID] = server.write_only.access_key_id
    os.environ[KEY] = server.write_only.secret_access_key
    return {
        "bucket": server.bucket,
        "prefix": prefix,
        "endpoint_url": server.endpoint_url,
        "region": server.region,
        "access_key_id": {"env": KEY_ID},
        "secret_access_key": {"env": KEY},
        "max_attempts": 1,
        **given,
    }


def settings_of(folder: Path, destinations: Mapping[str, Any], buckets: int = 1, **source: Any) -> Settings:
    """Settings as a file would give them."""
    given = {
        "state_dir": str(folder / "state"),
        "source": {"path": str(folder / "extracts" / "{day}.parquet"), **source},
        "engine": {"threads": 1, "buckets": buckets},
        "destinations": dict(destinations),
    }
    return Settings.model_validate_json(json.dumps(given))


def write_extract(folder: Path, day: date, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> None:
    """Land the day's extract, unless just these rows are there."""
    final = folder / "extracts" / f"{day}.parquet"
    final.parent.mkdir(exist_ok=True)
    types = {name: pa.list_(pa.string()) if name in LISTS else pa.string() for name in columns}
    table = pa.table({name: pa.array([row.get(name) for row in rows], kind) for name, kind in types.items()})
    if not final.exists() or not pq.read_table(final).equals(table):
        pq.write_table(table, final)


def run_day(pipeline: Pipeline, day: date, destination: str = DESTINATION) -> Outcome:
    """The steps of a day in their order."""
    pipeline.read_extract(day)
    pipeline.normalize(day)
    pipeline.hash(day)
    pipeline.plan(destination, day)
    (outcome,) = pipeline.deliver(destination, day).outcomes
    return outcome


@dataclass
class World:
    """A deployment with one VTEX Ads destination; every run is held against the model."""

    folder: Path
    settings: Settings
    partner: Partner
    model: Model
    columns: Sequence[str] = COLUMNS
    effects: list[str] = field(default_factory=list)

    def run(self, day: date, extract: Sequence[Row], kill: Kill | None = None, rules: str = "") -> Faults:
        """Run a day in a life of its own and, unless that was ended, check everything that is promised."""
        write_extract(self.folder, day, extract, self.columns)
        due = self.model.snapshot(day, extract, rules)
        expected = self.model.expects(due)
        with faults.life(kill, _Told(self.model, due).told) as life, suppress(OutOfOrderError):
            report = run_day(Pipeline(self.settings), day)
            assert expected != "refused", f"{day} was delivered after a newer day"
            assert (report.already is not None) == (expected == "already")
        self.effects += life.tried
        if life.dead:
            self.partner.look()
            return life
        if expected == "delivered":
            assert self.model.begun is None, f"{day} was refused and should not be"
            assert self.model.pointer is not None
            assert self.model.pointer.key == due.key
        if expected == "already":
            assert not self.partner.look()
        if expected == "refused":
            assert "put" not in life.tried
        self.check()
        return life

    def check(self) -> None:
        """The partner holds the source of the last delivered day and was sent nothing without need."""
        self.partner.look()
        if self.model.begun is not None:
            return
        held = self.model.held.rows if self.model.held else {}
        found = {customer: comparable(row) for customer, row in self.partner.holds.items()}
        assert {customer: found.get(customer) for customer in held} == {
            customer: comparable(row) for customer, row in held.items()
        }
        if self.model.departed == "blank":
            gone = found.keys() - held.keys()
            assert all(
                not any(v for c, v in found[customer].items() if c != "CUSTOMER_ID") for customer in gone
            )
        assert found == {customer: comparable(row) for customer, row in self.model.partner.items()}
        assert self.partner.rows_received == self.model.rows_sent, (
            "rows were sent without need, or not at all"
        )
        for timestamp, customers in self.partner.deliveries.items():
            assert len(customers) == len(set(customers)), f"a customer stands twice in delivery {timestamp}"


@dataclass
class _Told:
    """Tells the model what took place, in the order in which it did."""

    model: Model
    due: Snapshot
    planned: bool = False

    def told(self, effect: str) -> None:
        model = self.model
        match effect:
            case "Ledger.publish_snapshot":
                model.built[self.due.day] = self.due
            case "Ledger.plan":
                self.planned = True
            case "Ledger.mark_sent" | "Ledger.finish":
                if self.planned and model.begun is None:
                    model.begin(self.due)
                if effect == "Ledger.finish":
                    model.finish()
