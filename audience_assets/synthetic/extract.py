"""Generates a synthetic CRM extract day by day, with the truth of what VTEX Ads must be sent for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING, Final

from audience_assets.synthetic.files import DayFiles
from audience_assets.synthetic.history import live_day, meet
from audience_assets.synthetic.people import invent
from audience_assets.synthetic.planning import DayPlan, person_dice, plan_days
from audience_assets.synthetic.rendering import BLANK_IDS, Row, render

if TYPE_CHECKING:
    from pathlib import Path

Progress = Callable[[str, int, int], None]

# Customers live through all days in groups of this size, so memory depends on it and not on their number.
_GROUP: Final = 10_000
_MOST_DAYS: Final = 300  # three files a day are open at once
_MOST_CUSTOMERS: Final = 20_000_000  # ids have eight digits, and later days need some, too
_STRANGERS: Final = 90_000_000  # numbers of people whose row lost its id


def generate(
    customers: int,
    days: int,
    out: Path,
    *,
    seed: int = 7,
    start: date = date(2026, 1, 5),
    progress: Progress | None = None,
) -> None:
    """Writes OUT/extract/DAY/customers.parquet and OUT/truth for consecutive days.

    Args:
        customers: How many customers there are on the first day.
        days: How many days the extract has.
        out: Folder to write into; files of the same days are replaced.
        seed: The same seed gives the same files.
        start: The first day.
        progress: Called now and then with a stage, how much of it is done, and its total.

    Raises:
        ValueError: If the number of customers or of days cannot be generated.
    """
    if not 1 <= customers <= _MOST_CUSTOMERS:
        raise ValueError(f"customers must be 1 to {_MOST_CUSTOMERS}, not {customers}")
    if not 1 <= days <= _MOST_DAYS:
        raise ValueError(f"days must be 1 to {_MOST_DAYS}, not {days}")
    report = progress or (lambda _stage, _done, _total: None)
    report("plan", 0, days)
    plans = plan_days(seed, customers, days, start)
    report("plan", days, days)
    with ExitStack() as stack:
        files = [stack.enter_context(DayFiles(out, plan.day)) for plan in plans]
        for plan, day_files in zip(plans, files, strict=True):
            day_files.write_without_id(_rows_without_id(seed, plan))
        _live(seed, plans, files, report)
        summary = {plan.day.isoformat(): day.summary() for plan, day in zip(plans, files, strict=True)}
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    (out / "truth" / "summary.json").write_text(f"{text}\n", encoding="utf-8")


def _live(seed: int, plans: list[DayPlan], files: list[DayFiles], report: Progress) -> None:
    """Group by group, so that each truth file comes out in the order of customer ids."""
    total = plans[-1].arrivals.stop
    for first in range(1, total, _GROUP):
        group = [meet(seed, number) for number in range(first, min(first + _GROUP, total))]
        for plan, day_files in zip(plans, files, strict=True):
            day_files.write(live_day(seed, group, plan), backwards=plan.index % 2 == 1)
        report("customers", min(first + _GROUP, total) - 1, total - 1)


def _rows_without_id(seed: int, plan: DayPlan) -> list[Row]:
    rows = []
    for position in range(plan.without_id):
        number = _STRANGERS + plan.index * 10_000 + position
        random = person_dice(seed, number)
        row = render(random, invent(random, number))
        rows.append((BLANK_IDS[position % len(BLANK_IDS)], *row[1:]))
    return rows
