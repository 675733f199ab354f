"""Who is in an audience: the rows that were added, less the identifiers that were removed since.

TikTok does not say which identifier of a row with several a removal goes by. So, as in the sandbox's Meta, two
readings are kept side by side: an audience as a set of identifiers, and as a set of people whom only a test knows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, Self

from audience_assets.sandbox.people import People, first_persons, matched
from audience_assets.sandbox.tiktok.cells import identifiers_of, packed_columns

Action = Literal["APPEND", "REMOVE", "REPLACE"]


@dataclass(frozen=True)
class Membership:
    """The members at one moment. Rows and identifiers are packed; with one kind of identifier both are the same.

    Attributes:
        several: whether a row may have several identifiers.
        rows: those of which at least one identifier is held.
        identifiers: those that are held.
        people: the indexes of the people who were added and not removed since.
    """

    several: bool
    rows: frozenset[bytes] = field(default_factory=frozenset, repr=False)
    identifiers: frozenset[bytes] = field(default_factory=frozenset, repr=False)
    people: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.rows)

    def changed(self, action: Action, given: Sequence[bytes], people: People = ()) -> Self:
        """What it becomes by a change.

        Source: TikTok, Business API SDK, `dmp_custom_audience_update.yml`, `action`.
        """
        persons = _persons(given, people)
        if action == "REMOVE":
            return self._without(given, persons)
        if action == "REPLACE":
            return type(self)(self.several)._with(given, persons)  # noqa: SLF001 (another of our own)
        return self._with(given, persons)

    def _with(self, given: Sequence[bytes], persons: frozenset[int]) -> Self:
        rows = self.rows.union(given)
        identifiers = self.identifiers.union(_cells(given)) if self.several else rows
        return type(self)(self.several, rows, identifiers, self.people | persons)

    def _without(self, given: Sequence[bytes], persons: frozenset[int]) -> Self:
        if not self.several:
            rows = self.rows.difference(given)
            return type(self)(self.several, rows, rows, self.people - persons)
        held = self.identifiers.difference(_cells(given))
        rows = frozenset(row for row in self.rows if any(cell in held for cell in packed_columns(row)))
        return type(self)(self.several, rows, held, self.people - persons)


def _cells(rows: Iterable[bytes]) -> Iterable[bytes]:
    return (cell for row in rows for cell in packed_columns(row))


def _persons(rows: Iterable[bytes], people: People) -> frozenset[int]:
    if not people:
        return frozenset()
    persons = first_persons(people)
    return frozenset(index for row in rows for index in matched(identifiers_of([row]), persons))
