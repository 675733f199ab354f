"""Removes what is older than the settings keep it, and nothing that a day, a delivery or a partner's state still needs.

It looks at the files that are there and keeps those that the ledger says are needed, so that being killed in the middle
does no harm: what is left is found by the next run. Manifests and the ledger stay, they have counts and names of files.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from audience_assets.destinations.column import Destination
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment
from audience_assets.observed import sent_rows
from audience_assets.retention.needed_files import Needed, first_kept, needed_files
from audience_assets.settings import Settings
from audience_assets.storage import listing, manifest
from audience_assets.storage.layout import DELTA, HASHED, NORMALIZED, QUARANTINE, RAW, REFUSED, SPILL
from audience_assets.storage.layout import SENT as NARROW
from audience_assets.storage.listing import Listed

RECORDS = "normalized records"
SENT = "batch files"
STATE = "state"
LEFTOVERS = "leftovers of killed processes"
KINDS = (RECORDS, SENT, STATE, LEFTOVERS)

RECORDS_BEGIN = "customers-"
"""How the names of normalized records begin, beside an index of the same day."""
COUNTS = "sizes-"
"""How the names of files begin that have counts only."""
DRAFT = ".draft-"

YOUNG = timedelta(days=1)
"""What was written since then stays: a run may be at work on it."""


@dataclass(frozen=True, slots=True)
class Purge:
    """What was removed, or would be: files and bytes by kind; and how many normalized datasets had to stay, and why."""

    files: Mapping[str, int]
    bytes: Mapping[str, int]
    kept: int = 0
    why_kept: str = ""

    def sentences(self, *, dry_run: bool = False) -> list[str]:
        """A line for each kind."""
        verb = "would remove" if dry_run else "removed"
        lines = [f"{verb} {self.files[kind]} files of {kind}, {self.bytes[kind]} bytes" for kind in KINDS]
        return [*lines, *([self.why_kept] if self.kept else [])]


def purge(
    settings: Settings,
    ledger: Ledger,
    destinations: Mapping[str, Destination],
    *,
    dry_run: bool = False,
    now: datetime | None = None,
) -> Purge:
    """Remove what is older than the settings keep it.

    Args:
        settings: Say for how long what is kept.
        ledger: Knows what is needed.
        destinations: Normalized records stay until they are hashed for all of these.
        dry_run: Only say what would be removed.
        now: The present moment, unless it is another one.

    Raises:
        StateError: An index that is needed is missing, so nothing was removed.
        OutOfOrderError: Another purge is at work.
    """
    now = now or datetime.now(UTC)
    today = now.astimezone(ZoneInfo(settings.partitions.timezone)).date()
    with ledger.lease("retention"):
        needed = needed_files(settings, ledger, destinations, today)
        # Those that are not configured any more have files too.
        names = ledger.destinations() | destinations.keys()
        doomed = {
            listed.name: (kind, listed.size)
            for listed in listing.listed(settings.state)
            if now - listed.written > YOUNG and (kind := _kind(settings, names, listed, today, needed))
        }
        if not dry_run:
            sent = {name for name, (kind, _) in doomed.items() if kind == SENT}
            first = min(first_kept(settings.retention.state_days, today), needed.newest)
            sent_rows.keep(settings, ledger, names, sent, first)
            # First in the ledger: a file that it does not name is found here again, one that is gone would be missed.
            for segment in needed.records:
                ledger.forget_normalized_file(segment.name)
            listing.remove(settings.state, doomed)
        swept = dict(_swept(settings, now, dry_run=dry_run))
    files, sizes = Counter(dict.fromkeys(KINDS, 0)), Counter(dict.fromkeys(KINDS, 0))
    for kind, size in [*doomed.values(), *swept.values()]:
        files[kind] += 1
        sizes[kind] += size
    return Purge(dict(files), dict(sizes), len(needed.kept), _why_kept(needed.kept))


def _kind(
    settings: Settings, destinations: Collection[str], listed: Listed, today: date, needed: Needed
) -> str | None:
    """As what a file of the state directory is to be removed; None where it stays."""
    asset, day, name = _parts(listed.name)
    if day is None or name in {manifest.NAME, ""} or name.startswith(COUNTS):
        return None
    if name.startswith(DRAFT):
        return LEFTOVERS
    retention = settings.retention
    periods = dict.fromkeys((RAW, HASHED, QUARANTINE), (STATE, retention.state_days))
    periods |= {f"{each}/{NARROW}": (STATE, retention.state_days) for each in destinations}
    periods |= {
        f"{each}/{folder}": (SENT, retention.delta_days)
        for each in destinations
        for folder in (DELTA, REFUSED)
    }
    periods[NORMALIZED] = (
        (RECORDS, retention.normalized_days)
        if name.startswith(RECORDS_BEGIN)
        else (STATE, retention.state_days)
    )
    kind, days = periods.get(asset, ("", 0))
    old = kind and day < min(first_kept(days, today), needed.newest)
    return kind if old and not needed.holds(listed.name) else None


def _parts(name: str) -> tuple[str, date | None, str]:
    """Asset, day and the rest's first part, of a file in the folder of an asset's day."""
    parts = PurePosixPath(name).parts
    for at, part in enumerate(parts[:-1]):
        try:
            return "/".join(parts[:at]), date.fromisoformat(part), parts[at + 1]
        except ValueError:
            continue
    return name, None, ""


def _swept(settings: Settings, now: datetime, *, dry_run: bool) -> Iterable[tuple[str, tuple[str, int]]]:
    """Drafts and overflow in the scratch folder that nobody wrote to for a day."""
    old = [
        listed
        for listed in listing.listed(settings.scratch)
        if now - listed.written > YOUNG and listed.name.startswith((DRAFT, f"{SPILL}/"))
    ]
    if not dry_run:
        listing.remove(settings.scratch, [listed.name for listed in old])
    return ((listed.name, (LEFTOVERS, listed.size)) for listed in old)


def _why_kept(kept: list[Segment]) -> str:
    if not kept:
        return ""
    days = sorted({str(each.day) for each in kept})
    return (
        f"kept the normalized records of {', '.join(days)}, which are not hashed for every destination: materialize {HASHED} "
        "for the newest day"
    )
