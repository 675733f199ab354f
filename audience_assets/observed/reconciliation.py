"""Who is in an audience at one destination and not at another, and why: counts of customers by reason, and nobody by name."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import permutations

from audience_assets.storage.manifest import Manifest

NOT_CONFIGURED = "audience not configured there"
SUPPRESSED = "suppressed or erased"
NO_CONSENT = "no consent"
NO_IDENTIFIER = "no usable identifier"
REFUSED = "refused by the partner"
HELD = "held back"
NOT_DELIVERED = "not delivered yet"

HERE = ""
"""Instead of a reason: the customer is there."""

Reasons = tuple[str, ...]
"""Why a customer is not in an audience, by destination in a fixed order."""


class Missing(Manifest):
    """Customers of an audience who are at one destination and not at another, for one reason.

    Attributes:
        audience: One of the customers' audiences.
        at: The destination that has them.
        not_at: The destination that has not.
        reason: Why it has not.
        customers: How many they are.
    """

    audience: str
    at: str
    not_at: str
    reason: str
    customers: int


class Reconciled(Manifest):
    """The audiences of a day as they stand at all destinations.

    Attributes:
        present: By audience and destination, how many customers are there.
        missing: Who is at one and not at another.
    """

    present: dict[str, dict[str, int]]
    missing: list[Missing]


def of(destinations: Sequence[str], counted: Mapping[tuple[str, Reasons], int]) -> Reconciled:
    """Compare each pair of destinations.

    Args:
        destinations: Their names, in the order of the reasons.
        counted: How many customers of an audience have the same reasons.
    """
    present: dict[str, dict[str, int]] = {}
    missing: Counter[tuple[str, str, str, str]] = Counter()
    for (audience, reasons), customers in counted.items():
        there = present.setdefault(audience, dict.fromkeys(destinations, 0))
        at = dict(zip(destinations, reasons, strict=True))
        for name in destinations:
            there[name] += customers * (at[name] == HERE)
        for one, other in permutations(destinations, 2):
            if at[one] == HERE != at[other]:
                missing[audience, one, other, at[other]] += customers
    return Reconciled(
        present=dict(sorted(present.items())), missing=[_missing(*each) for each in _sorted(missing)]
    )


def reason(place: str, *, withheld: bool, consent: bool, named: bool, refused: bool) -> str:
    """Why a customer is not in an audience at a destination; HERE where they are.

    Args:
        place: Why nobody, or nobody of that day, is in the audience there; HERE where it was delivered.
        withheld: Whether the customer is suppressed or erased.
        consent: Whether the customer may be delivered there.
        named: Whether there is anything that names the customer to the partner.
        refused: Whether the partner did not take the customer.
    """
    found = (
        (NOT_CONFIGURED, place == NOT_CONFIGURED),
        (SUPPRESSED, withheld),
        (NO_CONSENT, not consent),
        (NO_IDENTIFIER, not named),
        (place, place != HERE),
        (REFUSED, refused),
    )
    return next((why for why, holds in found if holds), HERE)


def _sorted(missing: Counter[tuple[str, str, str, str]]) -> Iterable[tuple[tuple[str, str, str, str], int]]:
    return sorted(missing.items())


def _missing(key: tuple[str, str, str, str], customers: int) -> Missing:
    audience, at, not_at, why = key
    return Missing(audience=audience, at=at, not_at=not_at, reason=why, customers=customers)
