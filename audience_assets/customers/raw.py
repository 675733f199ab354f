"""Reads the day's extract once, sets aside what cannot be used, and compares it with the extracts of the last days."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from hashlib import sha256
from itertools import islice
from pathlib import Path

import pyarrow.parquet as pq
from pydantic import Field

from audience_assets import guards, progress
from audience_assets.customers import fingerprints, source
from audience_assets.customers.fingerprints import Settled
from audience_assets.errors import ExtractError
from audience_assets.rules.match_keys import NOBODY, Tombstones
from audience_assets.settings import Settings
from audience_assets.storage import dataset, files, manifest
from audience_assets.storage.layout import Layout
from audience_assets.storage.manifest import Manifest
from audience_assets.storage.object_path import Place
from audience_assets.workers import Workers

NO_CUSTOMER_ID = "no customer_id"
CONFLICTING = "customer_id stands twice with different content"
ERASED = "erased at the person's request"

GUARDS = (guards.EXTRACT_SIZE, guards.EXTRACT_COLUMNS)


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
            read = workers.map(fingerprints.read, calls)
            reading.rows = sum(each.rows for each in read)
        drafts = [draft / f"customers-{bucket:04d}.parquet" for bucket in range(buckets)]
        found = [[file for each in read for file in each.files[bucket]] for bucket in range(buckets)]
        with progress.stage("grouping by customer", sum(each.rows for each in read)):
            settled = workers.map(
                fingerprints.settle,
                [(settings, found[bucket], tombstones, drafts[bucket]) for bucket in range(buckets)],
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


def _refuse_empty(settings: Settings, day: date, *, rows: int, settled: Sequence[Settled]) -> None:
    full = settings.source.extract == "full" and not settings.source.allow_empty
    if full and not any(each.customers for each in settled):
        raise ExtractError(
            f"the extract of {day} has no usable customer ({rows} rows read): nothing was changed anywhere; "
            "set source.allow_empty = true if every customer really left"
        )
