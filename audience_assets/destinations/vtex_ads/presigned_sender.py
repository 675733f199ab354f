"""Delivers a VTEX Ads file through a form that Newtail hands out for it, and says where it may stand twice.

Source: VTEX Ads, Integrating audiences (June 2026).
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from audience_assets.destinations.column import Destination, schema_of
from audience_assets.destinations.sending import Answer
from audience_assets.destinations.vtex_ads.newtail import Newtail
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, Delivery, PlannedBatch
from audience_assets.storage import parquet


@dataclass(frozen=True, slots=True)
class PresignedSender:
    """One publisher's API; the key of each file is the partner's choice and stands in the ledger before its first byte leaves."""

    destination: Destination
    newtail: Newtail
    ledger: Ledger

    def planned_key(self, day: date, ordinal: int, part: int, sha256: str) -> str:  # noqa: ARG002
        """The partner chooses the key when it hands out the form."""
        return ""

    def check(self, batch: PlannedBatch | Batch, path: Path) -> None:
        """The file has the partner's sixteen columns and the planned number of rows."""
        parquet.verify(path, schema_of(self.destination.columns), batch.rows)

    def begin(self, delivery: Delivery, batches: list[Batch]) -> None:
        """A form is asked for with each file."""

    def key(self, delivery: Delivery, batch: Batch) -> str:  # noqa: ARG002 - a new form brings a new key
        """What is known of the key so far."""
        return batch.remote_key

    def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:
        """One upload; keys of earlier tries whose answer was lost are named in the answer, never forgotten."""
        known = [*batch.earlier_keys.splitlines(), *([batch.remote_key] if batch.remote_key else [])]
        uploaded = self.newtail.upload(
            path,
            note_key=lambda key: self.ledger.note_key(delivery.id, batch.sequence, key),
            unknown_keys=known,
        )
        if not uploaded.maybe_also:
            return Answer("created")
        others = ", ".join(uploaded.maybe_also)
        return Answer(f"created; an answer was lost, so the same file may also stand as {others}")

    def finish(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Each file is delivered when its answer is there."""

    def rename(self, audience: str) -> None:
        """Newtail has no audiences."""

    def delete(self, audience: str) -> None:
        """Newtail has no audiences."""
