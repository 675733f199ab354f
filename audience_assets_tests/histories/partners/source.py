"""Random customers from tiny pools, so that much is shared, and everything that can happen to them from day to day."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from hashlib import sha256
from random import Random

from audience_assets_tests.histories.partners.rows import Row

LABELS = ("vip", "Novidades é", "value")
VALUE_BASED = "value"
POOLS: Mapping[str, int] = {
    "EXTERN_ID": 8,
    "EMAIL": 8,
    "PHONE": 6,
    "MADID": 5,
    "GEN": 2,
    "DOBY": 2,
    "DOBM": 2,
    "DOBD": 2,
    "LN": 3,
    "FN": 3,
    "CT": 3,
    "ZIP": 2,
}
"""The keys that customers have, and how many different cells there are of each."""
STRONG = ("EXTERN_ID", "EMAIL", "PHONE", "MADID")
RARELY_MISSING = 0.25
PERSONS = 5
"""So many people share the customers of a source that keeps people apart."""


@cache
def cell(key: str, number: int) -> str:
    """A cell as Meta sees it."""
    if key == "EXTERN_ID":
        return f"ext-{number}"
    if key == "MADID":
        return str(uuid.UUID(int=number + 1))
    return sha256(f"{key} {number}".encode()).hexdigest()


REFUSED = frozenset({cell("EMAIL", 0), cell("PHONE", 1)})
"""What Meta refuses where it refuses something."""


def random_cell(rng: Random, key: str) -> str:
    """One of the key's few cells."""
    return cell(key, rng.randrange(POOLS[key]))


def own_cell(rng: Random, key: str, person: int) -> str:
    """One of a person's two cells of a key that names a person; of the only address there is one."""
    return cell(key, 100 + 2 * person + (key != "EMAIL" and rng.randrange(2)))


def persons_apart() -> list[frozenset[tuple[str, str]]]:
    """The people of a source whose customers are kept apart, with everything that names them."""
    return [
        frozenset((key, cell(key, 100 + 2 * person + either)) for key in STRONG for either in range(2))
        for person in range(PERSONS)
    ]


def random_labels(rng: Random, labels: Sequence[str]) -> tuple[str, ...]:
    """Some of the audiences, in any order."""
    return tuple(rng.sample(labels, min(rng.choice((0, 1, 1, 2, 3)), len(labels))))


def random_value(rng: Random) -> str:
    """What a customer is worth, as the log writes it."""
    return rng.choice(("0", "1", "2.5", "1000000", "3.14159"))


def random_consent(rng: Random) -> bool | None:
    """Whether somebody agreed, if anybody asked."""
    return rng.choice((None, True, True, False))


@dataclass
class Source:
    """The customers who are there, and those who left.

    Where people are `apart`, each customer is one person, whom an e-mail address always tells, and nobody has anything
    of another person's that names anybody.
    """

    rng: Random
    labels: Sequence[str]
    apart: bool = False
    there: dict[str, Row] = field(default_factory=dict)
    gone: dict[str, Row] = field(default_factory=dict)
    number: int = 0

    def join(self, count: int) -> None:
        """New customers."""
        for _ in range(count):
            self.number += 1
            self.there[f"c{self.number}"] = self._new_row(f"c{self.number}")

    def cell(self, name: str, key: str) -> str:
        """Some cell that a customer may have."""
        if self.apart and key in STRONG:
            return own_cell(self.rng, key, int(name[1:]) % PERSONS)
        return random_cell(self.rng, key)

    def _new_row(self, name: str) -> Row:
        """A customer; some have no identifier at all."""
        rng = self.rng
        missing = rng.choice((RARELY_MISSING, RARELY_MISSING, 0.6, 1.0))
        cells = {key: self.cell(name, key) for key in POOLS if rng.random() > missing}
        return Row(
            self._told(name, cells), random_value(rng), random_labels(rng, self.labels), random_consent(rng)
        )

    def _told(self, name: str, cells: Mapping[str, str]) -> Mapping[str, str]:
        """These cells, and who it is where that is always known."""
        return {**cells, "EMAIL": self.cell(name, "EMAIL")} if self.apart else cells

    def live(self, busy: float) -> None:
        """Everything that may happen from one extract to the next."""
        for name in list(self.there):
            if self.rng.random() < busy:
                self.rng.choice(EDITS)(self, name)
        for name in [name for name in self.gone if self.rng.random() < 0.3]:
            self.there[name] = self.gone.pop(name)
        if self.rng.random() < 0.1:
            label = self.rng.choice(self.labels)
            self._all_leave(label)
        self.join(self.rng.choice((0, 0, 1, 3)))

    def leave(self, name: str) -> None:
        self.gone[name] = self.there.pop(name)

    def change(self, name: str) -> None:
        """Other cells in one to three keys, or none any more."""
        row, rng = self.there[name], self.rng
        cells = dict(row.cells)
        for key in rng.sample(sorted(POOLS), rng.choice((1, 1, 2, 3))):
            cells.pop(key, None)
            if rng.random() > RARELY_MISSING:
                cells[key] = self.cell(name, key)
        self.there[name] = replace(row, cells=self._told(name, cells))

    def swap(self, name: str) -> None:
        """Two customers exchange what they have of some key."""
        other, key = self.rng.choice(sorted(self.there)), self.rng.choice(sorted(POOLS))
        if other == name or (self.apart and key in STRONG):
            return
        mine, theirs = dict(self.there[name].cells), dict(self.there[other].cells)
        ours = mine.pop(key, None), theirs.pop(key, None)
        for cells, given in ((theirs, ours[0]), (mine, ours[1])):
            if given is not None:
                cells[key] = given
        self.there[name] = replace(self.there[name], cells=mine)
        self.there[other] = replace(self.there[other], cells=theirs)

    def share(self, name: str) -> None:
        """Two customers come to share something, or everything."""
        theirs = self.there[self.rng.choice(sorted(self.there))].cells
        known = [key for key in sorted(theirs) if not (self.apart and key in STRONG)]
        keys = self.rng.sample(known, min(len(known), self.rng.choice((1, 2, 20))))
        row = self.there[name]
        self.there[name] = replace(row, cells={**row.cells, **{key: theirs[key] for key in keys}})

    def move(self, name: str) -> None:
        self.there[name] = replace(self.there[name], audiences=random_labels(self.rng, self.labels))

    def agree(self, name: str) -> None:
        self.there[name] = replace(self.there[name], consent=random_consent(self.rng))

    def empty(self, name: str) -> None:
        self.there[name] = replace(self.there[name], cells=self._told(name, {}))

    def revalue(self, name: str) -> None:
        self.there[name] = replace(self.there[name], value=random_value(self.rng))

    def _all_leave(self, label: str) -> None:
        for name, row in self.there.items():
            left = tuple(each for each in row.audiences if each != label)
            self.there[name] = replace(row, audiences=left)


EDITS: tuple[Callable[[Source, str], None], ...] = (
    Source.leave,
    Source.leave,
    Source.change,
    Source.change,
    Source.change,
    Source.swap,
    Source.share,
    Source.share,
    Source.move,
    Source.move,
    Source.agree,
    Source.empty,
    Source.revalue,
)
