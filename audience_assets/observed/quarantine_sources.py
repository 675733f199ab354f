"""What a day's quarantine is made from: the one before with what changed since, or all records that are still there."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from audience_assets.customers import index
from audience_assets.customers.fields import rules_of
from audience_assets.customers.hashed import HashedManifest
from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.destinations.column import Destination
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment, Snapshot
from audience_assets.observed import refusals
from audience_assets.observed.partner_refusals import Since
from audience_assets.observed.quarantine_manifest import QuarantineManifest
from audience_assets.observed.refusals import PARTNER, Refusal
from audience_assets.settings import Settings
from audience_assets.storage import manifest
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import HASHED, NORMALIZED, QUARANTINE, Layout

NOTHING = Dataset(())
"""No rows of any kind."""


@dataclass(frozen=True, slots=True)
class Records:
    """Normalized records of a segment, and what is to be looked at in them.

    `rules_known` says whether the rules were those of today when they were made; of the newest segment everybody is still there.
    """

    segment: str
    day: date
    files: Dataset
    refusals: tuple[Refusal, ...]
    rules_known: bool
    newest: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """What a bucket of the quarantine is made from.

    Attributes:
        day: The day.
        before: The quarantine that goes on.
        changed: Customers of whom nothing goes on, because their records are looked at.
        left: Customers who are not there any more.
        index: All customers with their segments.
        partners: Whom partners refused.
        records: What is looked at; all segments of the index, or only the newest, of which everybody is in the index.
    """

    day: date
    before: Dataset
    changed: Dataset
    left: Dataset
    index: Dataset
    partners: Dataset
    records: tuple[Records, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of which the quarantine is made.

    Attributes:
        settings: The deployment.
        ledger: Its ledger.
        destinations: Whose forms may refuse something.
        hashed: What the step before wrote down.
        snapshot: The day's customers.
        newest: The segment of those who were new or changed.
    """

    settings: Settings
    ledger: Ledger
    destinations: Mapping[str, Destination]
    hashed: HashedManifest
    snapshot: Snapshot
    newest: Segment

    @property
    def layout(self) -> Layout:
        """The state directory."""
        return Layout(self.settings.state)

    def before(self) -> QuarantineManifest | None:
        """The quarantine of the customers that the day's were made from; the day's own one where its records are gone."""
        parent = self.ledger.snapshot(self.snapshot.parent_key) if self.snapshot.parent_key else None
        places = [(parent.day, parent.segment)] if parent else []
        if self._records(self.newest) is None:
            places.insert(0, (self.snapshot.day, self.newest.name))
        for day, segment in places:
            try:
                found = manifest.read(QuarantineManifest, self.layout.quarantine(day), QUARANTINE)
                self._entries(found)
            except StateError:
                continue
            if found.segment == segment:
                return found
        return None

    def since(self, before: QuarantineManifest | None) -> Since:
        """What the quarantine before says of partners."""
        if before is None:
            return Since(NOTHING, (), {})
        refusing = {each.destination for each in before.reasons if each.kind == PARTNER}
        return Since(self._entries(before), refusing, before.looked_at)

    def sources(self, before: QuarantineManifest | None, partners: Dataset) -> tuple[Sources, list[str]]:
        """What the quarantine is made from, and the segments of which nothing can be known."""
        again = before is not None and before.segment == self.newest.name
        wanted = set() if again else {self.newest.name}
        unknown = set(before.unknown) if before else set()
        if before is None and self.snapshot.parent_key is not None:
            wanted |= self._present_segments()
        elif unknown:
            unknown &= self._present_segments()
        segments = self.ledger.segments(wanted)
        records = [self._looked_at(each) for _, each in sorted(segments.items())]
        known = tuple(each for each in records if each is not None)
        goes_on = before is not None and not again
        sources = Sources(
            day=self.snapshot.day,
            before=self._entries(before) if before else NOTHING,
            changed=self._changed() if goes_on else NOTHING,
            left=Dataset.existing(self.layout.absolute(self.hashed.left_file), HASHED)
            if goes_on
            else NOTHING,
            index=self._index(),
            partners=partners,
            records=known,
        )
        return sources, sorted(unknown | (wanted - {each.segment for each in known}))

    def _entries(self, found: QuarantineManifest) -> Dataset:
        return Dataset.existing(self.layout.absolute(found.file), QUARANTINE)

    def _index(self) -> Dataset:
        return Dataset.existing(self.layout.absolute(self.snapshot.index_file), NORMALIZED)

    def _present_segments(self) -> set[str]:
        return set(index.segments_of(self.settings, self._index()))

    def _looked_at(self, segment: Segment) -> Records | None:
        files = self._records(segment)
        if files is None:
            return None
        same_rules = segment.rules_signature == self.newest.rules_signature
        refused = tuple(self._looked_for(segment))
        return Records(segment.name, segment.day, files, refused, same_rules, segment == self.newest)

    def _looked_for(self, segment: Segment) -> list[Refusal]:
        """What may be refused in a segment; of the day's own one, only what the steps before counted."""
        rules, tables = rules_of(self.settings), self.destinations.values()
        normalized = manifest.read(NormalizedManifest, self.layout.normalized(self.snapshot.day), NORMALIZED)
        if normalized.segment != segment.name:
            return [*refusals.of_fields(rules), *refusals.of_forms(tables)]
        forms = refusals.of_forms(tables, self.hashed.left_out)
        return [*refusals.of_fields(rules, normalized.refused), *forms]

    def _records(self, segment: Segment) -> Dataset | None:
        """A segment's normalized records; None where they are gone."""
        if not segment.rows:
            return NOTHING
        if segment.normalized_file is None:
            return None
        try:
            return Dataset.existing(self.layout.absolute(segment.normalized_file), NORMALIZED)
        except StateError:
            return None

    def _changed(self) -> Dataset:
        """Who is new or changed: the keys have everybody, and are kept for longer than the records."""
        if self.newest.keys_file is None:
            raise StateError(
                f"segment {self.newest.name} has no keys: materialize {NORMALIZED} for {self.newest.day} again"
            )
        return Dataset.existing(self.layout.absolute(self.newest.keys_file), NORMALIZED)
