"""Delivers a planned delta exactly once in effect: plan, send, finish, each step in the ledger before the next begins.

It knows no partner. A partner's sender names the remote keys and sends one batch; whatever is repeated after a crash is
repeated with the same bytes under the same key.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from audience_assets.destinations.column import Destination
from audience_assets.destinations.delta import DeltaManifest
from audience_assets.errors import OutOfOrderError, StateError
from audience_assets.ledger.lease import Lease
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, BatchStatus, Counts, Delivery, PlannedBatch
from audience_assets.storage import files, manifest, parquet
from audience_assets.storage.layout import Layout

LEASE_SECONDS = 600


class Sender(Protocol):
    """One partner's way to take a batch."""

    def remote_key(self, day: date, ordinal: int, part: int, sha256: str) -> str:
        """Where a batch will stand at the partner: the same for the same content, never repeating for another."""
        ...

    def send(self, batch: Batch, path: Path) -> str:
        """Send a batch, or send it again; return the partner's answer.

        Raises:
            DestinationRefusedError: A person must act.
            DeliveryInterruptedError: Unknown or failing; running again is safe.
        """
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of a delivery did.

    Attributes:
        resumed: An earlier delivery that was begun and has now been finished, if there was one.
        delivery: The day's delivery; None when the day had been delivered before.
        already: The delivery that had delivered the day before, if there was one.
        sent: The batches that this run sent, those of a resumed delivery included.
    """

    resumed: Delivery | None
    delivery: Delivery | None
    already: Delivery | None
    sent: list[Batch]


@dataclass(frozen=True, slots=True)
class Courier:
    """Everything that one destination's deliveries need.

    Attributes:
        ledger: Where every step is written down.
        layout: Where the delta's files lie.
        destination: The table of columns that each file is checked against once more.
        sender: The partner.
        run: The run's id, for the ledger.
        progress: Is told of each batch that was acknowledged: its number, how many there are, and its rows.
    """

    ledger: Ledger
    layout: Layout
    destination: Destination
    sender: Sender
    run: str | None
    progress: Callable[[int, int, int], None]

    def deliver(self, day: date) -> Report:
        """Finish what was begun, then deliver the day's delta, unless it was delivered.

        Raises:
            StateError: There is no delta for the day, or one of its files is gone.
            ContractError: A file is not what was planned.
            OutOfOrderError: Another run is delivering, a newer day was delivered, or the delta is out of date.
            DestinationRefusedError: The partner refuses; a person must act.
            DeliveryInterruptedError: The partner's answer is unknown; running again is safe.
        """
        with self.ledger.lease(f"delivery of {self.destination.name}", LEASE_SECONDS) as lease:
            sent: list[Batch] = []
            resumed = self._resume(lease, sent)
            delta = manifest.read(DeltaManifest, self._folder(day), f"{self.destination.name}/delta")
            already = self._delivered_before(delta)
            if already is not None:
                return Report(resumed, None, None if resumed and already.id == resumed.id else already, sent)
            delivery = self._plan(delta)
            return Report(resumed, self._send_all(delivery, lease, sent), None, sent)

    def _resume(self, lease: Lease, sent: list[Batch]) -> Delivery | None:
        begun = self.ledger.unfinished(self.destination.name)
        return None if begun is None else self._send_all(begun, lease, sent)

    def _delivered_before(self, delta: DeltaManifest) -> Delivery | None:
        done = self.ledger.done_delivery(self.destination.name, delta.day, delta.to_snapshot)
        pointer = self.ledger.acknowledged(self.destination.name)
        if done is None or pointer is None:
            return None
        return done if pointer.day > delta.day or pointer.snapshot_key == delta.to_snapshot else None

    def _plan(self, delta: DeltaManifest) -> Delivery:
        name = self.destination.name
        pointer = self.ledger.acknowledged(name)
        if (pointer.snapshot_key if pointer else None) != delta.from_snapshot:
            raise OutOfOrderError(
                f"the delta of {delta.day} for {name} was made before another delivery was finished: "
                f"materialize {name}/delta for that day again, then {name}/delivery"
            )
        ordinal = self.ledger.next_ordinal(name, delta.day)
        batches = [
            PlannedBatch(
                operation="upsert",
                rows=file.rows,
                file=self.layout.relative(self._folder(delta.day) / file.name),
                sha256=file.sha256,
                remote_key=self.sender.remote_key(delta.day, ordinal, part, file.sha256),
            )
            for part, file in enumerate(delta.files, start=1)
        ]
        for batch in batches:
            self._checked(batch)
        counts = Counts(joined=delta.joined, changed=delta.changed, left=delta.left)
        return self.ledger.plan(
            name, delta.day, delta.from_snapshot, delta.to_snapshot, counts, batches, self.run
        )

    def _send_all(self, delivery: Delivery, lease: Lease, sent: list[Batch]) -> Delivery:
        batches = self.ledger.batches(delivery.id)
        for batch in batches:
            if batch.status is not BatchStatus.ACKNOWLEDGED:
                path = self._checked(batch)
                lease.renew()
                self.ledger.mark_sent(delivery.id, batch.sequence)
                answer = self.sender.send(batch, path)
                self.ledger.mark_acknowledged(delivery.id, batch.sequence, answer)
                sent.append(batch)
                self.progress(batch.sequence, len(batches), batch.rows)
        return self.ledger.finish(delivery.id)

    def _checked(self, batch: PlannedBatch | Batch) -> Path:
        """The planned file, if it is still exactly what was planned."""
        path = manifest.existing(self.layout.absolute(batch.file), f"{self.destination.name}/delta")
        if files.sha256_of(path) != batch.sha256:
            raise StateError(
                f"{path} is not what was planned: its bytes changed. Materialize {self.destination.name}/delta again"
            )
        parquet.verify(path, self.destination.arrow_schema, batch.rows)
        return path

    def _folder(self, day: date) -> Path:
        return self.layout.delta(self.destination.name, day)
