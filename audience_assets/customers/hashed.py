"""Hashes what every destination needs of the day's normalized customers: the append-only log that deltas read."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

import duckdb

from audience_assets import database, guards, progress
from audience_assets.customers import index, repeating
from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.delta import snapshot as snapshots
from audience_assets.destinations.column import Destination
from audience_assets.errors import GuardError, StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment, Snapshot
from audience_assets.rules import consent
from audience_assets.rules.canonical import refusal_column
from audience_assets.settings import Settings
from audience_assets.sql import identifier, listed
from audience_assets.storage import dataset, files, manifest, state_reading
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import HASHED, NORMALIZED, Layout
from audience_assets.storage.manifest import Manifest
from audience_assets.storage.object_path import Place
from audience_assets.workers import Workers

EVIDENCE = (consent.LEGAL_BASIS.name, consent.LEGAL_BASIS_DATE.name)
"""What the log keeps of why a customer may be delivered."""


class HashedManifest(Manifest):
    """What the hashed log gained on a day."""

    day: date
    snapshot: str
    segments: dict[str, int]
    left_out: dict[str, dict[str, int]]
    left: int
    left_file: str


def hash_changes(
    settings: Settings,
    ledger: Ledger,
    workers: Workers,
    destinations: dict[str, Destination],
    day: date,
) -> HashedManifest:
    """Hash every segment that the day's snapshot refers to and that is not hashed yet; usually the day's own.

    Raises:
        StateError: normalized_customers has nothing for the day, or a segment's files are gone.
        GuardError: A guard stopped the day's customers.
    """
    layout = Layout(settings.state)
    normalized = manifest.read(NormalizedManifest, layout.normalized(day), NORMALIZED)
    if normalized.stopped:
        raise GuardError(f"the customers of {day} were stopped: {guards.told(normalized.stopped)}")
    snapshot = ledger.snapshot(normalized.snapshot)
    if snapshot is None:
        raise StateError(f"the ledger does not know the snapshot of {day}: materialize {NORMALIZED} again")
    written = {
        segment.name: segment.rows
        for segment in ledger.segments(_segments(settings, layout, snapshot)).values()
        if _ensure_hashed(settings, ledger, workers, destinations, segment)
    }
    result = HashedManifest(
        day=day,
        snapshot=snapshot.key,
        segments=written,
        left_out=_left_out(settings, ledger.segment(snapshot.segment), destinations),
        left=snapshot.left,
        left_file=layout.relative(_write_left(settings, ledger, workers, snapshot)),
    )
    result.write(layout.hashed(day))
    return result


def _segments(settings: Settings, layout: Layout, snapshot: Snapshot) -> set[str]:
    """The log's segments that a snapshot refers to, and its own, which may be empty."""
    listed = Dataset.existing(layout.absolute(snapshot.index_file), NORMALIZED)
    return {snapshot.segment, *index.segments_of(settings, listed)}


def _ensure_hashed(
    settings: Settings,
    ledger: Ledger,
    workers: Workers,
    destinations: dict[str, Destination],
    segment: Segment,
) -> bool:
    """Write a segment's hashed files, or give them the columns of a destination that is new; return whether they were written."""
    layout = Layout(settings.state)
    before = _hashed_before(layout, segment)
    known = _columns(settings, before)
    wanted = [destination for destination in destinations.values() if destination.consent_name not in known]
    if before is not None and (not wanted or not before.files):
        return False
    if segment.normalized_file is None:
        raise StateError(
            f"segment {segment.name} is not hashed for {', '.join(one.name for one in wanted)} and its normalized file "
            f"is gone: materialize {segment.day} again"
        )
    normalized = Dataset.existing(layout.absolute(segment.normalized_file), NORMALIZED)
    folder = files.private_folder(layout.hashed(segment.day))
    with files.draft_folder_beside(folder) as draft:
        buckets = range(len(normalized.buckets))
        drafts = [draft / f"{bucket:04d}.parquet" for bucket in buckets]
        calls = [
            (settings, wanted, segment.name, normalized, before, bucket, drafts[bucket])
            for bucket in buckets
            if normalized.buckets[bucket]
        ]
        with progress.stage("hashing", segment.rows):
            workers.map(_hash, calls)
        written = [[drafts[bucket]] if normalized.buckets[bucket] else [] for bucket in buckets]
        final = dataset.publish(written, folder / f"segment-{segment.name}")
    ledger.set_hashed_file(segment.name, layout.relative(final))
    return True


def _columns(settings: Settings, hashed: Dataset | None) -> list[str]:
    """The columns of what is hashed, none of nothing."""
    if hashed is None or not hashed.files:
        return []
    with database.connect(settings, rules=False) as connection:
        return hashed.columns(connection)


def _hashed_before(layout: Layout, segment: Segment) -> Dataset | None:
    """What is hashed of a segment; None where nothing is, or it went away."""
    if segment.hashed_file is None:
        return None
    try:
        return Dataset.existing(layout.absolute(segment.hashed_file), HASHED)
    except StateError:
        return None


def _hash(
    settings: Settings,
    wanted: list[Destination],
    segment: str,
    normalized: Dataset,
    before: Dataset | None,
    bucket: int,
    draft: Place,
) -> None:
    """Write a bucket of a segment: what was hashed before, and the columns of these destinations."""
    with database.connect(settings) as connection, files.written(draft) as path:
        _view_normalized(connection, normalized.buckets[bucket], wanted)
        connection.execute("set variable segment = $segment", {"segment": segment})
        ready = repeating.view_digests(connection, wanted, settings.source.hashed)
        query = hashed_sql(wanted, settings.source.hashed, repeating.DIGESTING, ready)
        if before is not None:
            before.view(connection, "before", query, bucket, len(normalized.buckets))
            known = ", ".join(("customer_id", "segment", *EVIDENCE))
            query = f"select before.*, added.* exclude ({known}) from before join ({query}) as added using (customer_id)"
        with progress.query(connection):
            dataset.write(connection, query, path, "snappy")


def _view_normalized(
    connection: duckdb.DuckDBPyConnection, found: Sequence[Place], destinations: list[Destination]
) -> None:
    """The segment in clear; it may be older than a destination or than a field of ours, and then nobody stated those."""
    relation = connection.read_parquet(state_reading.names(connection, found), hive_partitioning=False)
    consents = ["consent", *(f"consent_{destination.name}" for destination in destinations)]
    wanted = dict.fromkeys(consents, "boolean") | dict.fromkeys(EVIDENCE, "varchar")
    wanted |= dict.fromkeys(map(refusal_column, consents), "varchar")
    wanted |= {
        field: "varchar" for each in destinations for column in each.columns for field in column.fields
    }
    unknown = {name: kind for name, kind in sorted(wanted.items()) if name not in relation.columns}
    columns = ["*", *(f"cast(null as {kind}) as {identifier(name)}" for name, kind in unknown.items())]
    relation.project(", ".join(columns)).create_view("normalized", replace=True)


def hashed_sql(
    destinations: Sequence[Destination],
    ready_digests: frozenset[str],
    rows: str = "normalized",
    ready: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Each destination's columns as the log keeps them, over a view of canonical customers that has some `ready`."""
    columns = ["customer_id", "getvariable('segment') as segment", *EVIDENCE]
    columns += [
        f"{_consent_sql(destination)} as {identifier(destination.consent_name)}"
        for destination in destinations
    ]
    columns += [
        f"audiences as {identifier(destination.audiences_name)}"
        for destination in destinations
        if destination.audiences
    ]
    columns += [
        f"{ready.get(destination.stored_name(column)) or column.stored_sql(ready_digests)}"
        f" as {identifier(destination.stored_name(column))}"
        for destination in destinations
        for column in destination.columns
    ]
    return f"select\n{listed(columns)}\nfrom {rows}"


def _consent_sql(destination: Destination) -> str:
    """The answer for the destination, else the one for all, else what holds without one; what cannot be read is a no."""
    answers = [
        f"if({identifier(refusal_column(name))} is null, {identifier(name)}, false)"
        for name in (f"consent_{destination.name}", "consent")
    ]
    without = "false" if destination.opt_in else "null"
    return f"coalesce({', '.join(answers)}, {without})"


def _left_out(
    settings: Settings, segment: Segment | None, destinations: dict[str, Destination]
) -> dict[str, dict[str, int]]:
    """How many of the day's new and changed customers have a value that a partner's form cannot carry, by reason."""
    if segment is None or segment.normalized_file is None:
        return {}
    layout = Layout(settings.state)
    normalized = Dataset.existing(layout.absolute(segment.normalized_file), NORMALIZED)
    reasons = {
        destination.stored_name(column): column.refusal_sql
        for destination in destinations.values()
        for column in destination.columns
        if column.refusal_sql != "NULL"
    }
    if not reasons or not normalized.files:
        return {}
    with database.connect(settings) as connection:
        _view_normalized(connection, normalized.files, list(destinations.values()))
        counts = ", ".join(f"histogram({reason})" for reason in reasons.values())
        with progress.stage("counting what partners cannot take", segment.rows), progress.query(connection):
            found = connection.execute(f"select {counts} from normalized").fetchall()[0]
    return {name: by_reason for name, by_reason in zip(reasons, found, strict=True) if by_reason}


def _write_left(settings: Settings, ledger: Ledger, workers: Workers, snapshot: Snapshot) -> Place:
    """The ids that the day's extract no longer has."""
    layout = Layout(settings.state)
    parent = ledger.snapshot(snapshot.parent_key) if snapshot.parent_key and snapshot.left else None
    before = Dataset.existing(layout.absolute(parent.index_file), NORMALIZED) if parent else Dataset(())
    following = Dataset.existing(layout.absolute(snapshot.index_file), NORMALIZED)
    folder = layout.hashed(snapshot.day)
    with files.draft_folder_beside(folder) as draft:
        drafts = [draft / f"{bucket:04d}.parquet" for bucket in range(len(following.buckets))]
        calls = [(settings, before, following, bucket, each) for bucket, each in enumerate(drafts)]
        with progress.stage("listing who left", snapshot.left):
            workers.map(_left, calls if parent else calls[:1])
        return dataset.publish(
            [[each] for each in (drafts if parent else drafts[:1])], layout.left(snapshot.day, snapshot.key)
        )


def _left(settings: Settings, before: Dataset, following: Dataset, bucket: int, draft: Place) -> None:
    """Write the ids of a bucket that are in the index before and not in the following one."""
    with database.connect(settings, rules=False) as connection, files.written(draft) as path:
        buckets = len(following.buckets)
        before.view(connection, "before", snapshots.NO_INDEX, bucket, buckets)
        following.view(connection, "following", snapshots.NO_INDEX, bucket, buckets)
        query = "select customer_id from before anti join following using (customer_id) order by customer_id"
        dataset.write(connection, query, path, "zstd")
