"""The steps of a day as plain functions over settings and a day: what the assets, the demo and the tests all run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from audience_assets import database
from audience_assets.customers import hashed, normalized, raw
from audience_assets.customers.fields import rules_of
from audience_assets.customers.hashed import HashedManifest
from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.customers.raw import RawManifest
from audience_assets.destinations import catalog, delta
from audience_assets.destinations.column import Destination
from audience_assets.destinations.delivery import Courier, Report
from audience_assets.destinations.delta import DeltaManifest
from audience_assets.destinations.standing import Standing, standing
from audience_assets.destinations.vtex_ads import delta as vtex_ads_delta
from audience_assets.destinations.vtex_ads.sender import VtexAdsSender
from audience_assets.ledger.ledger import Ledger
from audience_assets.rules import engine
from audience_assets.settings import Settings
from audience_assets.storage import manifest, objects
from audience_assets.storage.layout import Layout


def _silent(_done: int, _total: int, _rows: int) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True)
class Pipeline:
    """A deployment: its settings and what follows from them."""

    settings: Settings

    @cached_property
    def destinations(self) -> dict[str, Destination]:
        """Each configured destination with its columns."""
        return catalog.configured(self.settings)

    @property
    def layout(self) -> Layout:
        """The state directory."""
        return Layout(self.settings.state_dir)

    @property
    def rules_signature(self) -> str:
        """What besides the row decides its digests."""
        forms = {form for destination in self.destinations.values() for form in destination.forms}
        rules = self.settings.rules
        return engine.signature(
            rules_of(self.settings),
            forms,
            [
                rules.default_country,
                rules.date_order,
                str(rules.brazil_ninth_digit),
                *sorted(self.settings.source.hashed),
            ],
        )

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger, open."""
        with Ledger.open(self.settings.ledger) as ledger:
            yield ledger

    def read_extract(self, day: date) -> RawManifest:
        """Fingerprint the day's extract and set aside what cannot be used."""
        with database.connect(self.settings) as connection:
            return raw.read_extract(connection, self.settings, day, self.rules_signature)

    def normalize(self, day: date) -> NormalizedManifest:
        """Bring the day's new and changed customers into canonical form."""
        with database.connect(self.settings) as connection, self.ledger() as ledger:
            return normalized.normalize_changes(connection, self.settings, ledger, day)

    def hash(self, day: date) -> HashedManifest:
        """Append the digests of the same customers to the log."""
        with database.connect(self.settings) as connection, self.ledger() as ledger:
            return hashed.hash_changes(connection, self.settings, ledger, self.destinations, day)

    def plan(self, destination: str, day: date, planned: str | None = None) -> tuple[Standing, DeltaManifest]:
        """Make a destination's delta for the day, or find the one that was delivered or begun."""
        with database.connect(self.settings, rules=False) as connection, self.ledger() as ledger:
            stands = standing(ledger, destination, day, planned)
            if stands.delivered is not None or stands.begun is not None:
                folder = self.layout.delta(destination, day)
                made = manifest.read(DeltaManifest, folder, f"{destination}/delta")
                # What was begun is sent from its files; if they are damaged, the same rows write the same bytes again.
                if made.to_snapshot == stands.due and (stands.delivered or made.intact(folder)):
                    return stands, made
            writer = vtex_ads_delta.writer(
                self.destinations[destination], self.settings.destinations[destination]
            )
            return stands, delta.make_delta(connection, self.settings, ledger, writer, stands)

    def manifests(self, day: date, destination: str) -> tuple[RawManifest, NormalizedManifest, DeltaManifest]:
        """What the steps of a day wrote down."""
        return (
            manifest.read(RawManifest, self.layout.raw(day), "raw_customers"),
            manifest.read(NormalizedManifest, self.layout.normalized(day), "normalized_customers"),
            manifest.read(DeltaManifest, self.layout.delta(destination, day), f"{destination}/delta"),
        )

    def count_delta(self, destination: str, made: DeltaManifest) -> dict[str, Any]:
        """Rows and distinct customers in a delta's files, counted in the files themselves."""
        paths = [str(self.layout.delta(destination, made.day) / file.name) for file in made.files]
        with database.connect(self.settings, rules=False) as connection:
            return {"day": made.day} | delta.count_customers(
                connection, paths, self.destinations[destination]
            )

    def holds(self, destination: str, day: date) -> dict[str, Any]:
        """What the ledger says the partner holds, beside what is due for the day."""
        with self.ledger() as ledger:
            pointer, due = ledger.acknowledged(destination), ledger.current_snapshot(day)
            newer = pointer is not None and pointer.day > day
            return {
                "day": day,
                "due": due.key if due else None,
                "holds": due.key if newer and due else pointer.snapshot_key if pointer else None,
            }

    def deliver(
        self,
        destination: str,
        day: date,
        *,
        run: str | None = None,
        progress: Callable[[int, int, int], None] = _silent,
    ) -> Report:
        """Send a destination what its delta for the day holds, once."""
        settings = self.settings.destinations[destination]
        with self.ledger() as ledger, objects.connect(settings.target(destination)) as bucket:
            sender = VtexAdsSender(bucket, settings.prefix)
            courier = Courier(ledger, self.layout, self.destinations[destination], sender, run, progress)
            return courier.deliver(day)
