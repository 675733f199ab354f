"""A deployment of a few small days whose files were all written long ago."""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.destinations.delivery import Courier
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.pipeline import Pipeline
from audience_assets.retention import purging
from audience_assets.retention.purging import Purge
from audience_assets.settings import Settings
from audience_assets_tests.destinations.state import Partner

DAYS = [date(2026, 1, 5) + timedelta(days=number) for number in range(7)]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
PERIODS = {"normalized_days": 2, "delta_days": 3, "state_days": 4}
DESTINATION = "vtex_ads"


@dataclass(frozen=True)
class World:
    """A deployment whose files were all written long ago."""

    folder: Path
    given: dict[str, Any]

    @property
    def settings(self) -> Settings:
        known = {
            "state_dir": self.folder / "state",
            "source": {"path": str(self.folder / "extract" / "{day}.parquet")},
            "engine": {"threads": 1},
            "retention": PERIODS,
        }
        return Settings.model_validate(known | self.given)

    @property
    def run(self) -> Pipeline:
        return Pipeline(self.settings)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def twin(self) -> "World":
        """The same deployment once more, with state of its own."""
        other = self.folder.with_name(f"{self.folder.name}-twin")
        shutil.copytree(self.folder, other)
        return World(other, self.given)

    def land(self, day: date, shift: int = 0) -> None:
        """Each day somebody joins, somebody leaves and somebody moves."""
        number = DAYS.index(day)
        rows = [
            {
                "customer_id": f"c{each}",
                "email": f"c{each}@example.com",
                "city": f"Cidade {number + shift}" if each == number + 5 else "São Paulo",
            }
            for each in range(number, number + 20)
        ]
        file = self.folder / "extract" / f"{day}.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(rows), file)

    def build(self, day: date) -> None:
        self.land(day)
        self.again(day)

    def again(self, day: date) -> None:
        for step in (self.run.read_extract, self.run.normalize, self.run.hash):
            step(day)
        self.age()

    def plan(self, day: date) -> DeltaManifest:
        _, made = self.run.plan(DESTINATION, day)
        self.age()
        return made

    def deliver(self, day: date, partner: Partner | None = None) -> DeltaManifest:
        made = self.plan(day)
        with self.run.ledger() as ledger:
            sent = partner or Partner()
            Courier(ledger, self.run.layout, DESTINATION, sent, None, lambda *_: None).deliver(day)
        self.age()
        return made

    def age(self) -> None:
        for file in self.state.rglob("*"):
            if file.is_file() and not file.name.startswith("ledger"):
                os.utime(file, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))

    def purge(self, after: int, *, dry_run: bool = False) -> Purge:
        """So many days after the last one."""
        run = self.run
        with run.ledger() as ledger:
            return purging.purge(self.settings, ledger, run.destinations, dry_run=dry_run, now=moment(after))

    def files(self, begin: str = "") -> set[str]:
        found = {each.relative_to(self.state).as_posix() for each in self.state.rglob("*") if each.is_file()}
        return {name for name in found if name.startswith(begin) and not name.startswith("ledger")}

    def days_of(self, asset: str, kind: str = "") -> set[date]:
        """The days of which an asset has files of a kind, besides its manifests."""
        return {
            date.fromisoformat(name.removeprefix(f"{asset}/").split("/")[0])
            for name in self.files(f"{asset}/")
            if name.rpartition("/")[2].startswith(kind) and not name.endswith(".json")
        }


def moment(after: int) -> datetime:
    return datetime.combine(DAYS[-1] + timedelta(days=after), time(15), UTC)
