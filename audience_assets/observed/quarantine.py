"""The quarantine of a day: every value and every person that is refused as of its customers, with the reason, and since when.

It is made from the quarantine of the day before and from what the day's new and changed customers bring, bucket by bucket. So
an entry is looked at again when its cause may be gone, and only then: when the customer's row, a rule or a setting changed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from audience_assets import progress
from audience_assets.customers.hashed import HashedManifest
from audience_assets.destinations.column import Destination
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Snapshot
from audience_assets.observed import partner_refusals, quarantine_rows
from audience_assets.observed.quarantine_manifest import QuarantineManifest, ReasonCount
from audience_assets.observed.quarantine_rows import Counted
from audience_assets.observed.quarantine_sources import Day
from audience_assets.settings import Settings
from audience_assets.storage import dataset, files, manifest
from audience_assets.storage.layout import HASHED, NORMALIZED, Layout
from audience_assets.workers import Workers


def build(
    settings: Settings, ledger: Ledger, workers: Workers, destinations: Mapping[str, Destination], day: date
) -> QuarantineManifest:
    """Write the day's quarantine; again the same day, it has what partners refused meanwhile.

    Raises:
        StateError: hashed_customers has nothing for the day, or its files are gone.
    """
    layout = Layout(settings.state)
    made = _day(settings, ledger, destinations, day)
    folder = files.private_folder(layout.quarantine(day))
    before = made.before()
    since = made.since(before)
    with files.draft_folder_beside(folder) as draft:
        refused = partner_refusals.write(
            settings, ledger, destinations.keys(), day, since, draft / "partners.parquet"
        )
        sources, unknown = made.sources(before, refused.entries)
        drafts = [draft / f"{bucket:04d}.parquet" for bucket in range(settings.engine.buckets)]
        calls = [(settings, sources, bucket, each) for bucket, each in enumerate(drafts)]
        with progress.stage("looking at what is refused"):
            counted = workers.map(quarantine_rows.write, calls)
        name = f"quarantine-{made.snapshot.key}"
        written = dataset.publish([[each] for each in drafts], folder / name)
    result = _manifest_of(made.snapshot, layout.relative(written), counted, unknown, refused.looked_at)
    result.write(folder)
    return result


def _day(settings: Settings, ledger: Ledger, destinations: Mapping[str, Destination], day: date) -> Day:
    """What the steps before left of a day."""
    hashed = manifest.read(HashedManifest, Layout(settings.state).hashed(day), HASHED)
    snapshot = ledger.snapshot(hashed.snapshot)
    newest = ledger.segment(snapshot.segment) if snapshot else None
    if snapshot is None or newest is None:
        raise StateError(f"the ledger does not know the snapshot of {day}: materialize {NORMALIZED} again")
    return Day(settings, ledger, destinations, hashed, snapshot, newest)


def _manifest_of(
    snapshot: Snapshot,
    file: str,
    counted: Sequence[Counted],
    unknown: list[str],
    looked_at: dict[str, int],
) -> QuarantineManifest:
    reasons = sum((each.reasons for each in counted), Counter[tuple[str, ...]]())
    rows, kept = reasons.total(), sum(each.kept for each in counted)
    return QuarantineManifest(
        day=snapshot.day,
        snapshot=snapshot.key,
        segment=snapshot.segment,
        file=file,
        rows=rows,
        new=rows - kept,
        gone=sum(each.before for each in counted) - kept,
        reasons=[
            ReasonCount(kind=kind, destination=destination, field=field, reason=reason, entries=entries)
            for (kind, destination, field, reason), entries in sorted(reasons.items())
        ],
        unknown=unknown,
        looked_at=looked_at,
    )
