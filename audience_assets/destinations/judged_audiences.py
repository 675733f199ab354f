"""What a preflight says of the audiences at a partner: who takes people, who does with a warning, and who does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from audience_assets.destinations.preflight import ConcernError
from audience_assets.errors import DestinationRefusedError

Judgement = Literal["well", "doubtful", "stopped"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One audience: our name for it, whether it takes people, and the partner's id with what was seen."""

    label: str
    judgement: Judgement
    seen: str


def sentence(partner: str, judged: Sequence[Judged], advice: str) -> str:
    """What to say of all of them.

    Raises:
        DestinationRefusedError: One of them takes nobody; each such one is named.
        ConcernError: The partner warns of one; each such one is named.
    """
    if stopped := _named(judged, "stopped"):
        raise DestinationRefusedError(f"{partner} takes nobody into {stopped}: {advice}")
    if doubtful := _named(judged, "doubtful"):
        raise ConcernError(f"{partner} warns of {doubtful}: {advice}")
    return f"all {len(judged)} audiences take people" if judged else "no audience is known yet"


def _named(judged: Sequence[Judged], judgement: Judgement) -> str:
    return "; ".join(f"{each.label} ({each.seen})" for each in judged if each.judgement == judgement)
