"""Which customers of a snapshot go to no partner: those whose keys are on the suppression list or belong to an erased person."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

import duckdb

from audience_assets import database, progress
from audience_assets.customers import index
from audience_assets.customers.suppression import Entries, Suppressed
from audience_assets.delta import snapshot as snapshots
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Snapshot
from audience_assets.rules import match_keys
from audience_assets.rules.match_keys import CUSTOMER_ID, KINDS
from audience_assets.settings import Settings
from audience_assets.sql import identifier
from audience_assets.storage import dataset, files
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import NORMALIZED, Layout
from audience_assets.storage.object_path import Place
from audience_assets.workers import Workers


def of(
    settings: Settings,
    ledger: Ledger,
    workers: Workers,
    snapshot: Snapshot,
    suppressed: Suppressed,
    secret: bytes,
) -> Snapshot:
    """The snapshot of the same customers without those to withhold; it has a key of its own and is not published.

    Raises:
        StateError: The index, or the keys of a segment that it refers to, are missing.
    """
    base = snapshot.segment[len("YYYY-MM-DD-") :]
    everybody = replace(snapshot, key=base, withheld=0, withheld_file=None)
    if not suppressed.checksum:
        return everybody
    key = sha256(f"{base}\n{suppressed.checksum}".encode()).hexdigest()[:16]
    layout = Layout(settings.state)
    known = ledger.snapshot(key)
    if known is not None and known.withheld_file and layout.absolute(known.withheld_file).exists():
        return known
    folder = files.private_folder(layout.normalized(snapshot.day))
    listed = Dataset.existing(layout.absolute(snapshot.index_file), NORMALIZED)
    keys = _keys(settings, ledger, layout, listed)
    with files.draft_folder_beside(folder) as draft:
        with progress.stage("withholding who must not be delivered", snapshot.customers):
            number, drafts = _write_all(settings, workers, secret, suppressed.entries, listed, keys, draft)
        if not number:
            return everybody
        published = dataset.publish(drafts, folder / f"withheld-{key}")
    return replace(everybody, key=key, withheld=number, withheld_file=layout.relative(published))


def _keys(settings: Settings, ledger: Ledger, layout: Layout, listed: Dataset) -> list[Dataset]:
    """The keys of every segment that an index refers to."""
    found = ledger.segments(index.segments_of(settings, listed))
    if gone := [name for name, segment in found.items() if segment.keys_file is None]:
        raise StateError(
            f"the keys of {', '.join(sorted(gone))} are missing: restore the state directory, or begin anew"
        )
    return [
        Dataset.existing(layout.absolute(segment.keys_file), NORMALIZED)
        for segment in found.values()
        if segment.keys_file is not None
    ]


def _write_all(
    settings: Settings,
    workers: Workers,
    secret: bytes,
    entries: Entries,
    listed: Dataset,
    keys: Sequence[Dataset],
    folder: Place,
) -> tuple[int, list[list[Place]]]:
    """Write drafts with the ids of whom to withhold, by bucket; return how many they are too."""
    buckets = len(listed.buckets)
    drafts = [folder / f"withheld-{bucket:04d}.parquet" for bucket in range(buckets)]
    calls = [(settings, secret, entries, listed, keys, bucket, draft) for bucket, draft in enumerate(drafts)]
    return sum(workers.map(_write, calls)), [[draft] for draft in drafts]


def _write(
    settings: Settings,
    secret: bytes,
    entries: Entries,
    listed: Dataset,
    keys: Sequence[Dataset],
    bucket: int,
    draft: Place,
) -> int:
    with database.connect(settings, rules=False) as connection, files.written(draft) as path:
        buckets = len(listed.buckets)
        match_keys.use_secret(connection, secret)
        connection.register("unwanted", entries)
        listed.view(connection, "following", snapshots.NO_INDEX, bucket, buckets)
        found = [
            file
            for each in keys
            for file in (each.buckets[bucket] if len(each.buckets) == buckets else each.files)
        ]
        dataset.read(connection, found, match_keys.NO_KEYS).create_view("keys", replace=True)
        return dataset.write(connection, _withheld_sql(connection), path, "zstd")


def _withheld_sql(connection: duckdb.DuckDBPyConnection) -> str:
    """Only the keys of a customer's present segment count; what was theirs before is another matter."""
    named = [
        f"select keys.customer_id, keys.segment\nfrom keys\njoin unwanted"
        f" on unwanted.kind = '{kind}' and unwanted.key = keys.{identifier(kind)}"
        for kind in KINDS
    ]
    found = [
        f"select customer_id\nfrom ({each}) semi join following using (customer_id, segment)"
        for each in named
    ]
    by_id = connection.execute(f"select count(*) from unwanted where kind = '{CUSTOMER_ID}'").fetchall()[0][0]
    if by_id:
        key = match_keys.key_sql(CUSTOMER_ID, "sha256(following.customer_id)")
        found.append(
            f"select following.customer_id\nfrom following\njoin unwanted"
            f" on unwanted.kind = '{CUSTOMER_ID}' and unwanted.key = {key}"
        )
    return "select customer_id\nfrom (\n" + "\nunion\n".join(found) + "\n)\norder by customer_id"
