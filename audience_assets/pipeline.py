"""The steps of a day as plain functions over settings and a day: what the assets, the demo and the tests all run.

Each tells audience_assets.progress how far it is, for whoever listens.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any

from audience_assets import counting, database, progress
from audience_assets.customers import hashed, normalized, raw
from audience_assets.customers.fields import rules_of
from audience_assets.customers.hashed import HashedManifest
from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.customers.raw import RawManifest
from audience_assets.destinations import catalog, delta_files, planning
from audience_assets.destinations.column import Destination
from audience_assets.destinations.delivery import Courier
from audience_assets.destinations.forecast import Forecast, Forecaster
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.destinations.outcome import Report
from audience_assets.destinations.planning import Purpose, RemovalGuard
from audience_assets.destinations.standing import Standing
from audience_assets.ledger.ledger import Ledger
from audience_assets.observed import quarantine, reconciling, sizes
from audience_assets.observed.quarantine_manifest import QuarantineManifest
from audience_assets.observed.reconciliation import Reconciled
from audience_assets.observed.sizes_manifest import SizesManifest
from audience_assets.retention import purging
from audience_assets.retention.purging import Purge
from audience_assets.rules import engine, holdout
from audience_assets.rules.match_keys import Tombstones
from audience_assets.settings import Settings
from audience_assets.storage import manifest, object_path
from audience_assets.storage.keys import warn_of_clear_text
from audience_assets.storage.layout import NORMALIZED, RAW, Layout
from audience_assets.workers import workers


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
        return Layout(self.settings.state, self.settings.keys)

    @property
    def rules_signature(self) -> str:
        """What besides the row decides its digests."""
        forms = {form for destination in self.destinations.values() for form in destination.forms}
        rules, held_out = self.settings.rules, self.settings.holdout
        return engine.signature(
            rules_of(self.settings),
            forms,
            [
                rules.default_country,
                rules.date_order,
                str(rules.brazil_ninth_digit),
                *sorted(self.settings.source.hashed),
                *holdout.signature(held_out.salt, held_out.shares),
            ],
        )

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger, open."""
        with Ledger.open(self.settings.ledger) as ledger:
            yield ledger

    def purge(self, *, dry_run: bool = False) -> Purge:
        """Remove what is older than the settings keep it, or only say what that is."""
        with self.ledger() as ledger:
            return purging.purge(self.settings, ledger, self.destinations, dry_run=dry_run)

    def read_extract(self, day: date, *, allow: Collection[str] = ()) -> RawManifest:
        """Fingerprint the day's extract and set aside what cannot be used; `allow` names guards that let it through."""
        if self.settings.encryption_key is None:
            warn_of_clear_text()
        with workers(self.settings) as crew, self.ledger() as ledger:
            tombstones = Tombstones.among(ledger.erasures.tombstones(), ledger.erasures.secret())
            return raw.read_extract(self.settings, crew, day, self.rules_signature, allow, tombstones)

    def normalize(self, day: date, *, allow: Collection[str] = ()) -> NormalizedManifest:
        """Bring the day's new and changed customers into canonical form; `allow` names guards that let them through."""
        with workers(self.settings) as crew, self.ledger() as ledger:
            return normalized.normalize_changes(self.settings, ledger, crew, day, allow)

    def hash(self, day: date) -> HashedManifest:
        """Append the digests of the same customers to the log."""
        with workers(self.settings) as crew, self.ledger() as ledger:
            return hashed.hash_changes(self.settings, ledger, crew, self.destinations, day)

    def quarantine(self, day: date) -> QuarantineManifest:
        """Write down which values and people are refused as of the day, why and since when."""
        with workers(self.settings) as crew, self.ledger() as ledger:
            return quarantine.build(self.settings, ledger, crew, self.destinations, day)

    def audience_sizes(self, day: date, *, newest: date | None = None) -> SizesManifest:
        """Write down how many people of each audience its partner matched, if no day after it is known to be asked for."""
        with self.ledger() as ledger:
            return sizes.build(self.settings, ledger, self.destinations, day, newest or day)

    def reconcile(self, day: date) -> Reconciled:
        """Where the customers of a day's audiences are, and why not elsewhere; only counts."""
        with workers(self.settings) as crew, self.ledger() as ledger:
            return reconciling.reconcile(self.settings, ledger, crew, self.destinations, day)

    def plan(
        self,
        destination: str,
        day: date,
        *,
        planned: Mapping[str, str] | None = None,
        replace: Sequence[str] = (),
        allow: Collection[str] = (),
        purpose: Purpose = "deliver",
    ) -> tuple[list[Standing], DeltaManifest]:
        """Make a destination's delta for the day, or find what of it was delivered or begun.

        `planned` has, by audience, the snapshot of an earlier day that the same run has just planned; `replace` names
        audiences that are to be sent as a whole whatever changed; `allow` has "removals", or "removals:AUDIENCE", where
        more may be taken out than the guard lets through; `purpose` says whether it may be delivered.
        """
        settings = self.settings.destinations[destination]
        table = self.destinations[destination]
        with database.connect(self.settings, rules=False) as connection, self.ledger() as ledger:
            log = HashedLog(connection, self.layout, ledger, table)
            planner = catalog.kind_of(settings).planner(table, settings)
            guard = RemovalGuard(self.settings.guards, allow)
            return planning.plan(log, planner, day, planned or {}, replace, guard, purpose)

    def forecast(self, made: DeltaManifest) -> Forecast:
        """What delivering a delta would take now."""
        with self.ledger() as ledger:
            return self._forecaster(made.destination).forecast(ledger, made)

    def _forecaster(self, destination: str) -> Forecaster:
        settings = self.settings.destinations[destination]
        return catalog.kind_of(settings).forecaster(self.destinations[destination], settings)

    def manifests(self, day: date, destination: str) -> tuple[RawManifest, NormalizedManifest, DeltaManifest]:
        """What the steps of a day wrote down."""
        return (
            manifest.read(RawManifest, self.layout.raw(day), RAW),
            manifest.read(NormalizedManifest, self.layout.normalized(day), NORMALIZED),
            self.delta(destination, day),
        )

    def delta(self, destination: str, day: date) -> DeltaManifest:
        """What a day's delta says."""
        return manifest.read(DeltaManifest, self.layout.delta(destination, day), f"{destination}/delta")

    def count_delta(self, destination: str, made: DeltaManifest) -> list[dict[str, Any]]:
        """Rows and distinct customers of each audience's files by operation, counted in the files themselves."""
        folder = self.layout.delta(destination, made.day)
        counted = []
        with database.connect(self.settings, rules=False) as connection:
            for part in made.parts:
                for operation in dict.fromkeys(file.operation for file in part.files):
                    written = [folder / file.name for file in part.files if file.operation == operation]
                    if object_path.missing(written) is not None:
                        continue  # retention removed them; they were counted when they were written
                    found = delta_files.count_customers(connection, written)
                    counted.append({"day": made.day, "audience": part.audience} | found)
        return counted

    def first_rows(self, made: DeltaManifest, count: int) -> list[dict[str, Any]]:
        """The first rows of a delta as the partner gets them, the customer's id included; none where there are no files."""
        folder = self.layout.delta(made.destination, made.day)
        written = [folder / file.name for file in made.files[:1]]
        if not written or object_path.missing(written) is not None:
            return []
        with database.connect(self.settings, rules=False) as connection:
            return delta_files.first_rows(connection, written[0], count)

    def holds(self, destination: str, day: date) -> list[dict[str, Any]]:
        """What the ledger says the partner holds of each audience, beside what is due for the day."""
        made = self.delta(destination, day)
        kept_back = {part.audience: part.held for part in made.parts if part.held}
        with self.ledger() as ledger:
            due = ledger.current_snapshot(day)
            held = []
            for audience in sorted({*ledger.audiences(destination), *kept_back}):
                pointer = ledger.acknowledged(destination, audience)
                newer = pointer is not None and pointer.day > day
                held.append(
                    {
                        "day": day,
                        "audience": audience,
                        "due": due.key if due else None,
                        "holds": due.key if newer and due else pointer.snapshot_key if pointer else None,
                        "held": kept_back.get(audience, ""),
                        "waiting": ledger.unfinished(destination, audience) is not None,
                    }
                )
            return held

    def begun(self) -> list[tuple[str, date]]:
        """Each destination with a delivery under way, and the newest day that is."""
        with self.ledger() as ledger:
            found = []
            for name in self.destinations:
                under_way = [ledger.unfinished(name, audience) for audience in ledger.audiences(name)]
                if days := [each.day for each in under_way if each is not None]:
                    found.append((name, max(days)))
            return found

    def forget(self, destination: str, audience: str) -> bool:
        """Know nothing more of an audience at a partner, so that its next delivery is a first one."""
        with self.ledger() as ledger:
            return ledger.forget_audience(destination, audience)

    def deliver(self, destination: str, day: date, *, run: str | None = None) -> Report:
        """Send a destination what its delta for the day holds, once."""
        settings = self.settings.destinations[destination]
        kind, table = catalog.kind_of(settings), self.destinations[destination]
        with (
            self.ledger() as ledger,
            kind.sender(table, settings, ledger, self.layout) as sender,
            progress.stage("delivering", partial(self._rows_planned, destination, day)) as stage,
            counting.counted() as calls,
        ):

            def acknowledged(_number: int, _total: int, rows: int) -> None:
                stage.advance(rows)

            report = Courier(ledger, self.layout, destination, sender, run, acknowledged).deliver(day)
            brought = [part for part in report.parts if part.audience in report.brought]
            return replace(
                report,
                calls=calls,
                everybody=self._forecaster(destination).everybody(brought),
                remote_ids={
                    each.audience: each.remote_id
                    for each in ledger.remote_audiences(destination)
                    if each.remote_id
                },
            )

    def _rows_planned(self, destination: str, day: date) -> int:
        return self.delta(destination, day).rows
