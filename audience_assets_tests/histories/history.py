"""A random history: how a customer base lives through some days, and what is run, run again, corrected and killed."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from audience_assets_tests.histories import faults, people
from audience_assets_tests.histories.model import Row
from audience_assets_tests.histories.world import World

STARTS = (date(2026, 2, 26), date(2028, 2, 26), date(2026, 12, 28), date(2026, 7, 1))
"""The end of February in a common and in a leap year, the turn of a year, and an ordinary week."""
EFFECTS_OF_A_RUN = 30


@dataclass
class Base:
    """The source: customers who are there, customers who left, and how each day's extract shows them."""

    rng: Random
    day: date
    there: dict[str, Row] = field(default_factory=dict)
    gone: dict[str, Row] = field(default_factory=dict)
    number: int = 0

    def join(self, count: int) -> None:
        for _ in range(count):
            self.number += 1
            customer = people.new_id(self.rng, self.number)
            if customer not in self.there:
                self.there[customer] = people.new_customer(self.rng, customer, self.day)
                self.gone.pop(customer, None)

    def live(self, *, busy: float = 0.5) -> None:
        """Everything that may happen to a customer from one extract to the next."""
        rng = self.rng
        for customer, row in list(self.there.items()):
            if rng.random() > busy:
                continue
            match rng.randrange(8):
                case 0 if len(self.there) > 3:
                    self.gone[customer] = self.there.pop(customer)
                case 1 | 2:
                    self.there[customer] = people.really_edited(rng, row, self.day)
                case 3:
                    self.there[customer] = people.consent_changed(rng, row)
                case 4 | 5:
                    self.there[customer] = people.cosmetically_edited(rng, row, self.day)
        for customer in [customer for customer in self.gone if rng.random() < 0.3]:
            row = self.gone.pop(customer)
            self.there[customer] = row if rng.random() < 0.5 else people.really_edited(rng, row, self.day)
        self.join(rng.choice((0, 0, 1, 3)))

    def extract(self) -> list[Row]:
        """The rows of the day in any order: some twice, some twice with different content, some without an id."""
        rng, rows = self.rng, list(self.there.values())
        surely_usable = rng.choice(sorted(self.there))
        for customer, row in self.there.items():
            chance = rng.random()
            if chance < 0.05:
                rows.append(dict(row))
            elif chance < 0.12 and customer != surely_usable:
                rows.append(people.really_edited(rng, row, self.day))
        rows += [
            people.new_customer(rng, rng.choice(people.NO_IDS), self.day)
            for _ in range(rng.choice((0, 0, 1, 2)))
        ]
        rng.shuffle(rows)
        return rows


@dataclass
class History:
    """What is done, day by day; every random choice follows from the seed."""

    world: World
    rng: Random
    extracts: dict[date, list[list[Row]]] = field(default_factory=dict)
    killed: int = 0

    def happen(self) -> None:
        rng = self.rng
        start = rng.choice(STARTS)
        base = Base(rng, start)
        base.join(rng.choice((3, 6, 12, 25, 36)))
        days = rng.choice((3, 3, 3, 3, 3, 4, 4, 5, 8))
        for number in range(days):
            base.day = start + timedelta(days=number)
            if number:
                base.live(busy=rng.choice((0.0, 0.3, 0.8)))
            self.extracts[base.day] = [base.extract()]
            if rng.random() < 0.75:
                self._live_through(base)
            if rng.random() < 0.2:
                self._run_older(base.day)
        self.run(base.day, base.extract(), kills=0)
        assert self.world.model.pointer is not None
        assert self.world.model.pointer.day == base.day

    def _live_through(self, base: Base) -> None:
        """A day: its run, and perhaps the same again, a correction, or a correction taken back."""
        rng, day = self.rng, base.day
        if not self.run(day, self.extracts[day][0]) and rng.random() < 0.5:
            return
        for what in rng.sample(("again", "corrected", "taken back"), rng.choice((0, 0, 0, 1, 2))):
            if what == "corrected":
                base.live(busy=0.2)
                self.extracts[day].append(base.extract())
            self.run(day, self.extracts[day][0 if what == "taken back" else -1])

    def _run_older(self, newest: date) -> None:
        """A day before the newest one: one that was missed, or one that was run, as it was or corrected."""
        older = [day for day in self.extracts if day < newest]
        if older:
            day = self.rng.choice(older)
            other = self.rng.choice([each for versions in self.extracts.values() for each in versions])
            self.run(day, self.rng.choice((self.extracts[day][-1], self.extracts[day][0], other)))

    def run(self, day: date, extract: list[Row], kills: int = 2) -> bool:
        """Run a day until it ends by itself; sometimes nobody comes back to it after a kill."""
        while kills and self.rng.random() < 0.45:
            kills -= 1
            number = self.rng.randrange(self.rng.choice((0, EFFECTS_OF_A_RUN // 2)), EFFECTS_OF_A_RUN)
            kill: faults.Kill = (number, self.rng.choice(("before", "after")))
            if not self.world.run(day, extract, kill).dead:
                return True
            self.killed += 1
            if self.rng.random() < 0.3:
                return False
        self.world.run(day, extract)
        return True
