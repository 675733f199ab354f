"""The promise in plain Python: who is due in an audience, under which identifiers, as whom.

It shares nothing with the product: rows are dictionaries, audiences are sets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audience_assets_tests.histories.partners.rows import Customers

STRONG = frozenset({"EMAIL", "PHONE", "MADID", "EXTERN_ID"})
"""The keys of which one alone identifies a person."""
COMPOSITE = "COMPOSITE"

Identity = tuple[str, str | tuple[tuple[str, str], ...]]
"""A strong key and its value, or COMPOSITE and the sorted pairs of all other cells."""
People = Sequence[frozenset[tuple[str, str]]]
"""The people as only Meta knows them, each a set of strong identifiers."""


@dataclass(frozen=True)
class Feeding:
    """What an audience is fed with."""

    keys: frozenset[str]
    value_based: bool = False


@dataclass(frozen=True)
class Member:
    """A customer who is due in an audience."""

    cells: tuple[tuple[str, str], ...]
    identities: frozenset[Identity]
    value: float | None

    @property
    def strong(self) -> set[Identity]:
        """What names the person alone."""
        return {identity for identity in self.identities if identity[0] != COMPOSITE}


def members(customers: Customers, label: str, feeding: Feeding) -> dict[str, Member]:
    """Who is due: who agreed, is in the audience, and can be named with the audience's keys."""
    found = {}
    for name, row in customers.items():
        if row.consent is False or label not in row.audiences:
            continue
        cells = tuple(sorted((key, cell) for key, cell in row.cells.items() if key in feeding.keys))
        identities = identities_of(cells)
        if identities:
            found[name] = Member(cells, identities, float(row.value) if feeding.value_based else None)
    return found


def identities_of(cells: Sequence[tuple[str, str]]) -> frozenset[Identity]:
    """What of a row names a person: each strong key alone, and all others together if they are enough."""
    strong: set[Identity] = {(key, cell) for key, cell in cells if key in STRONG}
    others = tuple(sorted((key, cell) for key, cell in cells if key not in STRONG))
    return frozenset(
        strong | ({(COMPOSITE, others)} if names_a_person({key for key, _ in others}) else set())
    )


def names_a_person(keys: set[str]) -> bool:
    """Whether these keys do so together: a last name, a first name, and a place or a birth date."""
    where = "ZIP" in keys or "CT" in keys or keys >= {"DOBY", "DOBM", "DOBD"}
    return "LN" in keys and bool(keys & {"FN", "FI"}) and where


def comparable(held: set[Identity]) -> set[Identity]:
    """What an audience holds, less the combinations that fit many people and are not promised to be taken out."""
    return {
        identity
        for identity in held
        if identity[0] != COMPOSITE
        or names_a_person({pair[0] for pair in identity[1] if isinstance(pair, tuple)})
    }


def all_identities(due: Mapping[str, Member]) -> set[Identity]:
    """Everything that the audience should hold."""
    return {identity for member in due.values() for identity in member.identities}


def person_of(strong: set[Identity], people: People) -> int | None:
    """Whom Meta takes a row for: the first person who has one of its identifiers."""
    return next((number for number, person in enumerate(people) if strong & person), None)
