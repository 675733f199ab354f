"""The targets that the project has set itself, as ratios of one run, and whether they are met."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

from benchmarks.extract import DAYS
from benchmarks.job import Details
from benchmarks.summary import NOT_RUN

GIBIBYTE = 1 << 30


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on a measured figure.

    Attributes:
        what: What is compared with what.
        bound: The bound itself.
        side: Whether the figure must be at least or at most that.
        figure: What was measured; None when it was not.
        note: What a reader should know besides.
    """

    what: str
    side: Literal["at least", "at most"]
    bound: float
    figure: float | None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether it is met; None when nothing was measured."""
        if self.figure is None:
            return None
        return self.figure >= self.bound if self.side == "at least" else self.figure <= self.bound

    def described(self) -> Details:
        """For the JSON file."""
        return {**asdict(self), "met": self.met}


def judge(found: Details) -> list[Target]:
    """All targets against the figures of a run."""
    return [
        *_against_others(found),
        *_by_day(found),
        *_of_memory_and_state(found),
        *_of_growth(found),
    ]


def _against_others(found: Details) -> list[Target]:
    stacks, ratios = found["stacks"], found["ratios"]
    bounds = {
        "pandas_phonenumbers": 12.0,
        "pandas_hashlib": 6.0,
        "spark": 2.5,
        "polars_hash": 1.0,
        "duckdb_hurried": 1.0,
        "condor_retl": 30.0,
        "drt": 30.0,
    }
    targets = [
        Target(
            f"first load, rows a second, against {stacks[name]['title']}",
            "at least",
            bound,
            ratios.get(name),
            _note(stacks[name]),
        )
        for name, bound in bounds.items()
    ]
    limit = Target(
        "first load, CPU seconds, against the limit",
        "at most",
        1.6,
        found["limit"].get("ours_to_limit"),
        f"hashing by {found['limit']['fastest']}" if "fastest" in found["limit"] else "",
    )
    return [*targets, limit]


def _by_day(found: Details) -> list[Target]:
    first, nothing, one, *_ = (day.name for day in DAYS)
    days = found["days"].get("all_three", {})
    targets = [
        Target(
            f"a {day} day, all three destinations, seconds against the first load",
            "at most",
            bound,
            _ratio(_seconds(days, day), _seconds(days, first)),
        )
        for day, bound in ((nothing, 0.08), (one, 0.10))
    ]
    shares = [found["overhead"].get(name, {}).get("together") for name in ("vtex_ads", "all_three")]
    known = [share for share in shares if share is not None]
    together = Target(
        "Dagster, contracts and ledger together, share of a first load",
        "at most",
        0.15,
        max(known, default=None),
        "the larger share of VTEX Ads alone and of all three",
    )
    return [*targets, together]


def _of_memory_and_state(found: Details) -> list[Target]:
    peaks = [
        each["prepare"]["peak_bytes"] / GIBIBYTE
        for days in found["days"].values()
        for each in days.values()
        if each["prepare"]
    ]
    small = found["stacks"]["all_three"]  # memory_limit is 1 GB unless it is set
    payloads = found["payloads"]
    return [
        Target(
            "peak memory, GiB, default settings, largest of all days",
            "at most",
            2.0,
            max(peaks, default=None),
        ),
        Target(
            "with memory_limit 1 GB it finishes (1) or not (0)",
            "at least",
            1.0,
            None if small.get("error") == NOT_RUN else float("error" not in small),
            f"peak {small['peak_bytes'] / GIBIBYTE:.2f} GiB"
            if "peak_bytes" in small
            else small.get("error", ""),
        ),
        Target(
            "narrow state, bytes a customer besides the id",
            "at most",
            24.0,
            found["state"].get("bytes_per_customer"),
        ),
        Target(
            "Meta payloads, rows a second of a core",
            "at least",
            200_000.0,
            payloads.get("rows_per_cpu_second"),
            payloads.get("error", ""),
        ),
    ]


def _of_growth(found: Details) -> list[Target]:
    stacks, growth = found["stacks"], found["growth"]
    whole, beside = stacks["vtex_ads"], stacks["workers"]
    linear = flat = None
    if len(growth) > 1:
        each = [size["seconds"] / size["customers"] for size in growth]
        linear, flat = each[-1] / each[0], growth[-1]["peak_bytes"] / GIBIBYTE
    sizes = ", ".join(f"{size['customers']:,}" for size in growth)
    return [
        Target(
            "one process for each core against one process with as many threads, seconds",
            "at most",
            1.2,
            _ratio(beside.get("seconds"), whole.get("seconds")),
            beside.get("error", ""),
        ),
        Target(
            "growth: seconds a customer at the largest size against the smallest",
            "at most",
            1.3,
            linear,
            sizes,
        ),
        Target("growth: peak memory at the largest size, GiB", "at most", 2.0, flat, sizes),
    ]


def _seconds(days: Details, day: str) -> float | None:
    seconds: float | None = days.get(day, {}).get("prepare", {}).get("seconds")
    return seconds


def _ratio(figure: float | None, base: float | None) -> float | None:
    return figure / base if figure is not None and base else None


def _note(stack: Details) -> str:
    """How exact the other one is, at which size it ran."""
    if "error" in stack:
        return str(stack["error"])
    parts = [f"{stack['customers']:,} customers", inexactness(stack), stack["remark"]]
    return "; ".join(part for part in parts if part)


def inexactness(stack: dict[str, Any]) -> str:
    """Which digests differ from ours, in words."""
    if "differing" not in stack:
        return ""
    wrong = {name: share for name, share in stack["differing"].items() if share}
    if not wrong:
        return "exact"
    words = (f"{share:.2%} of {name.removesuffix('_HASHED').lower()}" for name, share in wrong.items())
    return f"inexact: {', '.join(words)}"
