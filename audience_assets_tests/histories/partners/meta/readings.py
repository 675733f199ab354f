"""What an audience must hold as of its last finished delivery, in both readings of how Meta takes people out.

As a set of identifiers it is exact. As a set of people it is as exact as anybody can be who does not see Meta's graph:
two customers who are one person there, but have nothing in common here, cannot be told to be one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from audience_assets.ledger.records import Delivery
from audience_assets_tests.histories.partners.meta.model import (
    Feeding,
    Identity,
    Member,
    People,
    all_identities,
    members,
    person_of,
)
from audience_assets_tests.histories.partners.rows import Customers


@dataclass
class Standing:
    """One audience.

    Attributes:
        delivery: The last delivery that was finished.
        snapshot: Where it led.
        feeding: What the audience is fed with; None when it is not wanted any more.
        due: Who is in it.
        fed: Whether anybody was ever in it.
        certain: The people who must be in it.
        possible: The people who may be in it, because a row that named them also named somebody else.
        owners: Whose rows had these cells since the audience was filled.
    """

    delivery: int = 0
    snapshot: str | None = None
    feeding: Feeding | None = None
    due: Mapping[str, Member] = field(default_factory=dict)
    fed: bool = False
    certain: set[int] = field(default_factory=set)
    possible: set[int] = field(default_factory=set)
    owners: dict[tuple[tuple[str, str], ...], set[str]] = field(default_factory=dict)

    @property
    def identities(self) -> set[Identity]:
        """Exactly what it holds."""
        return all_identities(self.due)

    def move(
        self,
        delivery: Delivery,
        customers: Customers,
        feeding: Feeding | None,
        people: People,
        *,
        replaced: bool,
    ) -> None:
        """A delivery was finished."""
        held, due = self.due, members(customers, delivery.audience, feeding) if feeding else {}
        if replaced:
            held, self.possible, self.owners = {}, set(), {}
        self._move_people(held, due, people)
        self.delivery, self.snapshot, self.feeding, self.due = delivery.id, delivery.to_snapshot, feeding, due
        self.fed = self.fed or bool(due)
        for name, member in due.items():
            self.owners.setdefault(member.cells, set()).add(name)

    def _move_people(self, held: Mapping[str, Member], due: Mapping[str, Member], people: People) -> None:
        """Who joined or changed is surely in; who stays is, unless somebody left who is the same person unbeknown to us.

        Who shares something with a leaver is told to Meta again, if anything of the leaver is taken out at all: what those
        who stay have too is spared, and of some leavers nothing is left.
        """
        leaving = [
            member
            for name, member in held.items()
            if name not in due or due[name].identities != member.identities
        ]
        spared = all_identities(due)
        removed = [member for member in leaving if member.identities - spared]
        taken = {identity for member in removed for identity in member.identities}
        hit = {number for number, person in enumerate(people) if taken & person}
        told = {
            name
            for name, member in due.items()
            if name not in held or held[name].cells != member.cells or member.identities & taken
        }
        persons = {name: person_of(member.strong, people) for name, member in due.items()}
        staying = {person for person in persons.values() if person is not None}
        certain = {persons[name] for name in told} | ((self.certain & staying) - hit)
        self.certain = {person for person in certain if person is not None}
        self.possible = staying | self._still_possible(held, due, leaving, people)

    def _still_possible(
        self,
        held: Mapping[str, Member],
        due: Mapping[str, Member],
        leaving: Sequence[Member],
        people: People,
    ) -> set[int]:
        """Whom a row that names several people may have brought in, and nobody has surely taken out since."""
        everybody = [_named(member, people) for member in (*held.values(), *due.values())]
        ambiguous = {number for named in everybody if len(named) > 1 for number in named}
        gone = {number for member in leaving for number in _named(member, people)}
        return ambiguous | (self.possible - gone)


def _named(member: Member, people: People) -> set[int]:
    """Everybody who has one of the member's identifiers."""
    return {number for number, person in enumerate(people) if member.strong & person}
