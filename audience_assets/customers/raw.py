"""Reads the day's extract once: a fingerprint of each customer's row, and the rows that cannot be used.

A fingerprint covers the row's text, the rules' signature and what is derived from the date, so that the days after need
to normalize only customers for whom something can have changed.
"""

from collections import Counter
from datetime import date
from pathlib import Path

import duckdb

from audience_assets import database
from audience_assets.customers import source
from audience_assets.customers.fields import DEPARTED, input_fields, is_list
from audience_assets.errors import ExtractError
from audience_assets.settings import Settings
from audience_assets.sql import identifier
from audience_assets.storage import files
from audience_assets.storage.layout import Layout
from audience_assets.storage.manifest import Manifest

NO_CUSTOMER_ID = "no customer_id"
CONFLICTING = "customer_id stands twice with different content"

_FINGERPRINTS = """
select customer_id, fingerprint, departed
from by_customer
where not conflicting
order by customer_id
"""
_CONFLICTS = "select customer_id from by_customer where conflicting order by customer_id"


class RawManifest(Manifest):
    """What the extract of a day held."""

    day: date
    rules_signature: str
    rows: int
    customers: int
    set_aside: dict[str, int]
    repeated_rows: int
    departed: int
    unused_columns: list[str]
    files: dict[str, str]
    fingerprints: str
    fingerprints_sha256: str
    conflicts: str
    conflicts_sha256: str


def read_extract(
    connection: duckdb.DuckDBPyConnection, settings: Settings, day: date, rules_signature: str
) -> RawManifest:
    """Fingerprint the day's extract and publish the result.

    Raises:
        ExtractError: The extract is missing, unreadable, breaks the input contract or has no usable row.
    """
    stamps = source.stamps(settings, day)
    unused = source.view_extract(connection, settings, day)
    try:
        connection.execute(_fingerprinted_sql(settings), {"signature": rules_signature})
    except (duckdb.Error, OSError) as error:
        raise source.unreadable(error, day, list(stamps)) from None
    counted = _count(connection)
    if counted["customers"] == 0 and not settings.source.allow_empty and settings.source.extract == "full":
        raise ExtractError(
            f"the extract of {day} has no usable customer ({counted['rows']} rows read): nothing was changed anywhere; "
            "set source.allow_empty = true if every customer really left"
        )
    folder = files.private_folder(Layout(settings.state_dir).raw(day))
    fingerprints = _write(connection, _FINGERPRINTS, folder, "fingerprints")
    conflicts = _write(connection, _CONFLICTS, folder, "conflicts")
    if source.stamps(settings, day) != stamps:
        raise ExtractError(
            f"the extract of {day} was replaced while it was read: run again when it is complete"
        )
    manifest = RawManifest(
        day=day,
        rules_signature=rules_signature,
        rows=counted["rows"],
        customers=counted["customers"],
        set_aside=dict(
            +Counter({NO_CUSTOMER_ID: counted["without_id"], CONFLICTING: counted["conflicting_rows"]})
        ),
        repeated_rows=counted["repeated_rows"],
        departed=counted["departed"],
        unused_columns=unused,
        files=stamps,
        fingerprints=fingerprints.path.name,
        fingerprints_sha256=fingerprints.sha256,
        conflicts=conflicts.path.name,
        conflicts_sha256=conflicts.sha256,
    )
    manifest.write(folder)
    return manifest


def _count(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Group the fingerprints by customer and count what was read and what is set aside."""
    connection.execute("""
        create or replace temp table by_customer as
        select
          customer_id,
          any_value(fingerprint) as fingerprint,
          bool_or(departed) as departed,
          count(*) as rows,
          min(fingerprint) <> max(fingerprint) as conflicting
        from fingerprinted
        where customer_id is not null
        group by customer_id
    """)
    result = connection.execute("""
        select
          (select count(*) from fingerprinted) as rows,
          (select count(*) from fingerprinted where customer_id is null) as without_id,
          count(*) filter (where not conflicting) as customers,
          coalesce(sum(rows) filter (where conflicting), 0)::bigint as conflicting_rows,
          coalesce(sum(rows - 1) filter (where not conflicting), 0)::bigint as repeated_rows,
          count(*) filter (where not conflicting and departed) as departed
        from by_customer
    """)
    names = [column[0] for column in result.description or []]
    return dict(zip(names, result.fetchall()[0], strict=True))


def _fingerprinted_sql(settings: Settings) -> str:
    """MD5 over each field behind its length, so that no text can imitate another split into fields."""
    parts = ["$signature"]
    for field in input_fields(settings):
        name = identifier(field)
        text = f"cast({name} as varchar)" if is_list(field) else name
        parts.append(f"coalesce(strlen({text}) || ':' || {text}, '-')")
    parts.append("coalesce(cast(full_years(usable_birth_date, as_of) as varchar), '-')")
    return f"""
create or replace temp table fingerprinted as
with birth_texts as (
  select
    *,
    clean_text(birth_date) as birth_text
  from {source.EXTRACT}
),
born as (
  select
    *,
    date_text(birth_text) as birth_day_text
  from birth_texts
),
dated as (
  select
    *,
    usable_birth_date(birth_day_text, date_order, as_of) as usable_birth_date
  from born
)
select
  case when clean_text(customer_id) is not null then customer_id end as customer_id,
  cast(md5_number(concat_ws(' ', {", ".join(parts)})) as uuid) as fingerprint,
  coalesce(word_key({DEPARTED}) in (select word from consent_words where answer), false) as departed
from dated
"""


def _write(connection: duckdb.DuckDBPyConnection, query: str, folder: Path, name: str) -> files.StoredFile:
    with files.draft_beside(folder, ".parquet") as draft:
        database.write_parquet(connection, query, draft, "zstd")
        return files.publish(draft, folder / f"{name}-{files.sha256_of(draft)[:16]}.parquet")
