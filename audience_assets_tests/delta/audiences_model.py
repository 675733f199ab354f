"""What an audience's delta is, in plain Python: people of tuples, what names them, and what nobody else holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field

IDENTIFIERS = ("EMAIL", "PHONE")
ATTRIBUTES = ("LN", "FN", "ZIP")
VALUE = "VALUE"
COLUMNS = (*IDENTIFIERS, *ATTRIBUTES, VALUE)

Cells = Mapping[str, str | None]
Identity = tuple[str, object]


@dataclass(frozen=True)
class Customer:
    """A customer as the log has them."""

    cells: Cells
    audiences: tuple[str, ...] = ()

    def row(self, columns: frozenset[str]) -> dict[str, str | None]:
        """What an audience with these columns is told of them."""
        return {name: self.cells[name] if name in columns else None for name in COLUMNS}


def enough(row: Cells) -> bool:
    """When attributes name a person: a last name with a first name or a place."""
    return row["LN"] is not None and (row["FN"] is not None or row["ZIP"] is not None)


def identities(row: Cells) -> set[Identity]:
    """Everything in a row that names a person."""
    named: set[Identity] = {(name, row[name]) for name in IDENTIFIERS if row[name] is not None}
    return named | ({("together", tuple(row[name] for name in ATTRIBUTES))} if enough(row) else set())


@dataclass(frozen=True)
class Wanted:
    """An audience's columns, and whether it is wanted."""

    columns: frozenset[str]
    wanted: bool = True


Members = dict[str, dict[str, str | None]]


def members(customers: Mapping[str, Customer], audience: str, columns: frozenset[str]) -> Members:
    """The rows of those who are in the audience and can be named."""
    rows = {name: one.row(columns) for name, one in customers.items() if audience in one.audiences}
    return {name: row for name, row in rows.items() if identities(row)}


@dataclass
class Delta:
    """What one audience must be told."""

    joined: int = 0
    changed: int = 0
    left: int = 0
    removals: Members = field(default_factory=dict)
    additions: Members = field(default_factory=dict)


def delta(held: Mapping[str, Customer], due: Mapping[str, Customer], audience: str, wanted: Wanted) -> Delta:
    """Compare two days of an audience."""
    before = members(held, audience, wanted.columns)
    after = members(due, audience, wanted.columns) if wanted.wanted else {}
    kept: set[Identity] = set().union(*map(identities, after.values())) if after else set()
    removals = {}
    for name, row in before.items():
        if name not in after or identities(after[name]) != identities(row):
            spared = _without(row, kept)
            if identities(row) - kept:
                removals[name] = spared
    removed: set[Identity] = (
        set().union(*(identities(before[name]) for name in removals)) if removals else set()
    )
    joining = {name for name, row in after.items() if before.get(name) != row}
    again = {name for name, row in after.items() if identities(row) & removed}
    return Delta(
        joined=len(after.keys() - before.keys()),
        changed=len(joining & before.keys()),
        left=len(before.keys() - after.keys()),
        removals=removals,
        additions={name: after[name] for name in joining | again},
    )


def _without(row: Cells, kept: set[Identity]) -> dict[str, str | None]:
    """What is left of a leaver's row: no identity that somebody keeps, no attributes that name nobody, no value."""
    mine = identities(row) - kept
    together = any(kind == "together" for kind, _ in mine)
    return {
        name: row[name] if (name, row[name]) in mine or (name in ATTRIBUTES and together) else None
        for name in COLUMNS
    }
