"""Reads the day's extract once: a fingerprint of each customer's row, and the rows that cannot be used.

A fingerprint covers the row's text, the rules' signature and what is derived from the date, so that the days after need
to normalize only customers for whom something can have changed.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import islice
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from pydantic import Field

from audience_assets import database, guards, progress
from audience_assets.customers import source
from audience_assets.customers.fields import DEPARTED, input_fields
from audience_assets.errors import ExtractError
from audience_assets.rules.match_keys import NOBODY, Tombstones
from audience_assets.settings import Settings
from audience_assets.sql import identifier
from audience_assets.storage import dataset, files, manifest
from audience_assets.storage.dataset import Parts
from audience_assets.storage.layout import Layout
from audience_assets.storage.manifest import Manifest
from audience_assets.storage.object_path import Place
from audience_assets.workers import Workers

NO_CUSTOMER_ID = "no customer_id"
CONFLICTING = "customer_id stands twice with different content"
ERASED = "erased at the person's request"

GUARDS = (guards.EXTRACT_SIZE, guards.EXTRACT_COLUMNS)

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


class RawManifest(Manifest):
    """What the extract of a day held.

    `checksum` is the same for the same fingerprints in any order; `customers_file` is a dataset with customer_id,
    fingerprint, departed, rows and conflicting, a row for each customer_id. `columns` are the fields of ours that the
    extract has. `stopped` and `allowed` have by guard what it saw; what is stopped is not normalized.
    """

    day: date
    rules_signature: str
    rows: int
    customers: int
    set_aside: dict[str, int]
    repeated_rows: int
    departed: int
    unused_columns: list[str]
    files: dict[str, str]
    customers_file: str
    checksum: str
    columns: list[str] = Field(default_factory=list)
    stopped: dict[str, str] = Field(default_factory=dict)
    allowed: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was found in a share of the extract's files: rows, columns, and fingerprints by bucket."""

    rows: int
    columns: source.Columns
    files: Parts


@dataclass(frozen=True, slots=True)
class _Settled:
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


def read_extract(
    settings: Settings,
    workers: Workers,
    day: date,
    rules_signature: str,
    allow: Collection[str] = (),
    tombstones: Tombstones = NOBODY,
) -> RawManifest:
    """Fingerprint the day's extract and publish the result, also where a guard stops the day.

    `allow` names guards that let the day through; customers of `tombstones` are set aside, as if they were not there.

    Raises:
        SettingsError: There is no guard of a name in `allow`.
        ExtractError: The extract is missing, unreadable, breaks the input contract or has no usable row.
    """
    guards.refuse_unknown(allow, GUARDS)
    stamps = source.stamps(settings, day)
    folder = files.private_folder(Layout(settings.state).raw(day))
    buckets = settings.engine.buckets
    with files.draft_folder_beside(folder) as draft:
        shares = source.shares(settings, day, list(stamps))
        calls = [
            (settings, day, rules_signature, share, draft / f"share-{number:04d}")
            for number, share in enumerate(shares)
        ]
        with progress.stage("reading the extract", lambda: _stated_rows(list(stamps))) as reading:
            read = workers.map(_fingerprint, calls)
            reading.rows = sum(each.rows for each in read)
        drafts = [draft / f"customers-{bucket:04d}.parquet" for bucket in range(buckets)]
        fingerprints = [[file for each in read for file in each.files[bucket]] for bucket in range(buckets)]
        with progress.stage("grouping by customer", sum(each.rows for each in read)):
            settled = workers.map(
                _settle,
                [(settings, fingerprints[bucket], tombstones, drafts[bucket]) for bucket in range(buckets)],
            )
        _refuse_empty(settings, day, rows=sum(each.rows for each in read), settled=settled)
        if source.stamps(settings, day) != stamps:
            raise ExtractError(
                f"the extract of {day} was replaced while it was read: run again when it is complete"
            )
        checksum = sha256(str(sum(each.checksum for each in settled)).encode()).hexdigest()
        published = dataset.publish(
            [[each] for each in drafts], folder / f"customers-{checksum[:16]}-of-{buckets}"
        )
    rows = sum(each.rows for each in read)
    set_aside = {
        NO_CUSTOMER_ID: rows - sum(each.rows for each in settled),
        CONFLICTING: sum(each.conflicting_rows for each in settled),
        ERASED: sum(each.erased_rows for each in settled),
    }
    result = RawManifest(
        day=day,
        rules_signature=rules_signature,
        rows=rows,
        customers=sum(each.customers for each in settled),
        set_aside=dict(+Counter(set_aside)),
        repeated_rows=sum(each.repeated_rows for each in settled),
        departed=sum(each.departed for each in settled),
        unused_columns=sorted(frozenset.intersection(*(each.columns.unused for each in read))),
        files=stamps,
        customers_file=published.name,
        checksum=checksum,
        columns=sorted(read[0].columns.fields),
    )
    stopped, allowed = guards.settled(_found(settings, result, folder), allow)
    result = result.model_copy(update={"stopped": stopped, "allowed": allowed})
    result.write(folder)
    return result


def _found(settings: Settings, result: RawManifest, folder: Place) -> dict[str, str | None]:
    """What each guard says of the day, beside earlier days that were not stopped."""
    before = (each for each in manifest.before(RawManifest, folder, result.day) if not each.stopped)
    earlier = list(islice(before, settings.guards.days))
    known = earlier[0].columns if earlier else []
    # In an incremental extract absence means nothing, and that everyone may leave was said already.
    sized = settings.source.extract == "full" and result.customers > 0
    return {
        guards.EXTRACT_SIZE: guards.extract_size(
            settings.guards, result.customers, _sizes(earlier) if sized else []
        ),
        guards.EXTRACT_COLUMNS: guards.extract_columns(
            settings.guards, result.columns, known, result.unused_columns
        ),
    }


def _sizes(earlier: Sequence[RawManifest]) -> list[int]:
    """The customers of earlier days, newest first; a size that a person let through is the measure from then on."""
    sizes = []
    for each in earlier:
        sizes.append(each.customers)
        if guards.EXTRACT_SIZE in each.allowed:
            break
    return sizes


def _stated_rows(found: Sequence[str]) -> int | None:
    """How many rows the files say they have; None where only reading them tells, or they are far away."""
    local = all(name.endswith(".parquet") and Path(name).is_file() for name in found)
    return sum(pq.read_metadata(name).num_rows for name in found) if found and local else None


def _refuse_empty(settings: Settings, day: date, *, rows: int, settled: Sequence[_Settled]) -> None:
    full = settings.source.extract == "full" and not settings.source.allow_empty
    if full and not any(each.customers for each in settled):
        raise ExtractError(
            f"the extract of {day} has no usable customer ({rows} rows read): nothing was changed anywhere; "
            "set source.allow_empty = true if every customer really left"
        )


def _fingerprint(
    settings: Settings, day: date, rules_signature: str, share: Sequence[str] | None, folder: Place
) -> _Read:
    """Write customer_id, fingerprint, departed of a share's rows below `folder`, a file or more for each bucket."""
    buckets = settings.engine.buckets
    with database.connect(settings) as connection, files.workshop(folder) as drafts:
        columns = source.view_extract(connection, settings, day, share)
        connection.execute("set variable signature = $signature", {"signature": rules_signature})
        query = _fingerprints_sql(settings)
        try:
            with progress.query(connection):
                rows = dataset.write_buckets(connection, query, drafts, buckets, "snappy")
        except duckdb.OutOfMemoryException:
            raise
        except (duckdb.Error, OSError) as error:
            raise source.unreadable(error, day, share or list(source.stamps(settings, day))) from None
        return _Read(rows, columns, dataset.hand_over(drafts, folder, buckets))


def _settle(settings: Settings, found: Sequence[Place], tombstones: Tombstones, draft: Place) -> _Settled:
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
        return _Settled(*counted.fetchall()[0])


def _fingerprints_sql(settings: Settings) -> str:
    """A 64-bit hash over all fields. DuckDB's own: it tells a change from none within one version of DuckDB.

    With a version that hashes otherwise every customer counts as changed once, is normalized again, and what comes out
    the same is not delivered again.
    """
    fields = [identifier(field) for field in input_fields(settings)]
    return f"""
with cleaned as (
  select
    *,
    date_text(clean_text(birth_date)) as birth_text
  from {source.EXTRACT}
),
dated as (
  select
    *,
    parsed_date(birth_text, date_order) as born
  from cleaned
)
select
  case when clean_text(customer_id) is not null then customer_id end as customer_id,
  hash(getvariable('signature'), {", ".join(fields)}, full_years(usable_birth_date(born, as_of), as_of)) as fingerprint,
  coalesce(word_key({DEPARTED}) in (select word from consent_words where answer), false) as departed
from dated
"""
