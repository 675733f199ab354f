"""Random days in random numbers of buckets: the quarantine is what a few lines of plain Python say."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from audience_assets_tests.observed.quarantining import (
    DAYS,
    GOOD,
    REASONS,
    Entry,
    Refusing,
    Row,
    customer,
    refused_of,
)

pytestmark = pytest.mark.usefixtures("one_database")
BAD: dict[str, list[Any]] = {
    name: [["vip", "a;b"]] if name == "audiences" else [value for each, value in REASONS if each == name]
    for name, _ in REASONS
}


@dataclass
class Model:
    """What is refused now, and since when; without a quarantine before, since the row changed last."""

    seen: dict[Entry, date] = field(default_factory=dict)
    rows: dict[str, Row] = field(default_factory=dict)
    changed: dict[str, date] = field(default_factory=dict)
    continuous: bool = True

    def look(self, day: date, rows: list[Row], *, quarantined: bool) -> dict[Entry, tuple[date, date]]:
        """The quarantine of a day that has one, or may miss it."""
        present = {str(row["customer_id"]): row for row in rows}
        self.changed = {
            name: self.changed[name] if self.rows.get(name) == row else day for name, row in present.items()
        }
        self.rows = present
        refused = {entry for row in rows for entry in refused_of(row)}
        self.seen = {
            entry: self.seen.get(entry, day) if self.continuous else self.changed[entry[0]]
            for entry in refused
        }
        self.continuous = quarantined
        return {entry: (first, day) for entry, first in self.seen.items()}


def days(random: Random) -> Iterator[list[Row]]:
    """Customers who come, leave, break and mend."""
    there: dict[str, dict[str, Any]] = {}
    for _ in range(8):
        for number in random.sample(range(20), 8):
            name = f"c{number}"
            if random.random() < 0.2:
                there.pop(name, None)
                continue
            there.setdefault(name, customer(name))
            changing = random.choice(sorted(BAD))
            usable = "yes" if changing.startswith("consent") else GOOD[changing]
            there[name] = there[name] | {changing: random.choice([*BAD[changing], usable])}
        yield [dict(row) for row in there.values()] or [customer("alone")]


@pytest.mark.parametrize("seed", range(2))
def test_random_days_are_what_the_model_says(tmp_path: Path, seed: int) -> None:
    random, model, refusing = Random(seed), Model(), Refusing(tmp_path)  # noqa: S311 - a test's history
    for day, rows in zip(DAYS, days(random), strict=False):
        bent = refusing.bent(engine={"threads": 1, "buckets": 1 if day == DAYS[0] else random.choice([1, 3])})
        bent.build(day, rows)
        quarantined = random.random() < 0.8
        expected = model.look(day, rows, quarantined=quarantined)
        if quarantined:
            assert bent.seen(bent.run.quarantine(day)) == expected
