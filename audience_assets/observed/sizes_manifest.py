"""What a day's `audience_sizes` says of itself: numbers of people by destination and audience, and nobody among them."""

from datetime import date, datetime

from pydantic import Field

from audience_assets.storage.manifest import Manifest


class AudienceSize(Manifest):
    """One of the customers' audiences at a partner.

    Attributes:
        destination: The destination's name.
        audience: Its name in the extract.
        remote_id: The partner's id.
        members: How many were delivered, as the ledger has it.
        lower: At least so many people the partner matched; None where it does not tell.
        upper: At most so many people; None where the partner does not tell.
        match: The share of the members that the partner matched; None where it does not tell, or is not done yet.
        settled: Whether the partner is done with what it was sent.
        status: What the partner says of it.
        ends: When the partner ends it, as far as it tells.
        ending: What will become of it and what to do, where the partner is about to end it.
    """

    destination: str
    audience: str
    remote_id: str
    members: int
    lower: int | None
    upper: int | None
    match: float | None
    settled: bool
    status: str
    ends: date | None
    ending: str

    @property
    def name(self) -> str:
        """How people and plots call it."""
        return f"{self.destination} {self.audience}"

    @property
    def size(self) -> int | None:
        """How many people the partner matched, as far as `match` knows."""
        return None if self.match is None else round(self.match * self.members)


class SizesManifest(Manifest):
    """What partners told on a day.

    Attributes:
        day: The day.
        asked_at: When they were asked; None where they were not.
        sizes: What they told.
        unasked: By destination, why it told nothing.
        fallen: A sentence for each audience of which fewer members are matched than is usual.
    """

    day: date
    asked_at: datetime | None = None
    sizes: list[AudienceSize] = Field(default_factory=list)
    unasked: dict[str, str] = Field(default_factory=dict)
    fallen: list[str] = Field(default_factory=list)

    def of(self, destination: str, audience: str) -> AudienceSize | None:
        """What was told of one audience."""
        return next(
            (each for each in self.sizes if (each.destination, each.audience) == (destination, audience)),
            None,
        )
