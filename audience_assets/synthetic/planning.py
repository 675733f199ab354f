"""Who arrives, changes, leaves and returns on which day, and where the extract is faulty: decided before any row is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final

from audience_assets.synthetic.people import dice, invent
from audience_assets.synthetic.truth import birthdays_on

if TYPE_CHECKING:
    from random import Random

_NEW: Final = 0.005
_CHANGED: Final = 0.01
_COSMETIC: Final = 0.01
_DEPARTED: Final = 0.005
_RETURNING: Final = 0.2  # of those who have departed
_FAULTY: Final = 0.0001
_SMALLEST_WITH_CHURN: Final = 10
_WITHOUT_ID: Final = 3
_PLAN: Final = 0
_LIFE: Final = 1


class Event(Enum):
    """What happens to a customer who is known already."""

    CHANGE = "change"
    COSMETIC = "cosmetic"
    DEPART = "depart"
    RETURN = "return"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One day: numbers of the customers who arrive, what happens to others, and which rows are faulty."""

    index: int
    day: date
    arrivals: range
    events: dict[int, Event]
    repeated: frozenset[int]
    without_id: int


def person_dice(seed: int, number: int, day_index: int = 0) -> Random:
    """The chance a customer's invention (day 0) or change on a later day depends on."""
    return dice(seed, _LIFE, day_index, number)


def plan_days(seed: int, customers: int, days: int, start: date) -> list[DayPlan]:
    """The plan of each day, in order."""
    random = dice(seed, _PLAN, customers)
    least = 1 if customers >= _SMALLEST_WITH_CHURN else 0
    present: list[int] = []
    departed: list[int] = []
    conflicting: frozenset[int] = frozenset()
    next_number = 1
    plans = []
    for index in range(days):
        day = start + timedelta(days=index)
        arriving = _share(len(present), _NEW, least) if index else customers
        arrivals = range(next_number, next_number + arriving)
        next_number = arrivals.stop
        candidates = present if index else list(arrivals)
        events, repeated = _draw(random, candidates, conflicting, least, seed, day, quiet=not index)
        returning = random.sample(departed, _share(len(departed), _RETURNING, min(least, len(departed))))
        events.update(dict.fromkeys(returning, Event.RETURN))
        leaving = {number for number, event in events.items() if event is Event.DEPART}
        plans.append(DayPlan(index, day, arrivals, events, repeated, _share(customers, _FAULTY, _WITHOUT_ID)))

        present = [number for number in present if number not in leaving]
        present += [*arrivals, *returning]
        departed = [number for number in departed if events.get(number) is not Event.RETURN]
        departed += sorted(leaving)
        conflicting = frozenset(number for number, event in events.items() if event is Event.CONFLICT)
    return plans


def _draw(
    random: Random,
    candidates: list[int],
    unsettled: frozenset[int],
    least: int,
    seed: int,
    day: date,
    *,
    quiet: bool,
) -> tuple[dict[int, Event], frozenset[int]]:
    """Deals the day's events to customers; whoever was in conflict the day before is left in peace to settle."""
    size = len(candidates)
    faulty = _share(size, _FAULTY, least)
    changed, cosmetic, leaving = (
        0 if quiet else _share(size, share, least) for share in (_CHANGED, _COSMETIC, _DEPARTED)
    )
    wanted = changed + cosmetic + leaving + 2 * faulty
    pool = random.sample(candidates, min(size, 2 * wanted + 100 + len(unsettled)))
    pool = [number for number in pool if number not in unsettled]
    # A birthday makes a change of what would be cosmetic only.
    birthdays = birthdays_on(day)
    ageless = [number for number in pool[: 2 * cosmetic + 20] if not _has_birthday(seed, number, birthdays)][
        :cosmetic
    ]
    events = dict.fromkeys(ageless, Event.COSMETIC)
    rest = iter([number for number in pool if number not in events])
    for event, count in ((Event.CHANGE, changed), (Event.DEPART, leaving), (Event.CONFLICT, faulty)):
        events.update((number, event) for _, number in zip(range(count), rest, strict=False))
    return events, frozenset(number for _, number in zip(range(faulty), rest, strict=False))


def _has_birthday(seed: int, number: int, birthdays: frozenset[tuple[int, int]]) -> bool:
    birth_date = invent(person_dice(seed, number), number).birth_date
    return birth_date is not None and (birth_date.month, birth_date.day) in birthdays


def _share(size: int, share: float, least: int) -> int:
    return max(least, round(size * share))
