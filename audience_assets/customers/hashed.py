"""Hashes what every destination needs of the day's normalized customers: the append-only log that deltas read."""

from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.destinations.column import Destination
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment, Snapshot
from audience_assets.settings import Settings
from audience_assets.sql import identifier, listed
from audience_assets.storage import files, manifest
from audience_assets.storage.layout import Layout
from audience_assets.storage.manifest import Manifest

NORMALIZED = "normalized_customers"


class HashedManifest(Manifest):
    """What the hashed log gained on a day."""

    day: date
    snapshot: str
    segments: dict[str, int]
    left_out: dict[str, dict[str, int]]
    left: int
    left_file: str


def hash_changes(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    ledger: Ledger,
    destinations: dict[str, Destination],
    day: date,
) -> HashedManifest:
    """Hash every segment that the day's snapshot refers to and that is not hashed yet; usually the day's own.

    Raises:
        StateError: normalized_customers has nothing for the day, or a segment's files are gone.
    """
    layout = Layout(settings.state_dir)
    normalized = manifest.read(NormalizedManifest, layout.normalized(day), NORMALIZED)
    snapshot = ledger.snapshot(normalized.snapshot)
    if snapshot is None:
        raise StateError(f"the ledger does not know the snapshot of {day}: materialize {NORMALIZED} again")
    index = manifest.existing(layout.absolute(snapshot.index_file), NORMALIZED)
    connection.read_parquet(str(index), hive_partitioning=False).create_view("following", replace=True)
    names = [name for (name,) in connection.execute("select distinct segment from following").fetchall()]
    written = {
        segment.name: segment.rows
        for segment in ledger.segments({*names, snapshot.segment}).values()
        if _ensure_hashed(connection, settings, ledger, destinations, segment)
    }
    left_file = _write_left(connection, layout, ledger, snapshot)
    result = HashedManifest(
        day=day,
        snapshot=snapshot.key,
        segments=written,
        left_out=_left_out(connection, layout, ledger.segment(snapshot.segment), destinations),
        left=snapshot.left,
        left_file=layout.relative(left_file),
    )
    result.write(layout.hashed(day))
    return result


def _ensure_hashed(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    ledger: Ledger,
    destinations: dict[str, Destination],
    segment: Segment,
) -> bool:
    """Write a segment's hashed file, or give it the columns of a destination that is new; return whether it was written."""
    layout = Layout(settings.state_dir)
    final = layout.hashed(segment.day) / f"segment-{segment.name}.parquet"
    before = final if segment.hashed_file is not None and final.is_file() else None
    known = pq.read_schema(before).names if before else []
    wanted = [destination for destination in destinations.values() if destination.consent_name not in known]
    if not wanted:
        return False
    if segment.normalized_file is None:
        raise StateError(
            f"segment {segment.name} is not hashed for {', '.join(one.name for one in wanted)} and its normalized file "
            f"is gone: materialize {segment.day} again"
        )
    normalized = manifest.existing(layout.absolute(segment.normalized_file), NORMALIZED)
    _view_normalized(connection, normalized, wanted)
    connection.execute("set variable segment = $segment", {"segment": segment.name})
    query = hashed_sql(wanted, settings.source.hashed)
    if before is not None:
        connection.read_parquet(str(before), hive_partitioning=False).create_view("before", replace=True)
        query = f"select before.*, added.* exclude (customer_id, segment) from before join ({query}) as added using (customer_id)"
    with files.draft_beside(final.parent, ".parquet") as draft:
        connection.sql(query).write_parquet(str(draft), compression="snappy")
        files.publish(draft, final)
    ledger.set_hashed_file(segment.name, layout.relative(final))
    return True


def _view_normalized(
    connection: duckdb.DuckDBPyConnection, file: Path, destinations: list[Destination]
) -> None:
    """The segment in clear; it may be older than a destination or than a field of ours, and then nobody stated those."""
    relation = connection.read_parquet(str(file), hive_partitioning=False)
    wanted = {f"consent_{destination.name}": "boolean" for destination in destinations}
    wanted |= {
        field: "varchar" for each in destinations for column in each.columns for field in column.fields
    }
    unknown = {name: kind for name, kind in sorted(wanted.items()) if name not in relation.columns}
    columns = ["*", *(f"cast(null as {kind}) as {identifier(name)}" for name, kind in unknown.items())]
    relation.project(", ".join(columns)).create_view("normalized", replace=True)


def hashed_sql(destinations: list[Destination], ready_digests: frozenset[str]) -> str:
    """Each destination's columns as the log keeps them, over the view `normalized`."""
    columns = ["customer_id", "getvariable('segment') as segment"]
    columns += [
        f"coalesce({identifier(f'consent_{destination.name}')}, consent) as {identifier(destination.consent_name)}"
        for destination in destinations
    ]
    columns += [
        f"audiences as {identifier(destination.audiences_name)}"
        for destination in destinations
        if destination.audiences
    ]
    columns += [
        f"{column.stored_sql(ready_digests)} as {identifier(destination.stored_name(column))}"
        for destination in destinations
        for column in destination.columns
    ]
    return f"select\n{listed(columns)}\nfrom normalized"


def _left_out(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    segment: Segment | None,
    destinations: dict[str, Destination],
) -> dict[str, dict[str, int]]:
    """How many of the day's new and changed customers have a value that a partner's form cannot carry, by reason."""
    if segment is None or segment.normalized_file is None:
        return {}
    normalized = manifest.existing(layout.absolute(segment.normalized_file), NORMALIZED)
    relation = connection.read_parquet(str(normalized), hive_partitioning=False)
    left_out: dict[str, dict[str, int]] = {}
    for destination in destinations.values():
        for column in destination.columns:
            if column.refusal_sql == "NULL":
                continue
            reasons = relation.aggregate(f"{column.refusal_sql} as reason, count(*)", "all").filter(
                "reason is not null"
            )
            if counted := reasons.fetchall():
                left_out[destination.stored_name(column)] = dict(counted)
    return left_out


def _write_left(
    connection: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, snapshot: Snapshot
) -> Path:
    """The ids that the day's extract no longer has."""
    parent = ledger.snapshot(snapshot.parent_key) if snapshot.parent_key else None
    ids = "select customer_id from following where false"
    if parent is not None:
        index = manifest.existing(layout.absolute(parent.index_file), NORMALIZED)
        connection.read_parquet(str(index), hive_partitioning=False).create_view("parent", replace=True)
        ids = "select customer_id from parent anti join following using (customer_id) order by customer_id"
    folder = layout.hashed(snapshot.day)
    with files.draft_beside(folder, ".parquet") as draft:
        connection.sql(ids).write_parquet(str(draft), compression="zstd")
        return files.publish(draft, folder / f"left-{snapshot.key}.parquet").path
