"""What a partner tells of one of its audiences when it is asked: how many people it matched, and whether that will stay so."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class ToldAudience:
    """One audience as its partner sees it now.

    Attributes:
        remote_id: The partner's id.
        status: What the partner says of it, in a few words; never of a person.
        settled: Whether the partner is done with what it was sent, so that its size says something.
        lower: At least so many people; None where the partner does not tell.
        upper: At most so many people; None where the partner does not tell.
        small: Whether the partner says no more than that it has fewer than `upper`.
        ends: When the partner ends it, as far as it tells.
        ending: What will become of it and what to do, where the partner is about to end it; empty otherwise.
    """

    remote_id: str
    status: str
    settled: bool = False
    lower: int | None = None
    upper: int | None = None
    small: bool = False
    ends: date | None = None
    ending: str = ""

    @property
    def size(self) -> float | None:
        """How many people it has, the middle of the bounds; None where the partner does not tell."""
        if self.small or self.lower is None or self.upper is None:
            return None
        return (self.lower + self.upper) / 2
