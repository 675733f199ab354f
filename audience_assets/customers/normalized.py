"""Brings the customers that are new or changed into canonical form, and writes the day's index of all customers."""

from collections import Counter
from collections.abc import Collection
from datetime import date
from hashlib import sha256

from pydantic import Field

from audience_assets import guards
from audience_assets.customers import canonical_rows, index, source, suppression, withheld
from audience_assets.customers.canonical_rows import NewSegment
from audience_assets.customers.raw import RawManifest
from audience_assets.delta.snapshot import IndexCounts
from audience_assets.errors import ExtractError, GuardError, StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment, Snapshot
from audience_assets.settings import Settings
from audience_assets.storage import dataset, files, manifest
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import NORMALIZED, RAW, Layout
from audience_assets.storage.manifest import Manifest
from audience_assets.storage.object_path import Place
from audience_assets.workers import Workers

GUARDS = (guards.USABLE_VALUES,)


class NormalizedManifest(Manifest):
    """What normalizing a day gave: the snapshot it describes, and how many values were refused.

    `stopped` and `allowed` have by guard what it saw; what is stopped did not become the day's snapshot.
    """

    day: date
    snapshot: str
    parent: str | None
    segment: str
    checksum: str
    index_file: str
    customers: int
    new: int
    changed: int
    left: int
    refused: dict[str, dict[str, int]]
    usable: dict[str, int]
    withheld: int = 0
    suppression_rows: int = 0
    suppression_unusable: int = 0
    stopped: dict[str, str] = Field(default_factory=dict)
    allowed: dict[str, str] = Field(default_factory=dict)

    @property
    def everybody(self) -> Snapshot:
        """The day's snapshot with nobody withheld; it need not be published."""
        return Snapshot(
            key=self.snapshot,
            day=self.day,
            parent_key=self.parent,
            segment=self.segment,
            index_file=self.index_file,
            customers=self.customers,
            new=self.new,
            changed=self.changed,
            left=self.left,
        )


def normalize_changes(
    settings: Settings, ledger: Ledger, workers: Workers, day: date, allow: Collection[str] = ()
) -> NormalizedManifest:
    """Normalize the day's new and changed customers against the newest earlier snapshot.

    Running a day again with the same extract, rules and earlier snapshot gives the same snapshot and writes nothing.
    `allow` names guards that let the day through.

    Raises:
        SettingsError: There is no guard of a name in `allow`.
        GuardError: A guard stopped the day's extract.
        StateError: raw_customers has nothing for the day, or an earlier index is missing.
        ExtractError: The extract changed or went away since raw_customers read it.
    """
    guards.refuse_unknown(allow, GUARDS)
    layout = Layout(settings.state)
    folder = files.private_folder(layout.normalized(day))
    raw = manifest.read(RawManifest, layout.raw(day), RAW)
    if raw.stopped:
        raise GuardError(f"the extract of {day} was stopped: {guards.told(raw.stopped)}")
    parent = ledger.newest_snapshot_before(day)
    base = _base_key(settings, raw, parent)
    suppressed = suppression.load(
        settings, day, secret := ledger.erasures.secret(), ledger.erasures.tombstones()
    )
    found = _known(ledger, layout, folder, base) or _write(
        settings, ledger, workers, raw, parent, base, secret
    )
    snapshot = withheld.of(settings, ledger, workers, found.everybody, suppressed, secret)
    result = found.model_copy(
        update={
            "snapshot": snapshot.key,
            "withheld": snapshot.withheld,
            "suppression_rows": suppressed.rows,
            "suppression_unusable": suppressed.unusable,
        }
    )
    # What was let through once stays so for the same extract.
    stopped, allowed = guards.settled(_found(settings, result, folder), {*allow, *result.allowed})
    result = result.model_copy(update={"stopped": stopped, "allowed": allowed})
    if not result.stopped:
        ledger.publish_snapshot(snapshot)
    result.write(folder)
    return result


def _write(
    settings: Settings,
    ledger: Ledger,
    workers: Workers,
    raw: RawManifest,
    parent: Snapshot | None,
    base: str,
    secret: bytes,
) -> NormalizedManifest:
    """Write the day's index and its new segment, and tell the ledger of the segment."""
    layout, day, name = Layout(settings.state), raw.day, f"{raw.day}-{base}"
    folder = layout.normalized(day)
    before = _index_of(layout, parent)
    with files.draft_folder_beside(folder) as draft:
        alike = parent is not None and len(before.buckets) == settings.engine.buckets
        drafts: list[list[Place]] = []
        if (counts := _nothing_new(layout, raw, parent) if alike else None) is None:
            drafts = index.drafts(settings, draft)
            counts = index.write(settings, workers, raw, before, name, drafts)
        if source.stamps(settings, day) != raw.files:
            raise ExtractError(
                f"the extract of {day} was replaced after raw_customers read it: materialize {RAW} again"
            )
        listed = [each for bucket in drafts for each in bucket]
        segment = NewSegment(name, counts.fresh, counts.customers - counts.fresh, secret)
        values = canonical_rows.write(settings, workers, raw, segment, listed, draft)
        if values.rows != counts.fresh:
            raise ExtractError(
                f"the extract of {day} changed after raw_customers read it: materialize {RAW} again"
            )
        normalized = dataset.publish(values.files, folder / f"customers-{name}")
        keys = dataset.publish(values.keys, folder / f"keys-{name}")
        # The same index again is not kept twice, so that a delta sees at once that there is nothing to compare.
        index_file = (
            layout.absolute(parent.index_file)
            if parent is not None and alike and not counts.fresh + counts.left
            else dataset.publish(drafts, folder / f"index-{base}")
        )
    ledger.record_segment(
        Segment(
            name=name,
            day=day,
            rules_signature=raw.rules_signature,
            normalized_file=layout.relative(normalized),
            rows=counts.fresh,
            keys_file=layout.relative(keys),
        )
    )
    return NormalizedManifest(
        day=day,
        snapshot=base,
        parent=parent.key if parent else None,
        segment=name,
        checksum=raw.checksum,
        index_file=layout.relative(index_file),
        customers=counts.customers,
        new=counts.new,
        changed=counts.fresh - counts.new,
        left=counts.left,
        refused=values.refused,
        usable=values.usable,
    )


def _found(settings: Settings, result: NormalizedManifest, folder: Place) -> dict[str, str | None]:
    """What each guard says of the day, beside earlier days that were not stopped."""
    fresh, sentence = result.new + result.changed, None
    if guards.may_lose_values(settings.guards, fresh, result.customers):
        before = _shares_before(settings, result, folder)
        sentence = guards.usable_values(settings.guards, result.customers, fresh, result.usable, before)
    return {guards.USABLE_VALUES: sentence}


def _shares_before(settings: Settings, result: NormalizedManifest, folder: Place) -> dict[str, float]:
    """For each field, who had a usable value among those who were new or changed on the last days.

    Older days are looked at too until their customers are as many as the day's, so that a few do not stand for all.
    """
    days, seen, usable, customers = 0, 0, Counter[str](), Counter[str]()
    for earlier in manifest.before(NormalizedManifest, folder, result.day):
        if days >= settings.guards.days and seen >= result.new + result.changed:
            break
        if not earlier.stopped:
            fresh = earlier.new + earlier.changed
            days, seen = days + 1, seen + fresh
            usable.update(earlier.usable)
            customers.update(dict.fromkeys(earlier.usable, fresh))
            if earlier.allowed:
                break  # what a person let through is the measure from then on
    return {field: usable[field] / number for field, number in customers.items() if number}


def _base_key(settings: Settings, raw: RawManifest, parent: Snapshot | None) -> str:
    """The same for the same extract, rules and earlier customers, however often the day is run."""
    parts = [
        raw.day.isoformat(),
        raw.checksum,
        raw.rules_signature,
        parent.segment if parent else "",
        settings.source.extract,
        str(settings.engine.buckets),
    ]
    return sha256("\n".join(parts).encode()).hexdigest()[:16]


def _known(ledger: Ledger, layout: Layout, folder: Place, base: str) -> NormalizedManifest | None:
    """What an earlier run of the same day wrote, if all of it is still there."""
    try:
        earlier = manifest.read(NormalizedManifest, folder, NORMALIZED)
    except StateError:
        return None
    segment = ledger.segment(earlier.segment)
    if segment is None or not earlier.segment.endswith(f"-{base}"):
        return None
    needed = [earlier.index_file, segment.keys_file, segment.hashed_file or segment.normalized_file]
    if not all(path and layout.absolute(path).exists() for path in needed):
        return None
    return earlier


def _index_of(layout: Layout, snapshot: Snapshot | None) -> Dataset:
    """A snapshot's index; one without customers for none.

    Raises:
        StateError: It is missing.
    """
    return Dataset.existing(layout.absolute(snapshot.index_file), NORMALIZED) if snapshot else Dataset(())


def _nothing_new(layout: Layout, raw: RawManifest, parent: Snapshot | None) -> IndexCounts | None:
    """What an index would count whose extract and rules are those of its parent; None where they are not."""
    if parent is None:
        return None
    try:
        earlier = manifest.read(NormalizedManifest, layout.normalized(parent.day), NORMALIZED)
    except StateError:
        return None
    same = earlier.segment == parent.segment and earlier.checksum == raw.checksum
    return IndexCounts(parent.customers, fresh=0, new=0, left=0) if same else None
