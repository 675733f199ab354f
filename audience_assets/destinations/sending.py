"""What a partner's sender must be able to do, and how it tells the courier what became of a batch."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from audience_assets.ledger.records import Batch, Delivery, PlannedBatch


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner said to a batch: a few words for the ledger, never a customer's value; and how many rows it refused."""

    text: str
    refused: int = 0


class AcceptedError(Exception):
    """Everything was accepted and the partner is still working on it: the next run finishes. Never leaves the courier."""


class BeginAgainError(Exception):
    """The partner began anew, so the ledger's batches are to be looked at once more. Never leaves the courier."""


class Sender(Protocol):
    """One partner's way to take a delivery."""

    def planned_key(self, day: date, ordinal: int, part: int, sha256: str) -> str:
        """Where a batch will stand at the partner; empty where that is decided when it is sent."""
        ...

    def check(self, batch: PlannedBatch | Batch, path: Path) -> None:
        """Re-open a batch's file and compare it with what the partner must get.

        Raises:
            ContractError: It is something else.
        """
        ...

    def begin(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Bring the partner into the state in which it takes the delivery's next batch; called again after a crash."""
        ...

    def key(self, delivery: Delivery, batch: Batch) -> str:
        """Under which key the batch is about to be sent."""
        ...

    def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:
        """Send a batch, or send it again; return the partner's answer.

        Raises:
            DestinationRefusedError: A person must act.
            DeliveryInterruptedError: Unknown or failing; running again is safe.
            BeginAgainError: The ledger's batches changed.
        """
        ...

    def finish(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Note what only counts once everything is acknowledged; called again after a crash.

        Raises:
            AcceptedError: The partner is still working on it.
        """
        ...

    def rename(self, audience: str) -> None:
        """Call and describe an audience as the settings do by now; nothing where that was told to the partner already.

        Raises:
            DestinationRefusedError: A person must act.
            DeliveryInterruptedError: Unknown or failing; running again is safe.
        """
        ...

    def delete(self, audience: str) -> None:
        """Delete an audience at the partner; one that is not there any more is no error."""
        ...
