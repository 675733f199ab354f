"""Brings the customers that are new or changed into canonical form, and writes the day's index of all customers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256

import duckdb

from audience_assets import database, progress
from audience_assets.customers import index, source
from audience_assets.customers.fields import rules_of
from audience_assets.customers.raw import RawManifest
from audience_assets.delta import snapshot as snapshots
from audience_assets.delta.snapshot import IndexCounts
from audience_assets.errors import ExtractError, StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment, Snapshot
from audience_assets.rules import engine
from audience_assets.rules.canonical import refusal_column
from audience_assets.settings import Settings
from audience_assets.sql import identifier
from audience_assets.storage import dataset, files, manifest
from audience_assets.storage.dataset import Dataset, Parts
from audience_assets.storage.layout import NORMALIZED, RAW, Layout
from audience_assets.storage.manifest import Manifest
from audience_assets.storage.object_path import Place
from audience_assets.workers import Workers

FEW = 100_000
"""How many new and changed customers may be held in memory, some 50 MB of them; of more, the extract is read twice."""

PHONES = 0.3
"""The share of the work that goes into phones which the library must parse, for whoever watches."""


class NormalizedManifest(Manifest):
    """What normalizing a day gave: the snapshot it describes, and how many values were refused."""

    day: date
    snapshot: str
    parent: str | None
    segment: str
    checksum: str
    customers: int
    new: int
    changed: int
    left: int
    refused: dict[str, dict[str, int]]
    usable: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Values:
    """What came out of a share of the extract: rows, usable values by field, refused ones by field and reason; its files."""

    rows: int
    usable: dict[str, int]
    refused: dict[str, dict[str, int]]
    files: Parts


def normalize_changes(settings: Settings, ledger: Ledger, workers: Workers, day: date) -> NormalizedManifest:
    """Normalize the day's new and changed customers against the newest earlier snapshot.

    Running a day again with the same extract, rules and earlier snapshot gives the same snapshot and writes nothing.

    Raises:
        StateError: raw_customers has nothing for the day, or an earlier index is missing.
        ExtractError: The extract changed or went away since raw_customers read it.
    """
    layout = Layout(settings.state)
    folder = files.private_folder(layout.normalized(day))
    raw = manifest.read(RawManifest, layout.raw(day), RAW)
    parent = ledger.newest_snapshot_before(day)
    key = _snapshot_key(settings, raw, parent)
    if (known := _known(ledger, layout, folder, key)) is not None:
        return known
    segment = f"{day}-{key}"
    before = _index_of(layout, parent)
    with files.draft_folder_beside(folder) as draft:
        alike = parent is not None and len(before.buckets) == settings.engine.buckets
        drafts: list[list[Place]] = []
        if (counts := _nothing_new(layout, raw, parent, before) if alike else None) is None:
            drafts = index.drafts(settings, draft)
            counts = index.write(settings, workers, raw, before, segment, drafts)
        if source.stamps(settings, day) != raw.files:
            raise ExtractError(
                f"the extract of {day} was replaced after raw_customers read it: materialize {RAW} again"
            )
        values, normalized = _write_customers(settings, workers, raw, segment, counts, drafts, draft)
        if sum(each.rows for each in values) != counts.fresh:
            raise ExtractError(
                f"the extract of {day} changed after raw_customers read it: materialize {RAW} again"
            )
        normalized_file = dataset.publish(normalized, folder / f"customers-{segment}")
        # The same index again is not kept twice, so that a delta sees at once that there is nothing to compare.
        index_file = (
            layout.absolute(parent.index_file)
            if parent is not None and alike and not counts.fresh + counts.left
            else dataset.publish(drafts, folder / f"index-{key}")
        )
    result = NormalizedManifest(
        day=day,
        snapshot=key,
        parent=parent.key if parent else None,
        segment=segment,
        checksum=raw.checksum,
        customers=counts.customers,
        new=counts.new,
        changed=counts.fresh - counts.new,
        left=counts.left,
        refused=_added(each.refused for each in values),
        usable={name: sum(each.usable[name] for each in values) for name in values[0].usable},
    )
    _publish(ledger, layout, result, raw, normalized_file, index_file)
    result.write(folder)
    return result


def _snapshot_key(settings: Settings, raw: RawManifest, parent: Snapshot | None) -> str:
    """The same for the same extract, rules and earlier snapshot, however often the day is run."""
    parts = [
        raw.day.isoformat(),
        raw.checksum,
        raw.rules_signature,
        parent.key if parent else "",
        settings.source.extract,
        str(settings.engine.buckets),
    ]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def _known(ledger: Ledger, layout: Layout, folder: Place, key: str) -> NormalizedManifest | None:
    """What an earlier run of the same day wrote, if all of it is still there."""
    stored = ledger.snapshot(key)
    if stored is None or not (folder / manifest.NAME).is_file():
        return None
    result = manifest.read(NormalizedManifest, folder, NORMALIZED)
    segment = ledger.segment(stored.segment)
    needed = [stored.index_file, segment and (segment.hashed_file or segment.normalized_file)]
    if result.snapshot != key or not all(path and layout.absolute(path).exists() for path in needed):
        return None
    ledger.publish_snapshot(stored)
    return result


def _index_of(layout: Layout, snapshot: Snapshot | None) -> Dataset:
    """A snapshot's index; one without customers for none.

    Raises:
        StateError: It is missing.
    """
    return Dataset.existing(layout.absolute(snapshot.index_file), NORMALIZED) if snapshot else Dataset(())


def _nothing_new(
    layout: Layout, raw: RawManifest, parent: Snapshot | None, before: Dataset
) -> IndexCounts | None:
    """What an index would count whose extract and rules are those of its parent; None where they are not."""
    if parent is None:
        return None
    try:
        earlier = manifest.read(NormalizedManifest, layout.normalized(parent.day), NORMALIZED)
    except StateError:
        return None
    same = earlier.snapshot == parent.key and earlier.checksum == raw.checksum
    return IndexCounts(before.rows, fresh=0, new=0, left=0) if same else None


def _write_customers(
    settings: Settings,
    workers: Workers,
    raw: RawManifest,
    segment: str,
    counts: IndexCounts,
    index_drafts: Iterable[Iterable[Place]],
    draft: Place,
) -> tuple[list[_Values], list[list[Place]]]:
    """Normalize the customers of the new segment; there are no drafts of an index where nothing is new.

    Returns:
        What came out of each share of the extract, and the drafts by bucket.
    """
    everyone = raw.rows == counts.fresh
    indexes = None if everyone else [each for bucket in index_drafts for each in bucket]
    # Exact repeats of a row can be told only where all rows are seen together.
    shares = [None] if raw.repeated_rows else source.shares(settings, raw.day, list(raw.files))
    calls = [
        (settings, raw, share, indexes, segment, counts.fresh, draft / f"share-{number:04d}")
        for number, share in enumerate(shares)
    ]
    with progress.stage("normalizing", counts.fresh):
        values = workers.map(_normalize, calls)
    buckets = range(settings.engine.buckets)
    return values, [[file for each in values for file in each.files[bucket]] for bucket in buckets]


def _normalize(
    settings: Settings,
    raw: RawManifest,
    share: Sequence[str] | None,
    indexes: Sequence[Place] | None,
    segment: str,
    fresh: int,
    folder: Place,
) -> _Values:
    """Write the canonical form of a share's customers that the indexes have in the segment, all of them without indexes.

    Exact repeats of a row count once.
    """
    buckets = settings.engine.buckets
    with database.connect(settings) as connection, files.workshop(folder) as drafts:
        source.view_extract(connection, settings, raw.day, share)
        only = ""
        if indexes is not None:
            connection.execute("set variable segment = $segment", {"segment": segment})
            dataset.read(connection, indexes, snapshots.NO_INDEX).create_view("following", replace=True)
            connection.execute("""
                create temp table wanted as
                select customer_id from following where segment = getvariable('segment')
            """)
            only = "semi join wanted using (customer_id)"
        once = "qualify row_number() over (partition by customer_id) = 1" if raw.repeated_rows else ""
        connection.execute(
            f"create temp view changed_customers as select * from {source.EXTRACT} {only} {once}"
        )
        try:
            with progress.query(connection, last=PHONES):
                query = engine.clean_customers(
                    connection,
                    "changed_customers",
                    rules_of(settings),
                    hashed=settings.source.hashed,
                    brazil_ninth_digit=settings.rules.brazil_ninth_digit,
                    few=fresh <= FEW,
                )
            with progress.query(connection, first=PHONES):
                rows = dataset.write_buckets(connection, query.sql, drafts, buckets, "snappy")
        except (duckdb.Error, OSError) as error:
            raise source.unreadable(error, raw.day, list(raw.files)) from None
        written = sorted(drafts.rglob("*.parquet"))
        dataset.read(connection, written, query.sql).create_view("normalized", replace=True)
        values = _values(connection, settings, rows)
        return replace(values, files=dataset.hand_over(drafts, folder, buckets))


def _publish(
    ledger: Ledger,
    layout: Layout,
    result: NormalizedManifest,
    raw: RawManifest,
    normalized: Place,
    index: Place,
) -> None:
    """Tell the ledger of the segment, then of the snapshot that refers to it."""
    ledger.record_segment(
        Segment(
            name=result.segment,
            day=result.day,
            rules_signature=raw.rules_signature,
            normalized_file=layout.relative(normalized),
            rows=result.new + result.changed,
        )
    )
    ledger.publish_snapshot(
        Snapshot(
            key=result.snapshot,
            day=result.day,
            parent_key=result.parent,
            segment=result.segment,
            index_file=layout.relative(index),
            customers=result.customers,
            new=result.new,
            changed=result.changed,
            left=result.left,
        )
    )


def _values(connection: duckdb.DuckDBPyConnection, settings: Settings, rows: int) -> _Values:
    """Usable values by field, and refused ones by field and reason, in the view `normalized`."""
    rules = rules_of(settings)
    names = [rule.name for rule in rules]
    fields = list(dict.fromkeys(rule.field for rule in rules if rule.refuses))
    counts = [f"count({identifier(name)})" for name in names]
    reasons = [f"histogram({identifier(refusal_column(field))})" for field in fields]
    row = connection.execute(f"select {', '.join(counts + reasons)} from normalized").fetchall()[0]
    usable = dict(zip(names, row[: len(names)], strict=True))
    refused = dict(zip(fields, row[len(names) :], strict=True))
    return _Values(rows, usable, {field: by_reason for field, by_reason in refused.items() if by_reason}, ())


def _added(counts: Iterable[dict[str, dict[str, int]]]) -> dict[str, dict[str, int]]:
    """Counts by field and reason of all shares together."""
    total: dict[str, Counter[str]] = {}
    for each in counts:
        for field, by_reason in each.items():
            total.setdefault(field, Counter()).update(by_reason)
    return {field: dict(by_reason) for field, by_reason in total.items()}
