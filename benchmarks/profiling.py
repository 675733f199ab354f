"""`python -m benchmarks.profiling`: what a first load and a 1 % day spend their time on, step by step and operator by operator.

DuckDB's own profile of every statement, which makes the steps a few per cent slower; shares are what it is good for.
"""

import argparse
import tempfile
from pathlib import Path

from benchmarks import measure, report, tables
from benchmarks.extract import DAYS
from benchmarks.job import Details
from benchmarks.plan import Stack
from benchmarks.report import BEGIN_PROFILE, END_PROFILE
from benchmarks.session import Session

PAGE = Path("docs/performance.md")
PROFILED = Stack("profile", "profile", "ours_profiled", days=DAYS[:3], destinations=("vtex_ads",), once=True)
OUTSIDE = "outside DuckDB"
SMALL = 0.01
"""Operators below this share of a day are added up as others."""


def main() -> None:
    """Run a first load, the day after and a 1 % day, and write the table of the first and the last."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profiling", description=__doc__)
    parser.add_argument("--size", type=int, default=1_000_000, help="customers of the extract")
    parser.add_argument("--keep", type=Path, help="work in this folder, and use the extracts it already has")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="profile-") as folder:
        home = given.keep.resolve() if given.keep else Path(folder)
        session = Session(home, lambda sentence: print(sentence, flush=True))
        session.run(PROFILED, given.size, 0)
    days = {record["day"]: record["steps"] for record in session.records if "steps" in record}
    written = [_table(name, days[name], given.size) for name in (DAYS[0].name, DAYS[2].name)]
    report.replace(measure.REPOSITORY / PAGE, BEGIN_PROFILE, END_PROFILE, "\n\n".join(written))
    print("\n\n".join(written))


def _table(day: str, steps: Details, size: int) -> str:
    """A day's operators as Markdown: processor seconds of each step, and the share of the day each operator takes."""
    total = sum(step["cpu_seconds"] for step in steps.values())
    shares = {name: _shares(step, total) for name, step in steps.items()}
    operators = sorted(
        {operator for each in shares.values() for operator in each},
        key=lambda operator: -sum(each.get(operator, 0.0) for each in shares.values()),
    )
    loud = [name for name in operators if sum(each.get(name, 0.0) for each in shares.values()) >= SMALL]
    rows = [_row(name, [each.get(name, 0.0) for each in shares.values()]) for name in loud]
    quiet = [sum(share for name, share in each.items() if name not in loud) for each in shares.values()]
    rows.append(_row("other operators", quiet))
    rows.append(_row("**together**", [step["cpu_seconds"] / total for step in steps.values()]))
    head = ("share of the processor seconds", *steps, "together")
    title = (
        f"{day.capitalize()}, {size:,} customers, VTEX Ads, {total:.1f} processor seconds without Dagster:"
    )
    return f"{title}\n\n{tables.table(head, rows)}"


def _shares(step: Details, total: float) -> dict[str, float]:
    """By operator its share of the day; what is no operator's is ours: Python, Parquet by pyarrow, contracts, the ledger."""
    operators: dict[str, float] = step["operators"]
    inside, used = sum(operators.values()), step["cpu_seconds"]
    scale = min(1.0, used / inside) if inside else 0.0  # threads that waited for the processor count the wait
    counted = {name: seconds * scale for name, seconds in operators.items()}
    return {name: each / total for name, each in {**counted, OUTSIDE: used - inside * scale}.items()}


def _row(name: str, shares: list[float]) -> tuple[str, ...]:
    return (name, *(f"{share:.1%}" if share else "" for share in shares), f"{sum(shares):.1%}")


if __name__ == "__main__":
    main()
