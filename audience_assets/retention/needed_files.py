"""What must stay of the files of the state, however old: what the ledger says that something may still be compared with."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from pathlib import PurePosixPath

import duckdb

from audience_assets import database
from audience_assets.delta import snapshot as snapshots
from audience_assets.destinations.column import Destination
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment, Snapshot
from audience_assets.settings import Settings
from audience_assets.storage import dataset
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import HASHED, NORMALIZED, Layout


@dataclass(frozen=True, slots=True)
class Needed:
    """What must stay, and which records in clear need not.

    Attributes:
        paths: Files and datasets that the ledger names, relative to the state directory.
        records: Segments whose normalized records go.
        kept: Segments whose normalized records are old and must stay.
        newest: The newest day that has a snapshot.
    """

    paths: frozenset[str]
    records: list[Segment] = field(default_factory=list)
    kept: list[Segment] = field(default_factory=list)
    newest: date = date.max

    def holds(self, name: str) -> bool:
        """Whether a file is one of them, or in one of them."""
        return name in self.paths or any(str(above) in self.paths for above in PurePosixPath(name).parents)


def first_kept(days: int, today: date) -> date:
    """The first day that a period of so many days keeps; 0 keeps every day."""
    return today - timedelta(days=days) if days else date.min


def needed_files(
    settings: Settings, ledger: Ledger, destinations: Mapping[str, Destination], today: date
) -> Needed:
    """What must stay as of today.

    Raises:
        StateError: An index that is needed is missing.
    """
    if (snapshot := ledger.newest_snapshot()) is None:
        return Needed(frozenset())
    newest = snapshot.day
    since = first_kept(settings.retention.state_days, today)
    layout = Layout(settings.state)
    with database.connect(settings, rules=False) as connection:
        kept = ledger.needed_snapshots(since)
        segments = _segments(connection, layout, kept)
        named = ledger.segments(segments)
        before = min(newest, first_kept(settings.retention.normalized_days, today))
        old = ledger.segments_in_clear(before)
        # Where state is kept for ever, every segment may be asked for.
        everything = since == date.min
        asked_for = old if everything else [each for each in old if each.name in segments]
        staying = [each for each in asked_for if not _is_hashed(connection, settings, each, destinations)]
        going = [each for each in old if each not in staying]
    records: list[Segment | Snapshot] = [*kept.values(), *named.values(), *staying]
    paths = {path for each in records for path in _files_of(each)} | ledger.open_files()
    # The quarantine of the day that is run next goes on from that of the day before.
    paths |= {layout.relative(layout.quarantine(each.day)) for each in kept.values()}
    paths -= {each.normalized_file for each in going if each.normalized_file}
    return Needed(frozenset(paths), going, staying, newest)


def _files_of(record: Segment | Snapshot) -> Iterator[str]:
    """All files that a record of the ledger names."""
    for each in fields(record):
        if each.name.endswith("_file") and (path := getattr(record, each.name)) is not None:
            yield path


def _segments(
    connection: duckdb.DuckDBPyConnection, layout: Layout, kept: Mapping[str, Snapshot]
) -> set[str]:
    """The segments that the snapshots refer to.

    A snapshot refers to its own segment and to some of those of the one that it was made from, so only the indexes
    of those are read whose origin is not kept.

    Raises:
        StateError: An index is missing.
    """
    segments = {each.segment for each in kept.values()}
    for each in kept.values():
        if each.parent_key not in kept:
            index = Dataset.existing(layout.absolute(each.index_file), NORMALIZED)
            found = dataset.read(connection, index.files, snapshots.NO_INDEX)
            segments |= {name for (name,) in found.project("segment").distinct().fetchall()}
    return segments


def _is_hashed(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    segment: Segment,
    destinations: Mapping[str, Destination],
) -> bool:
    if segment.hashed_file is None:
        return False
    try:
        hashed = Dataset.existing(Layout(settings.state).absolute(segment.hashed_file), HASHED)
    except StateError:
        return False
    columns = hashed.columns(connection)
    return not columns or all(each.consent_name in columns for each in destinations.values())
