"""A fingerprint of each customer's row: share by share of the extract, then settled customer by customer.

It covers the row's text, the rules' signature and what is derived from the date, so that the days after need to normalize
only customers for whom something can have changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from audience_assets import database, progress
from audience_assets.customers import source, texts
from audience_assets.customers.fields import DEPARTED
from audience_assets.rules.match_keys import Tombstones
from audience_assets.settings import Settings
from audience_assets.storage import dataset, files
from audience_assets.storage.dataset import Parts
from audience_assets.storage.object_path import Place

NO_CUSTOMERS = """
select
  null::varchar as customer_id,
  null::ubigint as fingerprint,
  null::boolean as departed,
  null::integer as rows,
  null::boolean as conflicting
where false
"""

_NO_FINGERPRINTS = """
select
  null::varchar as customer_id,
  null::ubigint as fingerprint,
  null::boolean as departed
where false
"""

_FINGERPRINTS = f"""
with cleaned as (
  select
    *,
    date_text(clean_text(birth_text)) as birth_date
  from {source.EXTRACT}
),
dated as (
  select
    * replace (coalesce(born, parsed_date(birth_date, date_order)) as born)
  from cleaned
)
select
  case when clean_text(customer_id) is not null then customer_id end as customer_id,
  hash(getvariable('signature'), content, full_years(usable_birth_date(born, as_of), as_of)) as fingerprint,
  coalesce(word_key({DEPARTED}) in (select word from consent_words where answer), false) as departed
from dated
"""
"""A 64-bit hash over all fields. DuckDB's own: it tells a change from none within one version of DuckDB.

With a version that hashes otherwise, or a column that becomes a list or a date, every customer counts as changed once, is
normalized again, and what comes out the same is not delivered again.
"""


@dataclass(frozen=True, slots=True)
class Read:
    """What was found in a share of the extract's files: rows, columns, and fingerprints by bucket."""

    rows: int
    columns: source.Columns
    files: Parts


@dataclass(frozen=True, slots=True)
class Settled:
    """What was found among the customers of a bucket."""

    customers: int
    erased_rows: int
    conflicting_rows: int
    repeated_rows: int
    departed: int
    checksum: int

    @property
    def rows(self) -> int:
        """Rows that have a customer_id."""
        return self.customers + self.repeated_rows + self.conflicting_rows + self.erased_rows


def read(
    settings: Settings, day: date, rules_signature: str, share: Sequence[str] | None, folder: Place
) -> Read:
    """Write customer_id, fingerprint, departed of a share's rows below `folder`, a file or more for each bucket."""
    buckets = settings.engine.buckets
    with database.connect(settings) as connection, files.workshop(folder) as drafts:
        columns = source.view_extract(connection, settings, day, share, select=texts.compared_sql)
        connection.execute("set variable signature = $signature", {"signature": rules_signature})
        try:
            with progress.query(connection):
                rows = dataset.write_buckets(connection, _FINGERPRINTS, drafts, buckets, "snappy")
        except (duckdb.Error, OSError) as error:
            raise source.unreadable(error, day, share or list(source.stamps(settings, day))) from None
        return Read(rows, columns, dataset.hand_over(drafts, folder, buckets))


def settle(settings: Settings, found: Sequence[Place], tombstones: Tombstones, draft: Place) -> Settled:
    """Write one row for each customer of a bucket, and count what is set aside."""
    with database.connect(settings, rules=False) as connection, files.written(draft) as path:
        dataset.read(connection, found, _NO_FINGERPRINTS).create_view("found", replace=True)
        erased = tombstones.view_others(connection, "found", "fingerprinted")
        once = """
select
  customer_id,
  min(fingerprint) as fingerprint,
  bool_or(departed) as departed,
  cast(count(*) as integer) as rows,
  min(fingerprint) <> max(fingerprint) as conflicting
from fingerprinted
where customer_id is not null
group by customer_id
"""
        with progress.query(connection):
            dataset.write(connection, once, path, "zstd")
        dataset.read(connection, [path], NO_CUSTOMERS).create_view("settled", replace=True)
        counted = connection.execute(
            """
            select
              count(*) filter (where not conflicting) as customers,
              $erased as erased_rows,
              coalesce(sum(rows) filter (where conflicting), 0)::bigint as conflicting_rows,
              coalesce(sum(rows - 1) filter (where not conflicting), 0)::bigint as repeated_rows,
              count(*) filter (where not conflicting and departed) as departed,
              -- What contradicting rows say is not used, so it does not count.
              coalesce(
                sum(if(conflicting, hash(customer_id), hash(customer_id, fingerprint, departed))),
                0
              )::hugeint as checksum
            from settled
        """,
            {"erased": erased},
        )
        return Settled(*counted.fetchall()[0])
