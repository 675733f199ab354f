"""Who is in an audience: rows that were added, less the identifiers that were removed since.

Meta does not say which key of a row with several a removal goes by. So two readings are kept side by side: an audience
as a set of identifiers, and an audience as a set of people, found through a graph of people that only a test knows.
"""

from collections.abc import Iterable, Iterator, Mapping

from audience_assets.sandbox.meta.rows import (
    NO_EXTRAS,
    STRONG_KEYS,
    Extras,
    Identifier,
    Row,
    as_received,
    identifiers_of,
)
from audience_assets.sandbox.people import People, first_persons, matched


class Membership:
    """The members of one audience.

    Each row remembers when it was added and each identifier when it was last removed, so that a call costs what its
    own rows cost, however large the audience is; who is left is worked out when somebody asks.
    """

    def __init__(self) -> None:
        self.added: dict[Row, tuple[int, Extras]] = {}
        self.removed: dict[Identifier | Row, int] = {}
        self.people: set[int] = set()
        self.moment = 0
        self._counted = (0, 0)

    def add(self, rows: Iterable[tuple[Row, Extras]], people: People = ()) -> None:
        """Make every row a member; an equal row again only brings its extras up to date."""
        self.moment += 1
        plain = (self.moment, NO_EXTRAS)  # shared, because an audience may have a million rows
        persons = first_persons(people)
        for row, extras in rows:
            self.added[row] = plain if extras is NO_EXTRAS else (self.moment, extras)
            if persons:
                self.people |= _matched(row, persons)

    def remove(self, rows: Iterable[tuple[Row, Extras]], people: People = ()) -> None:
        """Take out each identifier that stands in a row, and each person whom a row matches."""
        self.moment += 1
        persons = first_persons(people)
        for row, _ in rows:
            for mark in _marks(row):
                self.removed[mark] = self.moment
            if persons:
                self.people -= _matched(row, persons)

    def identifiers(self) -> set[Identifier]:
        """The identifiers that are held."""
        return {
            identifier
            for row, (moment, _) in tuple(self.added.items())
            for identifier in identifiers_of(row)
            if self.removed.get(identifier, 0) < moment
        }

    def members(self) -> list[dict[str, object]]:
        """The rows of which something is still held, in the order of their first arrival."""
        return [as_received(row, extras) for row, (_, extras) in self._standing()]

    def __len__(self) -> int:
        if self._counted[0] != self.moment:
            count = sum(1 for _ in self._standing()) if self.removed else len(self.added)
            self._counted = (self.moment, count)
        return self._counted[1]

    def _standing(self) -> Iterator[tuple[Row, tuple[int, Extras]]]:
        for row, entry in tuple(self.added.items()):
            if any(self.removed.get(mark, 0) < entry[0] for mark in _marks(row)):
                yield row, entry


def _marks(row: Row) -> list[Identifier | Row]:
    """What a removal of this row leaves a mark on: a row that identifies nobody is only known by itself."""
    return [*identifiers_of(row)] or [row]


def _matched(row: Row, persons: Mapping[tuple[str, str], int]) -> set[int]:
    """The first person who has any of the row's strong identifiers."""
    return matched(((key, cell) for key, cell in zip(*row, strict=True) if key in STRONG_KEYS), persons)
