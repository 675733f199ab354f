"""Where everything of ours lies below the state directory: one folder for each asset, one below it for each day."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The state directory."""

    root: Path

    def raw(self, day: date) -> Path:
        """Fingerprints of the day's extract, and the rows that were set aside."""
        return self.root / "raw_customers" / day.isoformat()

    def normalized(self, day: date) -> Path:
        """Canonical customers, in clear, that were new or changed on the day; and the day's index."""
        return self.root / "normalized_customers" / day.isoformat()

    def hashed(self, day: date) -> Path:
        """What every destination needs of the same customers, and the ids that left."""
        return self.root / "hashed_customers" / day.isoformat()

    def delta(self, destination: str, day: date) -> Path:
        """The files that the day's delivery sends."""
        return self.root / destination / "delta" / day.isoformat()

    def refused(self, destination: str, day: date) -> Path:
        """Which customers the partner refused on the day, and why."""
        return self.root / destination / "refused" / day.isoformat()

    @property
    def spill(self) -> Path:
        """Where DuckDB spills what does not fit its memory limit."""
        return self.root / "spill"

    def relative(self, path: Path) -> str:
        """How the ledger names a file of ours, so that the state directory can be moved."""
        return path.relative_to(self.root).as_posix()

    def absolute(self, relative: str) -> Path:
        """The file that the ledger names."""
        return self.root / relative
