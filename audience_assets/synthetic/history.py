"""The days of a group of customers: what stands in the extract, and what must be delivered because of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from audience_assets.synthetic.changing import change, flaws, respell
from audience_assets.synthetic.people import Person, invent, pick
from audience_assets.synthetic.planning import DayPlan, Event, person_dice
from audience_assets.synthetic.rendering import Row, render
from audience_assets.synthetic.truth import (
    Delivered,
    birthdays_on,
    delivered_row,
    departed_row,
    says_the_same,
)

if TYPE_CHECKING:
    from random import Random

NEW: Final = "new"
CHANGED: Final = "changed"
LEFT: Final = "left"
COSMETIC: Final = "cosmetic"


@dataclass(slots=True)
class Customer:
    """A customer as the CRM has them, and what the partner was last sent about them (None: nothing, or a departure)."""

    number: int
    person: Person
    row: Row
    flaws: tuple[tuple[str, str], ...]
    birthday: tuple[int, int] | None
    present: bool = False
    blocked: bool = False
    delivered: Delivered | None = None
    accepted: Row | None = None

    def write(self, person: Person, row: Row) -> None:
        """Takes over a person and the row they are written in."""
        self.person, self.row, self.flaws = person, row, flaws(person, row)


@dataclass(slots=True)
class DayRecord:
    """A group's share of one day: extract rows (strays stand at the file's end), deliveries and changes."""

    rows: list[Row] = field(default_factory=list)
    strays: list[Row] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    changes: list[tuple[str, str]] = field(default_factory=list)
    conflicting_rows: int = 0
    repeated_rows: int = 0
    blanked: Counter[tuple[str, str]] = field(default_factory=Counter)


def meet(seed: int, number: int) -> Customer:
    """A customer before the first day."""
    random = person_dice(seed, number)
    person = invent(random, number)
    row = render(random, person)
    born = person.birth_date
    return Customer(number, person, row, flaws(person, row), (born.month, born.day) if born else None)


def live_day(seed: int, customers: list[Customer], plan: DayPlan) -> DayRecord:
    """Lets one day pass over customers, who must be in the order of their numbers."""
    record = DayRecord()
    birthdays = birthdays_on(plan.day)
    for customer in customers:
        event = plan.events.get(customer.number)
        arrives = customer.number in plan.arrivals
        if arrives:
            customer.present = True
        if arrives or event is not None or customer.blocked or customer.birthday in birthdays:
            _pass_day(record, customer, event, plan, seed)
        if customer.present:
            record.rows.append(customer.row)
            if customer.flaws and not customer.blocked:
                record.blanked.update(customer.flaws)
            if customer.number in plan.repeated:
                record.strays.append(customer.row)
                record.repeated_rows += 1
    return record


def _pass_day(record: DayRecord, customer: Customer, event: Event | None, plan: DayPlan, seed: int) -> None:
    random = person_dice(seed, customer.number, plan.index + 1)
    _apply(random, customer, event)
    if not customer.present:
        _depart(record, customer)
        return
    customer.blocked = event is Event.CONFLICT
    if customer.blocked:
        _contradict(random, record, customer)
    else:
        _deliver(record, customer, plan)


def _apply(random: Random, customer: Customer, event: Event | None) -> None:
    if event is Event.DEPART:
        customer.present = False
    elif event is Event.RETURN:
        customer.present = True
    elif event is Event.CHANGE:
        customer.write(*change(random, customer.person, customer.row))
    elif event is Event.COSMETIC:
        customer.write(*respell(random, customer.person, customer.row))


def _depart(record: DayRecord, customer: Customer) -> None:
    customer.blocked = False
    if customer.delivered is not None:
        record.delivered.append(departed_row(customer.person.customer_id))
        record.changes.append((customer.person.customer_id, LEFT))
        customer.delivered = None


def _contradict(random: Random, record: DayRecord, customer: Customer) -> None:
    """Puts a really different second row into the extract; which of the two stays, the next day shows."""
    person, row = customer.person, customer.row
    other_person, other_row = change(random, person, row)
    stays_changed = pick(random, (True, False))
    if stays_changed:
        customer.write(other_person, other_row)
    record.strays.append(row if stays_changed else other_row)
    record.conflicting_rows += 2


def _deliver(record: DayRecord, customer: Customer, plan: DayPlan) -> None:
    row = delivered_row(customer.person, plan.day)
    before, accepted = customer.delivered, customer.accepted
    customer.accepted = customer.row
    if before is not None and says_the_same(before, row):
        if accepted != customer.row:
            record.changes.append((customer.person.customer_id, COSMETIC))
        return
    customer.delivered = row
    record.delivered.append(row)
    record.changes.append((customer.person.customer_id, NEW if before is None else CHANGED))
