"""What is measured: every stack with the most customers that it gets, so that all of it ends in about an hour."""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.extract import DAYS, Day

FIRST = DAYS[:1]
EVERY_PARTNER = ("vtex_ads", "meta", "tiktok")
ENVIRONMENTS = {
    "ours": Path(sys.executable),
    "rivals": Path(".bench/rivals/bin/python"),
    "condor": Path(".bench/condor/bin/python"),
}
"""Each Python, relative to the repository: condor-retl wants older libraries than the others, ours wants none of them."""
CORES = os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Stack:
    """One way to do the work, or one way of ours.

    Attributes:
        name: How the results call it.
        title: How people read it.
        module: The module below benchmarks.stacks.
        environment: Which Python runs it.
        largest: The most customers it gets; None for as many as there are.
        days: The days that it works through, each in a process of its own.
        destinations: For ours, where the deltas go.
        engine: For ours, settings of the engine that differ from the defaults.
        once: Whether one run says enough.
        state_on_s3: Whether the state is on an S3 server of this machine, and not on the disk.
        days_again: How many of its days later runs work through; all of them where it is None.
        remark: What the figures do not say.
    """

    name: str
    title: str
    module: str
    environment: Literal["ours", "rivals", "condor"] = "ours"
    largest: int | None = None
    days: tuple[Day, ...] = FIRST
    destinations: tuple[str, ...] = ()
    engine: dict[str, Any] = field(default_factory=dict)
    once: bool = False
    state_on_s3: bool = False
    days_again: int | None = None
    remark: str = ""

    def customers(self, size: int) -> int:
        """How many customers it gets in a benchmark of this size."""
        return min(size, self.largest or size)


VTEX_ADS = Stack(
    "vtex_ads", "audience_assets, VTEX Ads", "ours", days=DAYS, destinations=("vtex_ads",), days_again=3
)
ALL_THREE = Stack(
    "all_three",
    "audience_assets, all three",
    "ours",
    days=DAYS[:4],  # of Meta and TikTok a day on which everything changes is a first load again
    destinations=EVERY_PARTNER,
    once=True,
)
BARE = Stack(
    "bare",
    "the same functions without Dagster, checks and contracts",
    "ours_bare",
    destinations=("vtex_ads",),
)
SIDE_BY_SIDE = Stack(
    "workers",
    f"audience_assets, VTEX Ads, {CORES} processes of one thread",
    "ours",
    destinations=("vtex_ads",),
    engine={"workers": CORES, "buckets": 16, "threads": CORES},
)
SEVERAL = {"workers": CORES, "buckets": 8}
TASKS = tuple(
    Stack(
        name,
        title,
        "tasks",
        largest=1_000_000,
        days=DAYS[:3],
        destinations=VTEX_ADS.destinations,
        engine=engine,
        once=True,
        state_on_s3=on_s3,
    )
    for name, title, engine, on_s3 in (
        ("tasks_here", "one process", {}, False),
        ("tasks_processes", f"{CORES} processes, 8 buckets", SEVERAL, False),
        ("tasks_on_ray", f"{CORES} Ray workers, 8 buckets, state on S3", {**SEVERAL, "runner": "ray"}, True),
    )
)
"""The same work by whoever runs the tasks of a step."""
LIMIT = Stack("limit", "the limit: reading, hashing, writing", "limit")

RIVALS = (
    Stack("duckdb_hurried", "DuckDB, hurried SQL", "duckdb_hurried"),
    Stack("polars_hash", "polars + polars-hash", "polars_hash", "rivals"),
    Stack("spark", f"PySpark local[{CORES}]", "spark", "rivals"),
    Stack("pandas_hashlib", "pandas + hashlib", "pandas_hashlib", "rivals", largest=2_000_000),
    Stack("pandas_phonenumbers", "pandas + phonenumbers", "pandas_phonenumbers", "rivals", largest=500_000),
    Stack(
        "drt",
        "drt",
        "drt",
        "rivals",
        largest=200_000,
        remark="all rows in one batch, because its Parquet destination begins the file anew with each",
    ),
    Stack(
        "condor_retl",
        "condor-retl",
        "condor_retl",
        "condor",
        largest=30_000,
        remark="CSV files; it has no Parquet destination",
    ),
)

STACKS = (
    VTEX_ADS,
    ALL_THREE,
    *(
        Stack(
            name,
            f"audience_assets, {title}",
            "ours",
            largest=1_000_000,
            days=DAYS,
            destinations=(name,),
            once=True,
        )
        for name, title in (("meta", "Meta"), ("tiktok", "TikTok"))
    ),
    BARE,
    SIDE_BY_SIDE,
    *TASKS,
    LIMIT,
    *RIVALS,
)
"""Ours first: the others are compared with what its first load wrote."""

DELIVERED = 500_000
"""The most customers that are really sent to Meta's and TikTok's sandboxes, which keep everybody in memory."""
DELIVERY_DAYS = DAYS[:3]


def sizes(size: int) -> tuple[int, ...]:
    """The sizes by which growth is judged, smallest first."""
    return (size // 10, size * 3 // 10, size)


def by_size(customers: int) -> Stack:
    """Our first load at one of those sizes."""
    return Stack("growth", VTEX_ADS.title, "ours", largest=customers, destinations=VTEX_ADS.destinations)
