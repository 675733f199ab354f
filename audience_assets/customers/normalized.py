"""Brings the customers that are new or changed into canonical form, and writes the day's index of all customers."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb

from audience_assets import database
from audience_assets.customers import source
from audience_assets.customers.fields import rules_of
from audience_assets.customers.raw import RawManifest
from audience_assets.delta import snapshot as snapshots
from audience_assets.errors import ExtractError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment, Snapshot
from audience_assets.rules import engine
from audience_assets.rules.canonical import refusal_column
from audience_assets.settings import Settings
from audience_assets.sql import identifier
from audience_assets.storage import files, manifest
from audience_assets.storage.layout import Layout
from audience_assets.storage.manifest import Manifest

RAW = "raw_customers"

FEW = 100_000
"""How many new and changed customers may be held in memory, some 50 MB of them; of more, the extract is read twice."""


class NormalizedManifest(Manifest):
    """What normalizing a day gave: the snapshot it describes, and how many values were refused."""

    day: date
    snapshot: str
    parent: str | None
    segment: str
    customers: int
    new: int
    changed: int
    left: int
    refused: dict[str, dict[str, int]]
    usable: dict[str, int]


def normalize_changes(
    connection: duckdb.DuckDBPyConnection, settings: Settings, ledger: Ledger, day: date
) -> NormalizedManifest:
    """Normalize the day's new and changed customers against the newest earlier snapshot.

    Running a day again with the same extract, rules and earlier snapshot gives the same snapshot and writes nothing.

    Raises:
        StateError: raw_customers has nothing for the day, or an earlier index is missing.
        ExtractError: The extract changed or went away since raw_customers read it.
    """
    layout = Layout(settings.state_dir)
    folder = files.private_folder(layout.normalized(day))
    raw = manifest.read(RawManifest, layout.raw(day), RAW)
    parent = ledger.newest_snapshot_before(day)
    key = _snapshot_key(settings, raw, parent)
    if (known := _known(ledger, layout, folder, key)) is not None:
        return known
    segment = f"{day}-{key}"
    _view_inputs(connection, layout, raw, parent)
    wanted = snapshots.select_changed(connection)
    if source.stamps(settings, day) != raw.files:
        raise ExtractError(
            f"the extract of {day} was replaced after raw_customers read it: materialize {RAW} again"
        )
    normalized, rows = _write_segment(connection, settings, raw, segment, wanted)
    if rows != wanted:
        raise ExtractError(
            f"the extract of {day} changed after raw_customers read it: materialize {RAW} again"
        )
    index = _write_index(connection, settings, folder, key, segment)
    counts = _counts(connection)
    usable, refused = _values(connection, settings)
    result = NormalizedManifest(
        day=day,
        snapshot=key,
        parent=parent.key if parent else None,
        segment=segment,
        changed=wanted - counts["new"],
        refused=refused,
        usable=usable,
        **counts,
    )
    ledger.record_segment(
        Segment(
            name=segment,
            day=day,
            rules_signature=raw.rules_signature,
            normalized_file=layout.relative(normalized),
            rows=wanted,
        )
    )
    ledger.publish_snapshot(
        Snapshot(
            key=key,
            day=day,
            parent_key=result.parent,
            segment=segment,
            index_file=layout.relative(index),
            customers=result.customers,
            new=result.new,
            changed=result.changed,
            left=result.left,
        )
    )
    result.write(folder)
    return result


def _snapshot_key(settings: Settings, raw: RawManifest, parent: Snapshot | None) -> str:
    """The same for the same extract, rules and earlier snapshot, however often the day is run."""
    parts = [
        raw.day.isoformat(),
        raw.fingerprints_sha256,
        raw.conflicts_sha256,
        parent.key if parent else "",
        settings.source.extract,
    ]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def _known(ledger: Ledger, layout: Layout, folder: Path, key: str) -> NormalizedManifest | None:
    """What an earlier run of the same day wrote, if all of it is still there."""
    stored = ledger.snapshot(key)
    if stored is None or not (folder / manifest.NAME).is_file():
        return None
    result = manifest.read(NormalizedManifest, folder, "normalized_customers")
    segment = ledger.segment(stored.segment)
    if result.snapshot != key or segment is None or not layout.absolute(stored.index_file).is_file():
        return None
    needed = segment.hashed_file or segment.normalized_file
    if needed is None or not layout.absolute(needed).is_file():
        return None
    ledger.publish_snapshot(stored)
    return result


def _view_inputs(
    connection: duckdb.DuckDBPyConnection, layout: Layout, raw: RawManifest, parent: Snapshot | None
) -> None:
    folder = layout.raw(raw.day)
    for name, file in (("today", raw.fingerprints), ("kept", raw.conflicts)):
        path = manifest.existing(folder / file, RAW)
        connection.read_parquet(str(path), hive_partitioning=False).create_view(name, replace=True)
    index = manifest.existing(layout.absolute(parent.index_file), "normalized_customers") if parent else None
    snapshots.view_index(connection, "parent", index)


def _write_segment(
    connection: duckdb.DuckDBPyConnection, settings: Settings, raw: RawManifest, segment: str, wanted: int
) -> tuple[Path, int]:
    """Write the canonical form of the customers in `wanted`; exact repeats of a row count once."""
    folder = Layout(settings.state_dir).normalized(raw.day)
    source.view_extract(connection, settings, raw.day)
    only = "" if raw.rows == wanted else "semi join wanted using (customer_id)"
    once = "qualify row_number() over (partition by customer_id) = 1" if raw.repeated_rows else ""
    connection.execute(
        f"create or replace temp view changed_customers as select * from {source.EXTRACT} {only} {once}"
    )
    try:
        query = engine.clean_customers(
            connection,
            "changed_customers",
            rules_of(settings),
            hashed=settings.source.hashed,
            brazil_ninth_digit=settings.rules.brazil_ninth_digit,
            few=wanted <= FEW,
        )
        with files.draft_beside(folder, ".parquet") as draft:
            written = database.write_parquet(connection, query.sql, draft, "snappy")
            final = files.publish(draft, folder / f"customers-{segment}.parquet").path
    except (duckdb.Error, OSError) as error:
        raise source.unreadable(error, raw.day, list(raw.files)) from None
    connection.read_parquet(str(final), hive_partitioning=False).create_view("normalized", replace=True)
    return final, written


def _write_index(
    connection: duckdb.DuckDBPyConnection, settings: Settings, folder: Path, key: str, segment: str
) -> Path:
    connection.execute("set variable segment = $segment", {"segment": segment})
    with files.draft_beside(folder, ".parquet") as draft:
        incremental = settings.source.extract == "incremental"
        query = snapshots.next_index_sql(incremental=incremental)
        database.write_parquet(connection, query, draft, "zstd")
        final = files.publish(draft, folder / f"index-{key}.parquet").path
    snapshots.view_index(connection, "following", final)
    return final


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    customers, new, left = connection.execute("""
        select
          (select count(*) from following),
          (select count(*) from following anti join parent using (customer_id)),
          (select count(*) from parent anti join following using (customer_id))
    """).fetchall()[0]
    return {"customers": customers, "new": new, "left": left}


def _values(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Usable values by field, and refused ones by field and reason, among the day's new and changed customers."""
    rules = rules_of(settings)
    names = [rule.name for rule in rules]
    fields = list(dict.fromkeys(rule.field for rule in rules if rule.refuses))
    counts = [f"count({identifier(name)})" for name in names]
    reasons = [f"histogram({identifier(refusal_column(field))})" for field in fields]
    row = connection.execute(f"select {', '.join(counts + reasons)} from normalized").fetchall()[0]
    usable = dict(zip(names, row[: len(names)], strict=True))
    refused = dict(zip(fields, row[len(names) :], strict=True))
    return usable, {field: by_reason for field, by_reason in refused.items() if by_reason}
