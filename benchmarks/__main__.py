"""`python -m benchmarks`: makes the extracts, measures every stack, writes benchmarks/latest.json, tables and plots."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import machine, measure, plan, report, tables
from benchmarks.extract import DAYS
from benchmarks.job import Details
from benchmarks.plan import ENVIRONMENTS, STACKS, Stack
from benchmarks.report import Places
from benchmarks.session import Session

FULL_SIZE = 10_000_000
"""What is published; smaller and partial runs leave the repository's figures alone."""
PUBLISHED = Places(Path("benchmarks/latest.json"), Path("docs/performance.md"), Path("docs/performance"))
TRIAL = Places(Path(".bench/trial/latest.json"), Path(".bench/trial/performance.md"), Path(".bench/trial"))
PAYLOADS = Stack("payloads", "Meta payloads of 300,000 people", "payloads")
OTHERS = ("growth", "delivery", "payloads")
"""What is measured besides the stacks, as --only names it."""


def main() -> int:
    """Measure what is asked for and write the results; 1 if some bound was asked for and is not kept."""
    given = _arguments()
    load = machine.load()
    with _home(given.keep) as home:
        session = Session(home, _say)
        try:
            _measure(session, given)
        except KeyboardInterrupt:  # what was measured is not lost when somebody has had enough
            _say("interrupted")
        whole = given.size >= FULL_SIZE and not given.only
        places = (PUBLISHED if whole else TRIAL).below(measure.REPOSITORY)
        another = report.another_run(places, given.size)
        found = _found(session, given, {"load_before": load, "another_run": another})
    _say(tables.of(found))
    for written in report.write(found, places):
        _say(f"wrote {written.relative_to(measure.REPOSITORY)}")
    return _too_slow(found, given.at_least)


def _found(session: Session, given: argparse.Namespace, earlier: Details) -> Details:
    """Every figure; `earlier` has what was known before anything was measured."""
    about = {
        "day": datetime.now(UTC).date().isoformat(),
        "size": given.size,
        "repeats": given.repeats,
        "commit": machine.commit(measure.REPOSITORY),
        "machine": machine.described(),
        "versions": machine.versions(
            {name: measure.REPOSITORY / each for name, each in ENVIRONMENTS.items()}
        ),
        **earlier,
        "load_after": machine.load(),
    }
    extract = session.extract(given.size, ())
    days = {
        day.name: {**extract.size(day), "changed": day.changed, "new": day.new, "left": day.left}
        for day in DAYS
        if extract.has(day)
    }
    sizes = given.sizes or plan.sizes(given.size)[:-1]
    return report.figures(session.records, session.comparisons, days, about, sizes)


def _measure(session: Session, given: argparse.Namespace) -> None:
    """Every stack once, then all again in the other order, so that what disturbs the machine meets all of them."""
    wanted = [stack for stack in STACKS if not given.only or stack.name in given.only]
    extras = [name for name in OTHERS if not given.only or name in given.only]
    for repeat in range(given.repeats):
        _say(f"repeat {repeat + 1} of {given.repeats}")
        for stack in wanted if repeat % 2 == 0 else reversed(wanted):
            if repeat == 0 or not stack.once:
                session.run(stack, given.size, repeat)
        if "growth" in extras and repeat == 0:
            for size in given.sizes or plan.sizes(given.size)[:-1]:
                session.run(plan.by_size(size), size, repeat)
        if "payloads" in extras:
            session.run(PAYLOADS, 1, repeat)
        if "delivery" in extras:
            session.deliver(given.size, repeat)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--size", type=int, default=FULL_SIZE, help="customers of the extract")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each stack; the medians are reported")
    parser.add_argument(
        "--sizes", type=_numbers, help="sizes to judge growth by, besides --size: 1000000,3000000"
    )
    parser.add_argument(
        "--only", type=lambda text: text.split(","), help=f"of {_names()}; vtex_ads is the base of most"
    )
    parser.add_argument(
        "--keep", type=Path, help="work in this folder, keep it, and use the extracts it already has"
    )
    parser.add_argument(
        "--at-least",
        type=_bound,
        action="append",
        default=[],
        metavar="STACK=RATIO",
        help="fail if ours makes less than so many times the rows of a stack in a processor second",
    )
    return parser.parse_args()


def _names() -> str:
    return ", ".join([*(stack.name for stack in STACKS), *OTHERS])


def _bound(text: str) -> tuple[str, float]:
    name, _, ratio = text.partition("=")
    return name, float(ratio)


def _too_slow(found: Details, bounds: list[tuple[str, float]]) -> int:
    """Whether some ratio is below its bound or was not measured."""
    broken = [(name, bound) for name, bound in bounds if found["cpu_ratios"].get(name, 0.0) < bound]
    for name, bound in broken:
        _say(f"against {name}: {found['cpu_ratios'].get(name, 0.0):.2f} and should be at least {bound}")
    return 1 if broken else 0


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(sorted(int(number) for number in text.split(",")))


@contextmanager
def _home(keep: Path | None) -> Iterator[Path]:
    """The folder for extracts and outputs; a temporary one unless it is to be kept."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        yield Path(folder)


def _say(sentence: str) -> None:
    print(sentence, flush=True)


if __name__ == "__main__":
    sys.exit(main())
