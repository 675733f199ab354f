"""A customer as the source of a history has them, and what a partner is told of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Cell = str | int | None


@dataclass(frozen=True)
class Row:
    """A customer: cells by Meta's keys, as Meta sees them; the other partners' cells follow from these."""

    cells: Mapping[str, str] = field(default_factory=dict)
    value: str = "1"
    audiences: tuple[str, ...] = ()
    consent: bool | None = None


Customers = Mapping[str, Row]
Table = Mapping[str, Mapping[str, Cell]]
"""What the columns of one partner say of each customer, as the partner sees it."""
