"""Writes a bucket of a quarantine: what goes on from the one before, and what is found in the records that are looked at."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from audience_assets import database, progress
from audience_assets.delta.snapshot import NO_INDEX, NO_WITHHELD
from audience_assets.observed.quarantine_sources import Records, Sources
from audience_assets.observed.refusals import KEY, NO_ENTRIES, PARTNER
from audience_assets.rules import match_keys
from audience_assets.settings import Settings
from audience_assets.storage import dataset, files
from audience_assets.storage.object_path import Place


@dataclass(frozen=True, slots=True)
class Counted:
    """What a bucket has: entries by kind, destination, field and reason, and how many the quarantine before had, and had too."""

    reasons: Counter[tuple[str, ...]]
    before: int
    kept: int


def write(settings: Settings, sources: Sources, bucket: int, draft: Place) -> Counted:
    """Write a bucket of the quarantine."""
    buckets = settings.engine.buckets
    with database.connect(settings) as connection, files.written(draft) as path:
        sources.before.view(connection, "before", NO_ENTRIES, bucket, buckets)
        sources.changed.view(connection, "changed", match_keys.NO_KEYS, bucket, buckets)
        sources.left.view(connection, "departed", NO_WITHHELD, bucket, buckets)
        sources.index.view(connection, "everyone", NO_INDEX, bucket, buckets)
        sources.partners.view(connection, "partners", NO_ENTRIES, bucket, buckets)
        found = [NO_ENTRIES]
        for number, records in enumerate(sources.records):
            found += _found(connection, records, f"records_{number}", bucket, buckets)
        if sources.partners.files:
            found.append("select * from partners semi join everyone using (customer_id)")
        with progress.query(connection):
            dataset.write(connection, _entries_sql(sources.day, found), path, "zstd")
        dataset.read(connection, [path], NO_ENTRIES).create_view("following", replace=True)
        return _count(connection)


def _found(
    connection: duckdb.DuckDBPyConnection, records: Records, view: str, bucket: int, buckets: int
) -> list[str]:
    """SQL for what is refused in a segment's records; of older ones, only of whom the index still has there."""
    records.files.view(connection, view, NO_WITHHELD, bucket, buckets)
    there = set(connection.table(view).columns)
    if not records.newest:
        connection.execute(
            f"create or replace temp view {view}_present as select * from {view} semi join"
            f" (select customer_id from everyone where segment = '{records.segment}') using (customer_id)"
        )
        view = f"{view}_present"
    return [
        refusal.entries_sql(view, records.day, rule_known=records.rules_known)
        for refusal in records.refusals
        if refusal.columns <= there
    ]


def _entries_sql(day: date, found: Sequence[str]) -> str:
    """What goes on, and what was found, since when the quarantine before had the same."""
    key = ", ".join(KEY)
    present = "\nunion all\n".join(found)
    return f"""
with found as (
{present}
)
select before.* replace (date '{day}' as last_seen)
from before
anti join changed using (customer_id)
anti join departed using (customer_id)
where kind <> '{PARTNER}'
union all
select found.* replace (
  least(found.first_seen, coalesce(before.first_seen, found.first_seen)) as first_seen,
  date '{day}' as last_seen
)
from found
left join before using ({key})
order by {key}
"""


def _count(connection: duckdb.DuckDBPyConnection) -> Counted:
    by_reason = connection.execute(
        "select kind, destination, field, reason, count(*) from following group by all"
    ).fetchall()
    before, kept = connection.execute(
        f"select (select count(*) from before),"
        f" (select count(*) from following semi join before using ({', '.join(KEY)}))"
    ).fetchall()[0]
    return Counted(Counter({tuple(reason): number for *reason, number in by_reason}), before, kept)
