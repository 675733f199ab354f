"""The delta of a destination that keeps one row a customer: whole rows of who joined or changed, and of who left."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from audience_assets.delta import changes
from audience_assets.destinations import delta_files
from audience_assets.destinations.column import Destination
from audience_assets.destinations.delta_files import FileForm
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.manifest import DeltaPart
from audience_assets.destinations.standing import Standing
from audience_assets.errors import SettingsError
from audience_assets.sql import identifier, listed, literal


@dataclass(frozen=True, slots=True)
class UpsertPlanner:
    """What a kind of destination decides about its rows.

    Attributes:
        form: How its files look.
        first_rows_sql: The rows of a first delivery, which is everyone, in the destination's columns.
        rows_sql: The rows of every later delivery, in the destination's columns, sorted by the first.
        removes: Whether the partner is told of all who left; of who withdrew consent or was erased it always is.
    """

    form: FileForm
    first_rows_sql: str
    rows_sql: str
    removes: bool = True

    @property
    def rows_per_batch(self) -> int:
        """Where files are cut; one file is one batch."""
        return self.form.rows_per_file

    def audiences(self, log: HashedLog, due: str) -> dict[str, int]:
        """The destination has one list for all."""
        return {"": log.members(due).rows(log.connection)}

    def parts(
        self,
        log: HashedLog,
        standings: Sequence[Standing],
        members: Mapping[str, int],
        requests: Mapping[str, str],
    ) -> Iterator[DeltaPart]:
        """Compare the snapshot that the partner holds with the one that is due, and write what it must be told.

        Raises:
            StateError: An index or a segment of the log is missing.
            ContractError: The rows or a written file break the destination's contract; nothing is published.
            SettingsError: A replacement was asked for.
        """
        if requests:
            raise SettingsError(
                f"{log.destination.name} has no audiences that could be replaced; each delivery has whole rows already"
            )
        for standing in standings:
            if standing.held is None:
                counts: changes.Counts = {}
                key = identifier(log.destination.key.name)
                rows = log.everyone(standing.due, self.first_rows_sql, key)
            else:
                counts = _net_changes(log, standing)
                rows = log.rows(self.rows_sql)
            folder = log.layout.delta(log.destination.name, standing.day)
            written = delta_files.write_files(log.connection, self.form, rows, folder, "upsert")
            left = counts.get(changes.LEFT, 0)
            yield DeltaPart(
                from_snapshot=standing.held,
                members=members[standing.audience],
                files=written,
                joined=counts.get(changes.JOINED, sum(file.rows for file in written)),
                changed=counts.get(changes.CHANGED, 0),
                left=left,
                held_before=log.members(standing.held).rows(log.connection),
                taken_out=left
                if self.removes or not left
                else changes.count_rows(log.connection, "withdrawn"),
            )


def _net_changes(log: HashedLog, standing: Standing) -> changes.Counts:
    log.view_changes(standing.held, standing.due)
    comparisons = {
        column.name: (
            column.comparison_sql(f"held_rows.{identifier(column.name)}"),
            column.comparison_sql(f"due_rows.{identifier(column.name)}"),
        )
        for column in log.destination.columns[1:]
    }
    counts = changes.compare(log.connection, comparisons)
    log.connection.execute(f"""
        create or replace temp table withdrawn as
        select customer_id
        from net_changes
        where change = {literal(changes.LEFT)}
          and {log.withdrawn_sql(standing.due)}
    """)
    return counts


def delivered_columns(destination: Destination, rows: str) -> list[str]:
    """SQL for each column of the partner's table from the view `rows`; typed, though a column may be all null."""
    return [
        f"cast({column.delivered_sql(f'{rows}.{identifier(column.name)}')} as {column.delivered_type})"
        f" as {identifier(column.name)}"
        for column in destination.columns
    ]


def everyone_sql(destination: Destination) -> str:
    """The whole rows of all customers, for a first delivery."""
    return f"select\n{listed(delivered_columns(destination, 'everyone_rows'))}\nfrom everyone_rows"


def present_rows_sql(destination: Destination) -> str:
    """The whole rows of customers who joined or changed."""
    return (
        f"select\n{listed(delivered_columns(destination, 'due_rows'))}\nfrom net_changes\n"
        f"join due_rows on due_rows.{changes.ROW_KEY} = net_changes.customer_id\nwhere net_changes.change <> '{changes.LEFT}'"
    )
