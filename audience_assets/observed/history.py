"""The history of one customer: what was sent to whom, when, in which file or batch, and acknowledged how. Without personal data.

Of what was sent it tells which columns there were and whether each said something, never what.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import duckdb

from audience_assets import database
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, BatchStatus, Delivery, DeliveryStatus
from audience_assets.observed import known, quarantined, sent_rows
from audience_assets.observed.known import Erased, Known, Told
from audience_assets.observed.quarantined import SHOWN, Asked
from audience_assets.observed.sent_rows import SentRows
from audience_assets.settings import Settings
from audience_assets.storage.layout import Layout


class Sent(Told):
    """One row of a customer in one batch.

    Attributes:
        destination: To whom.
        audience: Into or out of which audience; empty where the destination has one list for all.
        operation: What the partner was asked to do with it: upsert, add, remove or replace.
        blank: Whether the row said nothing but the id, which takes the customer out of a list of whole rows.
        day: The day whose customers were delivered.
        snapshot: Those customers.
        delivery: The delivery's number.
        batch: The batch's number in it.
        file: The batch's file, from the state directory; it is removed some day.
        remote_key: Where the batch stands at the partner, or under which session it was sent.
        status: How far the batch came: planned, sent or acknowledged.
        sent_at: When it left last.
        acknowledged_at: When the partner answered.
        answer: What it answered for the whole batch.
        refused: Why the partner refused this customer; None where it did not, or it is not known any more.
        columns: The columns that were sent, and whether each said something; None once the file is removed.
    """

    destination: str
    audience: str
    operation: str
    blank: bool
    day: date
    snapshot: str
    delivery: int
    batch: int
    file: str
    remote_key: str
    status: str
    sent_at: datetime | None
    acknowledged_at: datetime | None
    answer: str | None
    refused: str | None
    columns: dict[str, bool] | None


class Quarantined(Told):
    """A value, or the person, that is refused now."""

    destination: str
    audience: str
    field: str
    rule: str
    reason: str
    first_seen: date
    last_seen: date


class History(Told):
    """What became of one customer.

    Attributes:
        customer_id: The customer.
        known: What holds now.
        erased: The requests that erased the customer.
        sent: What was sent, in the order of the deliveries.
        not_kept: Deliveries of which nobody knows any more whose rows they had.
        quarantine_day: The day of the newest quarantine; None where there is none.
        quarantine: What is refused of the customer in it.
    """

    customer_id: str
    known: Known
    erased: list[Erased]
    sent: list[Sent]
    not_kept: int
    quarantine_day: date | None
    quarantine: list[Quarantined]

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known of the customer."""
        return not (self.known.present or self.erased or self.sent or self.quarantine)


def of(settings: Settings, ledger: Ledger, customer_id: str, destinations: Sequence[str]) -> History:
    """What became of a customer at these destinations.

    Raises:
        StateError: Nothing is known of such a customer, or a file of the state is missing.
    """
    layout = Layout(settings.state)
    with database.connect(settings, rules=False) as connection:
        erased = known.erased(connection, ledger, customer_id)
        now = known.known(connection, layout, ledger, customer_id, gone=bool(erased))
        found: list[Sent] = []
        not_kept = 0
        for name in destinations:
            searching = _Searching(connection, layout, ledger, name, customer_id)
            try:
                rows, lost = searching.sent()
            except sent_rows.UNREADABLE as error:
                raise StateError(
                    f"a file below {layout.root / name} cannot be read ({type(error).__name__}): restore it from a backup"
                ) from None
            found += rows
            not_kept += lost
    day, refused = _quarantined(settings, customer_id, destinations)
    chosen = [each for each in now.destinations if each.destination in destinations]
    history = History(
        customer_id=customer_id,
        known=now.model_copy(update={"destinations": chosen}),
        erased=erased,
        sent=sorted(found, key=lambda each: (each.delivery, each.batch)),
        not_kept=not_kept,
        quarantine_day=day,
        quarantine=refused,
    )
    if history.is_empty:
        raise StateError(
            "nothing is known of a customer of this customer_id: it was in no extract and in nothing that was sent, as far as"
            " retention keeps that; look whether it is written as in the extract"
        )
    return history


def _quarantined(
    settings: Settings, customer_id: str, destinations: Sequence[str]
) -> tuple[date | None, list[Quarantined]]:
    """The day of the newest quarantine, and what it has of the customer."""
    try:
        newest = quarantined.of_day(settings)
        rows = list(quarantined.entries(settings, newest, Asked(customer_id=customer_id)))
    except StateError:
        return None, []
    named = [dict(zip(SHOWN, row, strict=True)) for row in rows]
    return newest.day, [Quarantined(**row) for row in named if row["destination"] in {"", *destinations}]


class _Searching:
    """Looks for a customer in everything that one destination was sent."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        layout: Layout,
        ledger: Ledger,
        destination: str,
        customer_id: str,
    ) -> None:
        self.connection = connection
        self.rows = SentRows(connection, layout, sent_rows.files_of(layout, destination))
        self.customer_id = customer_id
        self.deliveries = [
            (delivery, batches)
            for delivery in ledger.deliveries(destination, sent_rows.ALL)
            if delivery.rows and (batches := _told_or_planned(ledger, delivery))
        ]

    def sent(self) -> tuple[list[Sent], int]:
        """The customer's rows, and of how many deliveries nobody knows whose rows they had."""
        there = self.rows.there
        files = {batch.file for _, batches in self.deliveries for batch in batches if batch.file in there}
        narrow = {name for delivery, _ in self.deliveries if (name := self.rows.narrow(delivery)) is not None}
        found = self.rows.of_customer(sorted(files), self.customer_id)
        found |= self.rows.of_customer(sorted(narrow), self.customer_id)
        sent, lost = [], 0
        for delivery, batches in self.deliveries:
            kept = self.rows.narrow(delivery)
            gone = {batch.sequence: batch for batch in batches if batch.file not in files}
            lost += bool(gone) and kept is None
            sent += [self._in_file(delivery, batch) for batch in batches if batch.file in found]
            if gone and kept in found:
                sent += self._in_narrow(delivery, gone)
        return sent, lost

    def _in_file(self, delivery: Delivery, batch: Batch) -> Sent:
        query = self.rows.batch_sql(delivery, batch)
        [(blank, refused)] = self._facts(f"select blank, refused from ({query})")
        columns = self.rows.filled(batch, self.customer_id)
        return _sent(delivery, batch, blank=blank, refused=refused, columns=columns)

    def _in_narrow(self, delivery: Delivery, batches: dict[int, Batch]) -> list[Sent]:
        query = self.rows.delivery_sql(delivery, batches.values())
        return [
            _sent(delivery, batches[sequence], blank=blank, refused=refused)
            for sequence, blank, refused in self._facts(f"select sequence, blank, refused from ({query})")
            if sequence in batches
        ]

    def _facts(self, query: str) -> list[tuple[Any, ...]]:
        theirs = f"{query} where customer_id = $customer_id"
        return self.connection.execute(theirs, {"customer_id": self.customer_id}).fetchall()


def _told_or_planned(ledger: Ledger, delivery: Delivery) -> list[Batch]:
    """The batches that the partner has, may have, or will get."""
    batches = ledger.batches(delivery.id)
    if delivery.status is DeliveryStatus.ABANDONED:
        return [batch for batch in batches if batch.status is not BatchStatus.PLANNED]
    return batches


def _sent(
    delivery: Delivery,
    batch: Batch,
    *,
    blank: bool,
    refused: str | None,
    columns: dict[str, bool] | None = None,
) -> Sent:
    return Sent(
        destination=delivery.destination,
        audience=delivery.audience,
        operation=batch.operation,
        blank=blank,
        day=delivery.day,
        snapshot=delivery.to_snapshot,
        delivery=delivery.id,
        batch=batch.sequence,
        file=batch.file,
        remote_key=batch.remote_key,
        status=batch.status,
        sent_at=batch.sent_at,
        acknowledged_at=batch.acknowledged_at,
        answer=batch.answer,
        refused=refused,
        columns=columns,
    )
