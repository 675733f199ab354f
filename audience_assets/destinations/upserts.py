"""Makes a destination's delta for a day: the net changes, its rows in the partner's columns, checked, as files."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from secrets import token_hex

import duckdb
import pyarrow.parquet as pq

from audience_assets.delta import changes
from audience_assets.delta import snapshot as snapshots
from audience_assets.destinations.column import Destination
from audience_assets.destinations.contract import Contract
from audience_assets.destinations.standing import Standing
from audience_assets.errors import ContractError, StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.settings import Settings
from audience_assets.sql import identifier, listed
from audience_assets.storage import files, manifest, parquet
from audience_assets.storage.layout import Layout
from audience_assets.storage.manifest import Manifest

HASHED = "hashed_customers"
BATCH_ROWS = 250_000


class DeltaFile(Manifest):
    """One file of a delta, ready to be sent."""

    name: str
    rows: int
    sha256: str


class DeltaManifest(Manifest):
    """Exactly what a delivery will send, and between which snapshots that moves the partner."""

    day: date
    destination: str
    from_snapshot: str | None
    to_snapshot: str
    joined: int
    changed: int
    left: int
    rows: int
    files: list[DeltaFile]

    def intact(self, folder: Path) -> bool:
        """Whether every file is there with the bytes that were published."""
        return all(
            (folder / file.name).is_file() and files.sha256_of(folder / file.name) == file.sha256
            for file in self.files
        )


@dataclass(frozen=True, slots=True)
class DeltaWriter:
    """What a kind of destination decides about its delta.

    Attributes:
        destination: The table of columns.
        first_rows_sql: The rows of a first delivery, which is everyone, in the destination's columns, sorted by the first.
        rows_sql: The rows of every later delivery, in the destination's columns, sorted by the first.
        rows_per_file: Where files are cut.
        suffix: How file names end.
    """

    destination: Destination
    first_rows_sql: str
    rows_sql: str
    rows_per_file: int
    suffix: str


def make_delta(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    ledger: Ledger,
    writer: DeltaWriter,
    standing: Standing,
) -> DeltaManifest:
    """Compare the snapshot that the partner holds with the one that is due, and write what it must be told.

    Raises:
        StateError: An index or a segment of the log is missing.
        ContractError: The rows or a written file break the destination's contract; nothing is published.
    """
    layout = Layout(settings.state_dir)
    destination = writer.destination
    snapshots.view_index(connection, "due", _index(layout, ledger, standing.due))
    if standing.held is None:
        counts = _everyone(connection, layout, ledger, destination)
        rows_sql = writer.first_rows_sql
    else:
        snapshots.view_index(connection, "held", _index(layout, ledger, standing.held))
        counts = _net_changes(connection, layout, ledger, destination)
        rows_sql = writer.rows_sql
    written = _write_files(connection, writer, rows_sql, layout.delta(destination.name, standing.day))
    result = DeltaManifest(
        day=standing.day,
        destination=destination.name,
        from_snapshot=standing.held,
        to_snapshot=standing.due,
        rows=sum(file.rows for file in written),
        files=written,
        **counts,
    )
    result.write(layout.delta(destination.name, standing.day))
    return result


def _everyone(
    connection: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, destination: Destination
) -> changes.Counts:
    segments = _segments(layout, ledger, destination, changes.due_segments(connection))
    return changes.take_everyone(connection, segments, _stored(destination), destination.consent_name)


def _net_changes(
    connection: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, destination: Destination
) -> changes.Counts:
    for side, names in zip(("held", "due"), changes.find_candidates(connection), strict=True):
        segments = _segments(layout, ledger, destination, names)
        changes.view_rows(connection, side, segments, _stored(destination), destination.consent_name)
    comparisons = {
        column.name: (
            column.comparison_sql(f"held_rows.{identifier(column.name)}"),
            column.comparison_sql(f"due_rows.{identifier(column.name)}"),
        )
        for column in destination.columns[1:]
    }
    return changes.compare(connection, comparisons)


def _stored(destination: Destination) -> dict[str, str]:
    return {column.name: destination.stored_name(column) for column in destination.columns}


def count_customers(
    connection: duckdb.DuckDBPyConnection, paths: list[str], destination: Destination
) -> dict[str, int]:
    """Rows and distinct customers in written files."""
    if not paths:
        return {"rows": 0, "customers": 0}
    key = identifier(destination.key.name)
    files_relation = connection.read_parquet(paths, hive_partitioning=False)
    rows, customers = files_relation.aggregate(f"count(*), count(distinct {key})").fetchall()[0]
    return {"rows": rows, "customers": customers}


def delivered_columns(destination: Destination, side: str) -> list[str]:
    """SQL for each column of the partner's table from the view `{side}_rows`; typed, though a column may be all null."""
    return [
        f"cast({column.delivered_sql(f'{side}_rows.{identifier(column.name)}')} as {column.delivered_type})"
        f" as {identifier(column.name)}"
        for column in destination.columns
    ]


def everyone_sql(destination: Destination) -> str:
    """The whole rows of all customers, for a first delivery."""
    return f"select\n{listed(delivered_columns(destination, 'due'))}\nfrom due_rows"


def present_rows_sql(destination: Destination) -> str:
    """The whole rows of customers who joined or changed."""
    return (
        f"select\n{listed(delivered_columns(destination, 'due'))}\nfrom net_changes\n"
        f"join due_rows on due_rows.{changes.ROW_KEY} = net_changes.customer_id\nwhere net_changes.change <> '{changes.LEFT}'"
    )


def _write_files(
    connection: duckdb.DuckDBPyConnection, writer: DeltaWriter, rows_sql: str, folder: Path
) -> list[DeltaFile]:
    """Write, check, re-open, check again, and only then publish all files of the delta."""
    schema = writer.destination.arrow_schema
    repeating = [column.name for column in writer.destination.columns[1:] if not column.hashed]
    contract = Contract(writer.destination)
    with _drafts(folder, writer.suffix) as next_draft:
        reader = connection.sql(rows_sql).to_arrow_reader(BATCH_ROWS)
        finished = list(
            parquet.write_in_parts(
                reader, schema, repeating, writer.rows_per_file, lambda: next(next_draft), contract.check
            )
        )
        for path, rows in finished:
            parquet.verify(path, schema, rows)
        _refuse_repeated(connection, [str(path) for path, _ in finished], writer.destination)
        return [
            _published(path, rows, part, writer.suffix) for part, (path, rows) in enumerate(finished, start=1)
        ]


def _refuse_repeated(
    connection: duckdb.DuckDBPyConnection, paths: list[str], destination: Destination
) -> None:
    """Each customer stands once: which of two rows a partner would keep is not ours to guess."""
    counted = count_customers(connection, paths, destination)
    if counted["rows"] != counted["customers"]:
        raise ContractError(
            f"{counted['rows']} rows for {destination.name} stand for {counted['customers']} customers, so nothing was "
            "published: some customer stands twice"
        )


@contextmanager
def _drafts(folder: Path, suffix: str) -> Iterator[Iterator[Path]]:
    """As many draft paths as are asked for; what was not published is removed at the end."""
    files.private_folder(folder)
    given: list[Path] = []

    def paths() -> Iterator[Path]:
        while True:
            given.append(folder / f".draft-{token_hex(8)}{suffix}")
            yield given[-1]

    try:
        yield paths()
    finally:
        for path in given:
            path.unlink(missing_ok=True)


def _published(draft: Path, rows: int, part: int, suffix: str) -> DeltaFile:
    """The name holds the content's hash, so a plan's file is never replaced by another one's."""
    sha256 = files.sha256_of(draft)
    final = files.publish(draft, draft.parent / f"{sha256[:16]}-{part:04d}{suffix}")
    return DeltaFile(name=final.path.name, rows=rows, sha256=sha256)


def _index(layout: Layout, ledger: Ledger, key: str | None) -> Path | None:
    if key is None:
        return None
    snapshot = ledger.snapshot(key)
    if snapshot is None:
        raise StateError(
            f"the ledger does not know the snapshot {key}: restore it together with the state directory"
        )
    return manifest.existing(layout.absolute(snapshot.index_file), "normalized_customers")


def _segments(layout: Layout, ledger: Ledger, destination: Destination, names: Iterable[str]) -> list[Path]:
    """The hashed files of these segments, in a fixed order; each must have been hashed for the destination."""
    found = ledger.segments(names)
    paths = []
    for name in sorted(names):
        hashed = found[name].hashed_file if name in found else None
        if hashed is None:
            raise StateError(
                f"segment {name} of the log is not hashed: materialize {HASHED} for {name[:10]} again"
            )
        paths.append(manifest.existing(layout.absolute(hashed), HASHED))
        if destination.consent_name not in pq.read_schema(paths[-1]).names:
            raise StateError(
                f"segment {name} of the log was hashed before {destination.name} was there: materialize {HASHED} again"
            )
    return paths
