"""Writes the canonical form of the day's new and changed customers, share by share of the extract, and the keys to find them by."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from math import ceil
from pathlib import Path
from typing import Literal

import duckdb

from audience_assets import database, progress
from audience_assets.customers import source, texts
from audience_assets.customers.fields import rules_of
from audience_assets.customers.raw import RawManifest
from audience_assets.delta import snapshot as snapshots
from audience_assets.rules import engine, match_keys
from audience_assets.rules.canonical import CanonicalQuery, refusal_column
from audience_assets.settings import Settings
from audience_assets.sql import identifier
from audience_assets.storage import dataset, files
from audience_assets.storage.dataset import Parts
from audience_assets.storage.object_path import Place
from audience_assets.workers import Workers

FEW = 100_000
"""How many new and changed customers may be held in memory, some 50 MB of them; of more, the extract is read twice."""

AT_ONCE = 2_000_000
"""How many customers are looked for in one reading of the extract, some 200 MB of ids; more take several readings."""

NORMALIZED = "normalized"
"""The view of what was written."""

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
    """The segment that is written: its name, how many customers it has, and the secret that their keys are made with.

    `others` are the customers of the day's index that it does not have.
    """

    name: str
    rows: int
    others: int
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
    # Exact repeats of a row can be told only where all rows are seen together.
    shares = [None] if raw.repeated_rows else source.shares(settings, raw.day, list(raw.files))
    calls = [
        (settings, raw, share, indexes, segment, draft / f"share-{number:04d}")
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
    indexes: Sequence[Place],
    segment: NewSegment,
    folder: Place,
) -> Values:
    """Write the canonical form of a share's customers that the indexes have in the segment."""
    buckets = settings.engine.buckets
    with database.connect(settings) as connection, files.workshop(folder) as drafts:
        match_keys.use_secret(connection, segment.secret)
        connection.execute("set variable segment = $segment", {"segment": segment.name})
        dataset.read(connection, indexes, snapshots.NO_INDEX).create_view("following", replace=True)
        readings = _readings(settings, raw, segment)
        folders = [drafts / f"reading-{number:04d}" for number in range(len(readings))]
        rows, part = 0, 1 / len(readings)
        for number, (reading, each) in enumerate(zip(readings, folders, strict=True)):
            select = partial(texts.select_sql, only=_look_for(connection, reading))
            source.view_extract(connection, settings, raw.day, share, select=select)
            try:
                rows += _write(connection, settings, raw, segment, each, number * part, part)
            except (duckdb.Error, OSError) as error:
                raise source.unreadable(error, raw.day, list(raw.files)) from None
        nothing = CanonicalQuery(rules_of(settings), settings.source.hashed).sql
        dataset.read(connection, sorted(drafts.rglob("*.parquet")), nothing).create_view(NORMALIZED)
        keys = match_keys.keys_sql(NORMALIZED, settings.source.hashed)
        dataset.write_buckets(connection, keys, drafts / "keys", buckets, "zstd")
        return replace(
            _values(connection, settings, rows),
            files=_by_bucket(dataset.hand_over(each, folder, buckets) for each in folders),
            keys=dataset.hand_over(drafts / "keys", folder, buckets),
        )


@dataclass(frozen=True, slots=True)
class _Reading:
    """Which customers one reading of the extract looks for: all, all but those who are not in the segment, or a share of the segment."""

    join: Literal["semi join", "anti join"] | None = None
    number: int = 0
    readings: int = 1


def _readings(settings: Settings, raw: RawManifest, segment: NewSegment) -> list[_Reading]:
    """The readings of the extract that find the segment's customers."""
    if raw.rows == segment.rows:
        return [_Reading()]
    departed = raw.departed and settings.source.extract == "incremental"
    # Only where every row of the extract is of somebody in the index.
    if not raw.set_aside and not departed and segment.others < min(segment.rows, AT_ONCE):
        return [_Reading("anti join")]
    readings = max(1, ceil(segment.rows / AT_ONCE))
    return [_Reading("semi join", number, readings) for number in range(readings)]


def _look_for(connection: duckdb.DuckDBPyConnection, reading: _Reading) -> str | None:
    """Fill a table with the customers whom a reading looks for, or leaves out, and return the join with it.

    The view `following` has them, and the variable `segment` the name of theirs.
    """
    if reading.join is None:
        return None
    belongs = "=" if reading.join == "semi join" else "<>"
    connection.execute(
        f"""
        create or replace temp table those as
        select customer_id
        from following
        where segment {belongs} getvariable('segment')
          and hash(customer_id) % $readings = $number
        """,
        {"number": reading.number, "readings": reading.readings},
    )
    return f"{reading.join} those"


def _write(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    raw: RawManifest,
    segment: NewSegment,
    folder: Path,
    first: float,
    share: float,
) -> int:
    """Write the canonical form of the customers of the view `extract`; exact repeats of a row count once. Returns how many.

    `first` and `share` say for whoever watches which part of the whole work this is.
    """
    once = "qualify row_number() over (partition by customer_id) = 1" if raw.repeated_rows else ""
    connection.execute(
        f"create or replace temp view changed_customers as select * from {source.EXTRACT} {once}"
    )
    with progress.query(connection, first=first, last=first + share * PHONES):
        query = engine.clean_customers(
            connection,
            "changed_customers",
            rules_of(settings),
            hashed=settings.source.hashed,
            brazil_ninth_digit=settings.rules.brazil_ninth_digit,
            few=segment.rows <= FEW,
        )
    with progress.query(connection, first=first + share * PHONES, last=first + share):
        return dataset.write_buckets(connection, query.sql, folder, settings.engine.buckets, "snappy")


def _values(connection: duckdb.DuckDBPyConnection, settings: Settings, rows: int) -> Values:
    """Usable values by field, and refused ones by field and reason, of what was written."""
    rules = rules_of(settings)
    names = [rule.name for rule in rules]
    fields = list(dict.fromkeys(rule.field for rule in rules if rule.refuses))
    counts = [f"count({identifier(name)})" for name in names]
    reasons = [f"histogram({identifier(refusal_column(field))})" for field in fields]
    row = connection.execute(f"select {', '.join(counts + reasons)} from {NORMALIZED}").fetchall()[0]
    usable = dict(zip(names, row[: len(names)], strict=True))
    refused = dict(zip(fields, row[len(names) :], strict=True))
    return Values(rows, usable, {field: by_reason for field, by_reason in refused.items() if by_reason})
