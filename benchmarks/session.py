"""One run of the benchmark: makes the extracts, runs every stack as often as asked, and keeps what each run measured."""

import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import digests, measure, partners
from benchmarks.extract import DAYS, Day, Extract
from benchmarks.job import Details, Job
from benchmarks.plan import DELIVERED, DELIVERY_DAYS, ENVIRONMENTS, EVERY_PARTNER, RIVALS, VTEX_ADS, Stack

NOT_SET_UP = (
    "its environment is not set up; condor-retl needs Python 3.12: make bench PYTHON312=/path/to/python3.12"
)


@dataclass(slots=True)
class Session:
    """The folder of a benchmark and what was measured so far.

    Attributes:
        home: Where everything is written.
        say: Is told what is going on.
        records: One for each process that ran: stack, day, customers, repeat, and what was measured or the error.
        comparisons: By stack, how its digests compare with ours.
    """

    home: Path
    say: Callable[[str], None]
    records: list[Details] = field(default_factory=list)
    comparisons: dict[str, Details] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Compare with nothing that an earlier benchmark left in a folder that is kept."""
        shutil.rmtree(self.reference, ignore_errors=True)

    @property
    def reference(self) -> Path:
        """What our first load wrote, in whole."""
        return self.home / "reference"

    def extract(self, customers: int, days: Iterable[Day]) -> Extract:
        """An extract of this size, made if it is not there."""
        extract = Extract(self.home / "extracts" / str(customers), customers)
        extract.make(days)
        return extract

    def run(self, stack: Stack, size: int, repeat: int) -> None:
        """Run a stack's days one after the other; a failure is kept as its result."""
        customers = stack.customers(size)
        if not _python(stack).exists():
            self._keep(stack, stack.days[0], customers, repeat, {"error": NOT_SET_UP})
            return
        if any("error" in record for record in self.records if record["stack"] == stack.name):
            return
        extract = self.extract(customers, stack.days)
        home = self._empty("run")
        servers = (partners.STATE,) if stack.state_on_s3 else ()
        try:
            with partners.running(servers, home / "servers") as running:
                options = {name: each.settings for name, each in running.items()}
                self._run_days(stack, extract, home, repeat, options)
        finally:
            shutil.rmtree(home)

    def _run_days(self, stack: Stack, extract: Extract, home: Path, repeat: int, options: Details) -> None:
        for day in stack.days[: stack.days_again if repeat else None]:
            measured = self._measured(stack, extract, day, home, options)
            self._keep(stack, day, extract.customers, repeat, measured)
            if "error" in measured:
                return
            self._look_at(stack, day, home)

    def deliver(self, size: int, repeat: int) -> None:
        """Really deliver to all three sandboxes, day by day, and count the calls of each."""
        customers = min(size, DELIVERED)
        stack = Stack(
            "delivery", "delivery to the sandboxes", "ours", largest=DELIVERED, destinations=EVERY_PARTNER
        )
        extract = self.extract(customers, DELIVERY_DAYS)
        home = self._empty("delivery")
        with partners.running(EVERY_PARTNER, home / "partners") as running:
            counted = {name: each.calls() for name, each in running.items()}
            reached = {name: each.settings for name, each in running.items()}
            for day in DELIVERY_DAYS:
                measured = self._measured(stack, extract, day, home, {"partners": reached})
                now = {name: each.calls() for name, each in running.items()}
                calls = {name: _added(counted[name], now[name]) for name in now}
                counted = now
                self._keep(stack, day, customers, repeat, {**measured, "calls": calls})
                if "error" in measured:
                    break
        shutil.rmtree(home)

    def _measured(self, stack: Stack, extract: Extract, day: Day, home: Path, options: Details) -> Details:
        job = Job(
            module=stack.module,
            extract=extract.files(day),
            customers=extract.customers,
            out=str(home / "out"),
            options={
                "day": day.date.isoformat(),
                "home": str(home),
                "path": extract.path_setting,
                "destinations": list(stack.destinations),
                "engine": stack.engine,
                "delta": str(self.reference / "*.parquet"),
                **options,
            },
        )
        limits = measure.Limits(python=str(_python(stack)))
        try:
            return measure.run(job, limits)
        except measure.StackFailedError as error:
            self.say(str(error))
            reason = _reason(str(error))
            return {"error": reason.replace(str(self.home), "…").replace(str(measure.REPOSITORY), "…")}

    def _keep(self, stack: Stack, day: Day, customers: int, repeat: int, measured: Details) -> None:
        about = {"stack": stack.name, "day": day.name, "customers": customers, "repeat": repeat}
        self.records.append({**about, **measured})
        if "error" in measured:
            self.say(f"{stack.title}: {measured['error']}")
            return
        for name, step in measured["steps"].items():
            self.say(
                f"{stack.title}, {customers:,} customers, {day.name}, {name}: {step['seconds']:.1f} s,"
                f" {step['cpu_seconds']:.1f} CPU s, {step['peak_bytes'] / 1e9:.2f} GB"
            )

    def _look_at(self, stack: Stack, day: Day, home: Path) -> None:
        """Keep our first load's files, compare another stack's with them, once, and remove what was delivered."""
        if stack.name == VTEX_ADS.name and day is DAYS[0] and not self.reference.exists():
            self.reference.mkdir()
            made = home / "state/vtex_ads/delta" / day.date.isoformat()
            for number, file in enumerate(sorted(made.glob("*.parquet.snappy"))):
                os.link(file, self.reference / f"{number:04d}.parquet")
        elif stack in RIVALS and stack.name not in self.comparisons and self.reference.exists():
            self.comparisons[stack.name] = digests.compare(home / "out", self.reference)
        for name in stack.destinations:  # ten million customers' deltas of all days would fill the disk
            for file in (home / "state" / name / "delta" / day.date.isoformat()).glob("*.parquet*"):
                file.unlink()

    def _empty(self, name: str) -> Path:
        folder = self.home / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder


def _python(stack: Stack) -> Path:
    return measure.REPOSITORY / ENVIRONMENTS[stack.environment]


def _reason(said: str) -> str:
    """The line of a traceback that names the error, else the last one."""
    lines = [line for line in said.splitlines() if line[:1].strip()]
    named = [line for line in lines if re.match(r"[\w.]+(?:Error|Exception|Failure)\b", line)]
    return [*lines, *named][-1]


def _added(before: dict[str, int], now: dict[str, int]) -> dict[str, int]:
    return {name: count - before.get(name, 0) for name, count in now.items() if count > before.get(name, 0)}
