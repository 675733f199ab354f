"""The promise in plain Python: what a day's extract means, what is due, what the partner must hold and be sent.

It shares nothing with the product: rows come from the independent reference, sets and orders from dictionaries.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Any, Literal

from audience_assets_tests.reference import vtex_ads
from audience_assets_tests.reference.canonical import canonical
from audience_assets_tests.reference.text import text

Row = dict[str, str | list[str] | None]
Delivered = Mapping[str, Any]
"""A row in the partner's sixteen columns."""
Departed = Literal["blank", "clear_audiences", "keep"]
Expectation = Literal["delivered", "already", "refused"]


def delivered_row(row: Row, day: date) -> Delivered | None:
    """What the partner should have of a raw row, or None without consent."""
    return _delivered_row(_frozen(row), day)


@lru_cache(maxsize=50_000)
def _delivered_row(frozen: tuple[tuple[str, Any], ...], day: date) -> Delivered | None:
    raw = {name: list(value) if isinstance(value, tuple) else value for name, value in frozen}
    result = canonical(raw, as_of=day)
    answers = (
        False if name in result.refusals else result.values.get(name)
        for name in ("consent_vtex_ads", "consent")
    )
    agreed = next((answer for answer in answers if answer is not None), True)
    return vtex_ads.row(result) if agreed else None


def same_row(one: Delivered | None, other: Delivered | None) -> bool:
    """Whether two rows say the same; the order of audiences says nothing."""
    return one == other or (one is not None and other is not None and comparable(one) == comparable(other))


def comparable(row: Delivered) -> dict[str, Any]:
    """The row with its audiences as a set."""
    audiences = row["AUDIENCES"]
    return {**row, "AUDIENCES": None if audiences is None else frozenset(audiences.split(";"))}


@dataclass(frozen=True)
class Snapshot:
    """Who should be at the partner after a day, with exactly which row."""

    day: date
    key: str
    customers: Mapping[str, Delivered | None]

    @property
    def rows(self) -> dict[str, Delivered]:
        """The rows of those who agreed."""
        return {customer: row for customer, row in self.customers.items() if row is not None}


@dataclass
class Model:
    """What was built of each day, and where the partner stands."""

    departed: Departed = "blank"
    incremental: bool = False
    built: dict[date, Snapshot] = field(default_factory=dict)
    pointer: Snapshot | None = None
    begun: Snapshot | None = None
    done: set[str] = field(default_factory=set)
    partner: dict[str, Delivered] = field(default_factory=dict)
    rows_sent: int = 0

    @property
    def held(self) -> Snapshot | None:
        """What the partner holds when what was begun is finished."""
        return self.begun or self.pointer

    def snapshot(self, day: date, extract: Sequence[Row], rules: str = "") -> Snapshot:
        """What the day means: who is in the extract has that row; who is ambiguous stays as the day before had them."""
        earlier = [built for built in self.built if built < day]
        parent = self.built[max(earlier)] if earlier else None
        versions: dict[str, set[tuple[tuple[str, Any], ...]]] = {}
        originals: dict[str, Row] = {}
        for row in extract:
            customer = row["customer_id"]
            if isinstance(customer, str) and text(customer):
                versions.setdefault(customer, set()).add(_frozen(row))
                originals[customer] = row
        before = dict(parent.customers) if parent else {}
        conflicting = {customer for customer, rows in versions.items() if len(rows) > 1}
        stays = (
            before if self.incremental else {who: row for who, row in before.items() if who in conflicting}
        )
        customers = dict(stays)
        for customer in versions.keys() - conflicting:
            if self.incremental and originals[customer].get("departed") in ("yes", "sim"):
                customers.pop(customer, None)
            else:
                customers[customer] = delivered_row(originals[customer], day)
        usable = sorted((who, *rows) for who, rows in versions.items() if who not in conflicting)
        identity = (day, rules, usable, sorted(conflicting), parent.key if parent else None)
        return Snapshot(day, sha256(repr(identity).encode("utf-8", "surrogatepass")).hexdigest(), customers)

    def expects(self, due: Snapshot) -> Expectation:
        """What running the day to its end must do now."""
        held_days = [snapshot.day for snapshot in (self.pointer, self.begun) if snapshot]
        newer = any(day > due.day for day in held_days)
        holds_it = self.pointer is not None and (newer or self.pointer.key == due.key)
        if self.begun is None and due.key in self.done and holds_it:
            return "already"
        return "refused" if newer else "delivered"

    def net_changes(self, due: Snapshot) -> int:
        """How many rows move the partner from what it holds to what is due."""
        held, wanted = self.held.rows if self.held else {}, due.rows
        changed = sum(not same_row(held.get(customer), row) for customer, row in wanted.items())
        gone = held.keys() - wanted.keys()
        return changed + len(gone & due.customers.keys() if self.departed == "keep" else gone)

    def begin(self, due: Snapshot) -> None:
        """From here on the partner will get the whole delivery."""
        self.rows_sent += self.net_changes(due)
        held = self.held.rows if self.held else {}
        for customer in held.keys() - due.rows.keys():
            departed = "blank" if customer in due.customers else self.departed  # who withdrew is still there
            self.partner[customer] = departed_row(held[customer], departed)
        self.partner.update(due.rows)
        self.begun = due

    def finish(self) -> None:
        """The delivery that was begun is done."""
        assert self.begun is not None
        self.done.add(self.begun.key)
        self.pointer, self.begun = self.begun, None


def departed_row(row: Delivered, departed: Departed) -> Delivered:
    """What becomes of the row of a customer who left."""
    if departed == "keep":
        return row
    emptied = row.keys() - {"CUSTOMER_ID"} if departed == "blank" else {"AUDIENCES"}
    return {column: None if column in emptied else value for column, value in row.items()}


def _frozen(row: Row) -> tuple[tuple[str, Any], ...]:
    return tuple((name, tuple(value) if isinstance(value, list) else value) for name, value in row.items())
