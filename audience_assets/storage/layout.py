"""Where everything of ours lies below the state directory: one folder for each asset, one below it for each day."""

from dataclasses import dataclass
from datetime import date

from audience_assets.storage.keys import NO_KEYS, Keys
from audience_assets.storage.object_path import Place

RAW = "raw_customers"
NORMALIZED = "normalized_customers"
HASHED = "hashed_customers"
DELTA = "delta"
REFUSED = "refused"
SENT = "sent"
QUARANTINE = "quarantine"
SIZES = "audience_sizes"
SPILL = "spill"
"""Where DuckDB keeps what does not fit the memory limit."""
FOLDERS = frozenset({RAW, NORMALIZED, HASHED, QUARANTINE, SIZES, SPILL})
"""What is ours below the state directory, so that no destination may be called so; assets have the names of their folders."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The state directory, and the keys that seal what is in it."""

    root: Place
    keys: Keys = NO_KEYS

    def raw(self, day: date) -> Place:
        """Fingerprints of the day's extract, and the rows that were set aside."""
        return self.root / RAW / day.isoformat()

    def normalized(self, day: date) -> Place:
        """Canonical customers, in clear, that were new or changed on the day; and the day's index."""
        return self.root / NORMALIZED / day.isoformat()

    def hashed(self, day: date) -> Place:
        """What every destination needs of the same customers, and the ids that left."""
        return self.root / HASHED / day.isoformat()

    def left(self, day: date, snapshot: str) -> Place:
        """The ids that left between a day's snapshot and the one before it, as a dataset."""
        return self.hashed(day) / f"left-{snapshot}"

    def delta(self, destination: str, day: date) -> Place:
        """The files that the day's delivery sends."""
        return self.root / destination / DELTA / day.isoformat()

    def refused(self, destination: str, day: date) -> Place:
        """Which customers the partner refused on the day, and why."""
        return self.root / destination / REFUSED / day.isoformat()

    def sent(self, destination: str, day: date) -> Place:
        """Whose rows the day's deliveries had, once their files are removed."""
        return self.root / destination / SENT / day.isoformat()

    def quarantine(self, day: date) -> Place:
        """Which values were refused as of the day, of whom, and why."""
        return self.root / QUARANTINE / day.isoformat()

    def sizes(self, day: date) -> Place:
        """What partners told of their audiences on the day: numbers only."""
        return self.root / SIZES / day.isoformat()

    def relative(self, path: Place) -> str:
        """How the ledger names a file of ours, so that the state directory can be moved."""
        return path.relative_to(str(self.root)).as_posix()

    def absolute(self, relative: str) -> Place:
        """The file that the ledger names."""
        return self.root / relative
