"""Remembers the columns that an audience is fed with, so that its people are removed with what they were added with."""

from collections.abc import Iterable
from dataclasses import dataclass

from audience_assets.destinations import audience_files
from audience_assets.destinations.audience_files import REMOVE
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, Delivery
from audience_assets.storage.layout import Layout


@dataclass(frozen=True, slots=True)
class PinnedColumns:
    """The columns of each audience in the ledger; `layout` says where the batches lie."""

    ledger: Ledger
    layout: Layout

    def of(self, batch: Batch) -> list[str]:
        """The columns that a batch is sent with."""
        return audience_files.columns_of(self.layout.absolute(batch.file))

    def pin_once(self, delivery: Delivery, batch: Batch) -> None:
        """Before an audience's first people leave: from then on it may hold some by these columns."""
        known = self.ledger.remote_audience(delivery.destination, delivery.audience)
        if batch.operation != REMOVE and known is not None and not known.columns:
            self._pin(delivery, batch)

    def pin(self, delivery: Delivery, batches: Iterable[Batch]) -> None:
        """Once all of a delivery is in place: where it put somebody in, these are the columns of everybody."""
        if (batch := feeding(batches)) is not None:
            self._pin(delivery, batch)

    def _pin(self, delivery: Delivery, batch: Batch) -> None:
        self.ledger.pin_columns(delivery.destination, delivery.audience, ",".join(self.of(batch)))


def feeding(batches: Iterable[Batch]) -> Batch | None:
    """The first batch that puts somebody into the audience."""
    return next((batch for batch in batches if batch.operation != REMOVE), None)
