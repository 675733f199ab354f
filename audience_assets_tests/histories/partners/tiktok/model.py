"""The promise in plain Python: which identifiers an audience must hold as of its last finished delivery."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from audience_assets_tests.histories.partners.log import Published
from audience_assets_tests.histories.partners.rows import Cell, Row

Identifier = tuple[str, str]
Columns = Sequence[str]

HEADERS = {
    "email_SHA256": "email_SHA256",
    "phone_SHA256": "phone_SHA256",
    "phone_SHA256_digits": "phone_SHA256",
    "MAID": "MAID",
    "MAID_plain": "MAID",
}
"""What TikTok calls each column."""


def cells_of(row: Row, email: str, phone: str) -> dict[str, Cell]:
    """What TikTok is told of a customer; an e-mail address and a phone number have another digest in each reading."""

    def digest(key: str, form: str) -> str | None:
        return sha256(f"{form} {row.cells[key]}".encode()).hexdigest() if key in row.cells else None

    return {
        "email_SHA256": digest("EMAIL", f"e-mail {email}"),
        "phone_SHA256": digest("PHONE", "digits" if phone == "digits" else "plus"),
        "phone_SHA256_digits": digest("PHONE", "digits"),
        "MAID": digest("MADID", "device"),
        "MAID_plain": row.cells.get("MADID"),
    }


def members(published: Published, label: str, columns: Columns | None) -> dict[str, frozenset[Identifier]]:
    """Who is due: who agreed, is in the audience, and has one of its identifiers."""
    found = {}
    for name, cells in published.tables["tiktok"].items():
        row = published.customers[name]
        if columns is None or row.consent is False or label not in row.audiences:
            continue
        identifiers = frozenset(
            (HEADERS[each], str(cells[each])) for each in columns if cells.get(each) is not None
        )
        if identifiers:
            found[name] = identifiers
    return found


def identifiers_of(due: Mapping[str, frozenset[Identifier]]) -> set[Identifier]:
    """Everything that names one of these customers."""
    return {identifier for each in due.values() for identifier in each}


@dataclass
class Standing:
    """One audience.

    Attributes:
        delivery: The last delivery that was finished.
        snapshot: Where it led.
        due: Who is in it.
        holds: Exactly the identifiers that it holds, those of others included that it had before us.
    """

    delivery: int = 0
    snapshot: str | None = None
    due: Mapping[str, frozenset[Identifier]] = field(default_factory=dict)
    holds: set[Identifier] = field(default_factory=set)

    def move(
        self, delivery: int, snapshot: str, due: Mapping[str, frozenset[Identifier]], *, replaced: bool
    ) -> None:
        """A delivery was finished."""
        others = set() if replaced else self.holds - identifiers_of(self.due)
        self.delivery, self.snapshot, self.due = delivery, snapshot, due
        self.holds = others | identifiers_of(due)

    def forget(self) -> None:
        """The audience was deleted; the next delivery begins anew."""
        self.snapshot, self.due, self.holds = None, {}, set()
