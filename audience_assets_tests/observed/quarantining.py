"""A deployment that delivers nothing, of which each day's quarantine is looked at; and what a value is refused for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets import database
from audience_assets.observed.quarantine_manifest import QuarantineManifest
from audience_assets.observed.refusals import NO_ENTRIES
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings
from audience_assets.storage import dataset
from audience_assets.storage.dataset import Dataset

DAYS = [date(2026, 1, 5) + timedelta(days=number) for number in range(12)]

Row = Mapping[str, Any]
Entry = tuple[str, str, str, str]
"""Customer, destination, field and reason."""

GOOD: Row = {"email": "ana@example.com", "phone": "+5511987654321", "audiences": ["vip"]}
REASONS: dict[tuple[str, str], tuple[str, str, str]] = {
    ("email", "nobody"): ("", "email", "no @"),
    ("phone", "1"): ("", "phone", "not a phone number"),
    ("phone", "12"): ("", "phone", "too short"),
    ("audiences", "['vip', 'a;b']"): ("vtex_ads", "AUDIENCES", "an element contains ;"),
    ("consent_vtex_ads", "perhaps"): ("vtex_ads", "consent_vtex_ads", "not yes or no"),
}
"""Values that are refused, and what the quarantine says of them."""


def customer(name: str, **given: Any) -> dict[str, Any]:
    """A customer of whom nothing is refused but what is given."""
    return {"customer_id": name, "consent_vtex_ads": "yes", **GOOD, **given}


def refused_of(row: Row) -> set[Entry]:
    """What the quarantine must say of a row."""
    known = [REASONS.get((name, str(value))) for name, value in row.items()]
    return {(row["customer_id"], *each) for each in known if each is not None}


@dataclass(frozen=True)
class Refusing:
    """A deployment with one destination, VTEX Ads unless it is another."""

    folder: Path
    given: dict[str, Any] = field(default_factory=dict)

    def bent(self, **given: Any) -> "Refusing":
        """The same deployment with other settings."""
        return replace(self, given=self.given | given)

    @property
    def run(self) -> Pipeline:
        known = {
            "state_dir": self.folder / "state",
            "source": {"path": str(self.folder / "extract" / "{day}.parquet")},
            "engine": {"threads": 1},
        }
        return Pipeline(Settings.model_validate(known | self.given))

    def land(self, day: date, rows: Iterable[Row]) -> None:
        file = self.folder / "extract" / f"{day}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), file)

    def build(self, day: date, rows: Iterable[Row]) -> None:
        """Everything up to the hashed log."""
        self.land(day, rows)
        run = self.run
        for step in (run.read_extract, run.normalize, run.hash):
            step(day)

    def day(self, day: date, rows: Iterable[Row]) -> QuarantineManifest:
        """The same, and the quarantine."""
        self.build(day, rows)
        return self.run.quarantine(day)

    def entries(self, found: QuarantineManifest) -> list[dict[str, Any]]:
        return entries_of(self.run, found)

    def seen(self, found: QuarantineManifest) -> dict[Entry, tuple[date, date]]:
        """Each entry with the days on which it was seen first and last."""
        names = ("customer_id", "destination", "field", "reason")
        return {
            (row[names[0]], row[names[1]], row[names[2]], row[names[3]]): (
                row["first_seen"],
                row["last_seen"],
            )
            for row in self.entries(found)
        }


def entries_of(run: Pipeline, found: QuarantineManifest) -> list[dict[str, Any]]:
    """The entries of a quarantine as they lie in its files."""
    files = Dataset.existing(run.layout.absolute(found.file), "quarantine").files
    with database.connect(run.settings, rules=False) as connection:
        rows: list[dict[str, Any]] = dataset.read(connection, files, NO_ENTRIES).to_arrow_table().to_pylist()
    assert len(rows) == found.rows == sum(each.entries for each in found.reasons)
    return rows
