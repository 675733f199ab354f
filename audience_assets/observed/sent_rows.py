"""Whose rows a delivery had: read from the files that were sent, or from the narrow file that is kept when those are removed."""

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from audience_assets import database
from audience_assets.errors import AudienceAssetsError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, BatchStatus, Delivery, DeliveryStatus
from audience_assets.settings import Settings
from audience_assets.sql import identifier, literal
from audience_assets.storage import dataset, files, listing, state_reading
from audience_assets.storage.layout import Layout
from audience_assets.storage.object_path import Place

logger = logging.getLogger(__name__)

ALL = 2**31 - 1
"""More deliveries than there are."""

COLUMNS = ("customer_id", "sequence", "operation", "blank", "refused")
"""A narrow file's columns: whose row, in which batch, what for, whether it said nothing but the id, and why the partner
refused it. The id stands first, as in every file of ours, so that an erasure finds it."""

NO_ROW = (
    "null::varchar as customer_id, null::integer as sequence, null::varchar as operation, null::boolean as blank,"
    " null::varchar as refused"
)

UNREADABLE = (duckdb.IOException, duckdb.InvalidInputException)
"""What DuckDB says of a file that is no Parquet file any more."""

AT_ONCE = 500
"""How many files are asked together."""


@dataclass(frozen=True, slots=True)
class SentRows:
    """The files of one destination's deliveries.

    Attributes:
        connection: Reads them.
        layout: Where they lie.
        there: Those that are there, by their way from the state directory.
    """

    connection: duckdb.DuckDBPyConnection
    layout: Layout
    there: Collection[str]

    def narrow(self, delivery: Delivery) -> str | None:
        """The narrow file of a delivery, if there is one."""
        name = self.layout.relative(_narrow(self.layout, delivery))
        return name if name in self.there else None

    def refused(self, delivery: Delivery, batch: Batch) -> str | None:
        """The file that says which customers the partner refused of a batch, if there is one."""
        folder = self.layout.refused(delivery.destination, delivery.day)
        name = self.layout.relative(folder / f"delivery-{delivery.id}-batch-{batch.sequence}.parquet")
        return name if name in self.there else None

    def relation(self, names: Iterable[str]) -> str:
        """SQL for the rows of files that have the same columns."""
        places = [self.layout.absolute(name) for name in names]
        listed = ", ".join(map(literal, state_reading.names(self.connection, places)))
        return f"read_parquet([{listed}], hive_partitioning = false)"

    def batch_sql(self, delivery: Delivery, batch: Batch) -> str:
        """SQL for the rows of a batch whose file is there, with the columns of a narrow file."""
        key, *others = state_reading.columns(self.connection, self.layout.absolute(batch.file))
        blank = " and ".join(f"{identifier(name)} is null" for name in others) or "true"
        values = (
            f"cast({identifier(key)} as varchar)",
            f"cast({batch.sequence} as integer)",
            literal(batch.operation),
            f"({blank})",
        )
        columns = ", ".join(f"{value} as {name}" for value, name in zip(values, COLUMNS, strict=False))
        rows = f"select {columns} from {self.relation([batch.file])}"
        refused = self.refused(delivery, batch)
        if refused is None:
            return f"select *, cast(null as varchar) as refused from ({rows})"
        reasons = f"select customer_id, any_value(reason) as refused from {self.relation([refused])} group by customer_id"
        return f"select sent.*, reasons.refused from ({rows}) as sent left join ({reasons}) as reasons using (customer_id)"

    def delivery_sql(self, delivery: Delivery, batches: Iterable[Batch]) -> str | None:
        """SQL for all rows of a delivery that are still known; None where nothing is."""
        if (narrow := self.narrow(delivery)) is not None:
            return f"select {', '.join(COLUMNS)} from {self.relation([narrow])}"
        known = [self.batch_sql(delivery, batch) for batch in batches if batch.file in self.there]
        return "\nunion all\n".join(known) or None

    def of_customer(self, names: Sequence[str], customer_id: str) -> set[str]:
        """Those of these files that have a row of a customer; they have one kind of first column."""
        found = set[str]()
        for start in range(0, len(names), AT_ONCE):
            some = names[start : start + AT_ONCE]
            places = [self.layout.absolute(name) for name in some]
            read = state_reading.names(self.connection, places)
            by_read = dict(zip(read, some, strict=True))
            rows = self.connection.execute(
                "select distinct filename from read_parquet($files, hive_partitioning = false, filename = true,"
                " union_by_name = true) where customer_id = $customer_id",
                {"files": read, "customer_id": customer_id},
            )
            found |= {by_read[name] for (name,) in rows.fetchall()}
        return found

    def filled(self, batch: Batch, customer_id: str) -> dict[str, bool]:
        """The columns of a batch's file, and whether the customer's row says something in each."""
        key, *others = state_reading.columns(self.connection, self.layout.absolute(batch.file))
        if not others:
            return {}
        said = ", ".join(f"{identifier(name)} is not null" for name in others)
        query = f"select {said} from {self.relation([batch.file])} where {identifier(key)} = $customer_id"
        rows = self.connection.execute(query, {"customer_id": customer_id}).fetchall()
        return dict(zip(others, rows[0], strict=True)) if rows else {}


def files_of(layout: Layout, destination: str) -> frozenset[str]:
    """Every file of a destination, by its way from the state directory."""
    return frozenset(f"{destination}/{each.name}" for each in listing.listed(layout.root / destination))


def keep(
    settings: Settings, ledger: Ledger, destinations: Iterable[str], doomed: Collection[str], first: date
) -> None:
    """Before files that were sent are removed, keep whose rows they had: one narrow file for each delivery.

    A delivery that has its narrow file keeps it, because some of its files may be gone already.

    Args:
        settings: Where the files lie.
        ledger: Knows whose they are.
        destinations: Whose files are looked at.
        doomed: The files, by their way from the state directory.
        first: The first day of which narrow files are kept.
    """
    layout = Layout(settings.state)
    for name in destinations:
        if not any(each.startswith(f"{name}/") for each in doomed):
            continue
        with database.connect(settings, rules=False) as connection:
            rows = SentRows(connection, layout, files_of(layout, name))
            for delivery in ledger.deliveries(name, ALL):
                batches = told(ledger, delivery) if delivery.day >= first else []
                if rows.narrow(delivery) is None and any(batch.file in doomed for batch in batches):
                    _keep(rows, delivery, batches)


def told(ledger: Ledger, delivery: Delivery) -> list[Batch]:
    """The batches of a delivery that the partner has, or may have."""
    if delivery.status is DeliveryStatus.PLANNED or not delivery.rows:
        return []
    return [batch for batch in ledger.batches(delivery.id) if batch.status is not BatchStatus.PLANNED]


def _keep(rows: SentRows, delivery: Delivery, batches: Sequence[Batch]) -> None:
    """Write a narrow file; what cannot be read is told, and does not keep what is old from being removed."""
    final = _narrow(rows.layout, delivery)
    try:
        query = rows.delivery_sql(delivery, batches)
        if query is not None:
            with files.draft_beside(files.private_folder(final.parent), ".parquet") as draft:
                dataset.write(rows.connection, f"{query}\norder by customer_id, sequence", draft, "zstd")
                files.replace(draft, final)
    except (*UNREADABLE, AudienceAssetsError) as error:
        logger.warning(
            "delivery %s to %s cannot be read any more (%s): whose rows it had is not kept",
            delivery.id,
            delivery.destination,
            type(error).__name__,
        )


def _narrow(layout: Layout, delivery: Delivery) -> Place:
    return layout.sent(delivery.destination, delivery.day) / f"delivery-{delivery.id}.parquet"
