"""Writes the canonical form of the day's new and changed customers, share by share of the extract, and the keys to find them by."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from audience_assets import database, progress
from audience_assets.customers import source
from audience_assets.customers.fields import rules_of
from audience_assets.customers.raw import RawManifest
from audience_assets.delta import snapshot as snapshots
from audience_assets.rules import engine, match_keys
from audience_assets.rules.canonical import refusal_column
from audience_assets.settings import Settings
from audience_assets.sql import identifier
from audience_assets.storage import dataset, files
from audience_assets.storage.dataset import Parts
from audience_assets.storage.object_path import Place
from audience_assets.workers import Workers

FEW = 100_000
"""How many new and changed customers may be held in memory, some 50 MB of them; of more, the extract is read twice."""

PHONES = 0.3
"""The share of the work that goes into phones which the library must parse, for whoever watches."""


@dataclass(frozen=True, slots=True)
class Values:
    """What came out of the extract, or of a share of it: rows, usable values by field, refused ones by field and reason; its files."""

    rows: int
    usable: dict[str, int]
    refused: dict[str, dict[str, int]]
    files: Parts = ()
    keys: Parts = ()


@dataclass(frozen=True, slots=True)
class NewSegment:
    """The segment that is written: its name, how many customers it has, and the secret that their keys are made with."""

    name: str
    rows: int
    secret: bytes = field(repr=False)


def write(
    settings: Settings,
    workers: Workers,
    raw: RawManifest,
    segment: NewSegment,
    indexes: Sequence[Place],
    draft: Place,
) -> Values:
    """Normalize the customers of a new segment, whom the drafts `indexes` name; there are none where nobody is new."""
    everyone = raw.rows == segment.rows
    # Exact repeats of a row can be told only where all rows are seen together.
    shares = [None] if raw.repeated_rows else source.shares(settings, raw.day, list(raw.files))
    calls = [
        (settings, raw, share, None if everyone else indexes, segment, draft / f"share-{number:04d}")
        for number, share in enumerate(shares)
    ]
    with progress.stage("normalizing", segment.rows):
        return _together(workers.map(_normalize, calls))


def _together(shares: Sequence[Values]) -> Values:
    """What came out of all shares."""
    refused: dict[str, Counter[str]] = {}
    for share in shares:
        for name, by_reason in share.refused.items():
            refused.setdefault(name, Counter()).update(by_reason)
    return Values(
        rows=sum(share.rows for share in shares),
        usable={name: sum(share.usable[name] for share in shares) for name in shares[0].usable},
        refused={name: dict(by_reason) for name, by_reason in refused.items()},
        files=_by_bucket(share.files for share in shares),
        keys=_by_bucket(share.keys for share in shares),
    )


def _by_bucket(shares: Iterable[Parts]) -> Parts:
    return tuple(tuple(file for files in bucket for file in files) for bucket in zip(*shares, strict=True))


def _normalize(
    settings: Settings,
    raw: RawManifest,
    share: Sequence[str] | None,
    indexes: Sequence[Place] | None,
    segment: NewSegment,
    folder: Place,
) -> Values:
    """Write the canonical form of a share's customers that the indexes have in the segment, all of them without indexes.

    Exact repeats of a row count once.
    """
    buckets = settings.engine.buckets
    with database.connect(settings) as connection, files.workshop(folder) as drafts:
        source.view_extract(connection, settings, raw.day, share)
        match_keys.use_secret(connection, segment.secret)
        connection.execute("set variable segment = $segment", {"segment": segment.name})
        only = ""
        if indexes is not None:
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
                    few=segment.rows <= FEW,
                )
            with progress.query(connection, first=PHONES):
                rows = dataset.write_buckets(connection, query.sql, drafts, buckets, "snappy")
        except (duckdb.Error, OSError) as error:
            raise source.unreadable(error, raw.day, list(raw.files)) from None
        written = sorted(drafts.rglob("*.parquet"))
        dataset.read(connection, written, query.sql).create_view("normalized", replace=True)
        keys = match_keys.keys_sql("normalized", settings.source.hashed)
        dataset.write_buckets(connection, keys, drafts / "keys", buckets, "zstd")
        return replace(
            _values(connection, settings, rows),
            files=dataset.hand_over(drafts, folder, buckets),
            keys=dataset.hand_over(drafts / "keys", folder, buckets),
        )


def _values(connection: duckdb.DuckDBPyConnection, settings: Settings, rows: int) -> Values:
    """Usable values by field, and refused ones by field and reason, in the view `normalized`."""
    rules = rules_of(settings)
    names = [rule.name for rule in rules]
    fields = list(dict.fromkeys(rule.field for rule in rules if rule.refuses))
    counts = [f"count({identifier(name)})" for name in names]
    reasons = [f"histogram({identifier(refusal_column(field))})" for field in fields]
    row = connection.execute(f"select {', '.join(counts + reasons)} from normalized").fetchall()[0]
    usable = dict(zip(names, row[: len(names)], strict=True))
    refused = dict(zip(fields, row[len(names) :], strict=True))
    return Values(rows, usable, {field: by_reason for field, by_reason in refused.items() if by_reason})
