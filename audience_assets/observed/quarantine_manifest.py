"""What a day's quarantine says of itself."""

from datetime import date

from audience_assets.storage.manifest import Manifest


class ReasonCount(Manifest):
    """How many entries have the same kind, destination, field and reason."""

    kind: str
    destination: str
    field: str
    reason: str
    entries: int


class QuarantineManifest(Manifest):
    """What the quarantine has as of a day.

    Attributes:
        day: The day.
        snapshot: The day's customers.
        segment: The segment of those who were new or changed.
        file: Where it lies, from the state directory.
        rows: How many entries there are.
        new: How many of them the quarantine before did not have.
        gone: How many of the quarantine before it does not have.
        reasons: The entries by kind, destination, field and reason.
        unknown: Segments of customers who are not looked at, because the records are gone that would tell.
        looked_at: By destination, the delivery up to which it knows what was refused.
    """

    day: date
    snapshot: str
    segment: str
    file: str
    rows: int
    new: int
    gone: int
    reasons: list[ReasonCount]
    unknown: list[str]
    looked_at: dict[str, int]

    @property
    def complete(self) -> bool:
        """Whether it has everything that is refused."""
        return not self.unknown
