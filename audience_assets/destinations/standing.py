"""Where a destination stands before a day is planned: what the partner holds, what is due, and whether it may be sent."""

from dataclasses import dataclass
from datetime import date

from audience_assets.destinations.manifest import DeltaManifest, DeltaPart
from audience_assets.errors import OutOfOrderError, StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Delivery


@dataclass(frozen=True, slots=True)
class Standing:
    """The two snapshots between which a day's delta moves the partner.

    Attributes:
        day: The day.
        audience: Which of the customers' audiences; empty where a destination has one list for all.
        held: What the partner will hold when everything that was begun is finished; None before its first delivery.
        due: What it should hold after the day.
        delivered: The delivery that brought the partner to `due`, if one did.
        begun: The delivery to `due` that was begun and not finished, if there is one.
    """

    day: date
    held: str | None
    due: str
    audience: str = ""
    delivered: Delivery | None = None
    begun: Delivery | None = None


def due_snapshot(ledger: Ledger, day: date) -> str:
    """The snapshot that a partner should hold after the day.

    Raises:
        StateError: hashed_customers has nothing for the day.
    """
    snapshot = ledger.current_snapshot(day)
    if snapshot is None:
        raise StateError(
            f"there are no customers for {day} yet: materialize hashed_customers for that day first"
        )
    return snapshot.key


def standing(
    ledger: Ledger, destination: str, day: date, planned: str | None = None, audience: str = ""
) -> Standing:
    """Where the destination, or one of its audiences, stands.

    `planned` is the snapshot of an earlier day that the same run has just planned.

    Raises:
        StateError: hashed_customers has nothing for the day.
        OutOfOrderError: A newer day was delivered, or begun.
    """
    due = due_snapshot(ledger, day)
    delivered = ledger.done_delivery(destination, day, due, audience)
    begun = ledger.unfinished(destination, audience)
    pointer = ledger.acknowledged(destination, audience)
    if (
        delivered is not None
        and begun is None
        and pointer is not None
        and (pointer.day > day or pointer.snapshot_key == due)
    ):
        return Standing(day, due, due, audience, delivered=delivered)
    for newer, verb in ((pointer, "holds"), (begun, "is being sent")):
        if newer is not None and newer.day > day:
            raise OutOfOrderError(
                f"{destination} {verb} {newer.day}, so {day} may not be delivered after it: its customers would go back "
                f"to an older state. Deliver a day after {newer.day} instead; it carries every change until then"
            )
    if begun is not None and begun.to_snapshot == due:
        return Standing(day, begun.from_snapshot, due, audience, begun=begun)
    if planned is not None:
        return Standing(day, planned, due, audience)
    if begun is not None:
        return Standing(day, begun.to_snapshot, due, audience)
    return Standing(day, pointer.snapshot_key if pointer else None, due, audience)


def delivered_before(ledger: Ledger, delta: DeltaManifest, part: DeltaPart) -> Delivery | None:
    """The delivery that brought a part of a delta to the partner, if one did and still counts."""
    if part.request is not None:
        return ledger.done_request(delta.destination, part.request)
    done = ledger.done_delivery(delta.destination, delta.day, delta.to_snapshot, part.audience)
    pointer = ledger.acknowledged(delta.destination, part.audience)
    if done is None or pointer is None:
        return None
    return done if pointer.day > delta.day or pointer.snapshot_key == delta.to_snapshot else None
