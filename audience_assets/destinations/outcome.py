"""What a run of a delivery did, for each audience and in all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audience_assets.counting import Calls
from audience_assets.destinations.manifest import DeltaPart
from audience_assets.ledger.records import Batch, Delivery


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did for a destination, or for one of its audiences.

    Attributes:
        audience: The audience; empty where a destination has one list for all.
        resumed: An earlier delivery that was begun and has now been finished, if there was one.
        delivery: The day's delivery; None when the day had been delivered before.
        already: The delivery that had delivered the day before, if there was one.
        sent: The batches that this run sent, those of a resumed delivery included.
        held: Why nothing was sent of the day's part; empty when that is not so.
        waiting: What the partner is still working on; a later run finishes. Empty when that is not so.
    """

    audience: str
    resumed: Delivery | None
    delivery: Delivery | None
    already: Delivery | None
    sent: list[Batch]
    held: str = ""
    waiting: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run of a delivery did for each audience of the destination.

    Attributes:
        outcomes: What it did, by audience.
        calls: The calls that it made at the partner.
        everybody: How many calls it would have taken to send everybody to the audiences that it brought something to.
        parts: What the day's delta says of each audience.
        remote_ids: The partner's id of each audience that has one.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    calls: Calls = field(default_factory=Calls)
    everybody: int = 0
    parts: Sequence[DeltaPart] = ()
    remote_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def sent(self) -> list[Batch]:
        """All batches that this run sent."""
        return [batch for outcome in self.outcomes for batch in outcome.sent]

    @property
    def delivered(self) -> list[Delivery]:
        """The day's deliveries that this run made."""
        return [outcome.delivery for outcome in self.outcomes if outcome.delivery is not None]

    @property
    def brought(self) -> set[str]:
        """The audiences that it brought to where they should be."""
        return {each.audience for each in self.outcomes if each.delivery or each.resumed}

    @property
    def calls_saved(self) -> int:
        """Calls that sending everybody would have taken, less those that were needed; below 0 where that were fewer."""
        return self.everybody - self.calls.needed if self.brought else 0
