"""A realistic Brazilian CRM extract of any size, and four days that follow it; the same seed makes the same people.

DuckDB makes every value from a hash of the customer's number, so ten million rows take a minute or two, and the first
rows of a large extract are the rows of a small one.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path

import duckdb

from benchmarks import vocabulary
from benchmarks.extract_sql import rows_sql

FIRST_DAY = date(2026, 3, 2)
ROWS_PER_FILE = 2_500_000
SEED = 7
LARGEST_SET = 4
"""A customer is in at most so many audiences."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the extract, and what happened since the day before.

    Attributes:
        name: As the report calls it.
        number: 0 for the first day.
        changed: Share of the customers who have another e-mail address, phone or set of audiences.
        new: Share of the first day's customers who are added at the end.
        left: Share of the customers who are gone from this day on.
    """

    name: str
    number: int
    changed: float
    new: float = 0.0
    left: float = 0.0

    @property
    def date(self) -> date:
        """The partition of the day."""
        return FIRST_DAY + timedelta(days=self.number)


DAYS = (
    Day("first load", 0, 0.0),
    Day("0 %", 1, 0.0),
    Day("1 %", 2, 0.01, new=0.005, left=0.005),
    Day("10 %", 3, 0.10, new=0.005, left=0.005),
    Day("100 %", 4, 1.0),
)
"""Each follows the one before it. On every one of them, who has a birthday is a year older, whatever the extract says."""


@dataclass(frozen=True, slots=True)
class Extract:
    """An extract on disk: one folder a day.

    Attributes:
        folder: Where the days' folders are.
        customers: How many customers the first day has.
        seed: Another one makes other people.
    """

    folder: Path
    customers: int
    seed: int = SEED

    def files(self, day: Day) -> str:
        """The day's files as a pattern."""
        return str(self.folder / day.date.isoformat() / "customers-*.parquet")

    @property
    def path_setting(self) -> str:
        """The same for every day, as `source.path` wants it."""
        return f"{self.folder}/{{day}}/customers-*.parquet"

    def make(self, days: Iterable[Day]) -> None:
        """Write those of the days that are not there yet."""
        for day in days:
            if not self.has(day):
                self._write(day)
                self._mark(day).write_text(self._described(day), encoding="utf-8")

    def has(self, day: Day) -> bool:
        """Whether the day was written, with the same customers and the same things happening on it."""
        mark = self._mark(day)
        return mark.is_file() and mark.read_text(encoding="utf-8") == self._described(day)

    def size(self, day: Day) -> dict[str, int]:
        """Rows and bytes of a day's files."""
        rows = duckdb.execute("select count(*) from read_parquet(?)", [self.files(day)]).fetchall()[0][0]
        written = (self.folder / day.date.isoformat()).glob("*.parquet")
        return {"rows": rows, "bytes": sum(each.stat().st_size for each in written)}

    def _mark(self, day: Day) -> Path:
        """A small file that is there once the day is."""
        return self.folder / f"{day.date}.json"

    def _described(self, day: Day) -> str:
        return json.dumps({"customers": self.customers, "seed": self.seed, **asdict(day)}, default=str)

    def _write(self, day: Day) -> None:
        folder = self.folder / day.date.isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        everyone = self.customers + sum(round(self.customers * each.new) for each in DAYS[: day.number + 1])
        with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
            for name, words in _words().items():
                connection.execute(f"set variable {name} = $words", {"words": words})
            for part, start in enumerate(range(0, everyone, ROWS_PER_FILE), start=1):
                end = min(start + ROWS_PER_FILE, everyone)
                query = rows_sql(start, end, self.seed, DAYS[1 : day.number + 1])
                file = folder / f"customers-{part:03d}.parquet"
                connection.execute(f"copy ({query}) to '{file}' (format parquet, compression snappy)")


def _words() -> dict[str, list[str] | list[list[str]]]:
    """The lists that the query chooses from, by the name of the variable that holds them."""
    sets = [each for size in range(LARGEST_SET + 1) for each in combinations(vocabulary.AUDIENCES, size)]
    categories = [list(each) for size in (1, 2) for each in combinations(vocabulary.PRODUCT_CATEGORIES, size)]
    return {
        "first_names": vocabulary.first_names(),
        "last_names": vocabulary.last_names(),
        "cities": vocabulary.cities(),
        "neighborhoods": vocabulary.neighborhoods(),
        "states": list(vocabulary.STATES),
        "areas": list(vocabulary.AREAS),
        "domains": list(vocabulary.DOMAINS),
        "audience_sets": [";".join(each) for each in sets],
        "categories": categories,
    }
