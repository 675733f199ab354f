"""The day's index of all customers, written bucket by bucket: which segment of the log holds each of them."""

from collections.abc import Sequence

from audience_assets import database, progress
from audience_assets.customers import fingerprints
from audience_assets.customers.raw import RawManifest
from audience_assets.delta import snapshot as snapshots
from audience_assets.delta.snapshot import IndexCounts
from audience_assets.settings import Settings
from audience_assets.storage import dataset, files
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import RAW, Layout
from audience_assets.storage.object_path import Place
from audience_assets.workers import Workers


def write(
    settings: Settings,
    workers: Workers,
    raw: RawManifest,
    parent: Dataset,
    segment: str,
    written: Sequence[Sequence[Place]],
) -> IndexCounts:
    """Write the index of a day's extract against an earlier one as `drafts` says; return what it counts.

    Raises:
        StateError: What raw_customers found is missing.
    """
    today = Dataset.existing(Layout(settings.state).raw(raw.day) / raw.customers_file, RAW)
    calls = [(settings, today, parent, segment, bucket, draft) for bucket, (draft,) in enumerate(written)]
    with progress.stage("comparing with the day before", raw.customers):
        counted = workers.map(_write, calls)
    return IndexCounts(
        customers=sum(each.customers for each in counted),
        fresh=sum(each.fresh for each in counted),
        new=sum(each.new for each in counted),
        left=sum(each.left for each in counted),
    )


def drafts(settings: Settings, folder: Place) -> list[list[Place]]:
    """The one draft of each bucket."""
    return [[folder / f"index-{bucket:04d}.parquet"] for bucket in range(settings.engine.buckets)]


def segments_of(settings: Settings, listed: Dataset) -> list[str]:
    """The segments that an index refers to, in order."""
    with database.connect(settings, rules=False) as connection:
        dataset.read(connection, listed.files, snapshots.NO_INDEX).create_view("following", replace=True)
        found = connection.execute("select distinct segment from following order by segment").fetchall()
    return [name for (name,) in found]


def _write(
    settings: Settings, today: Dataset, parent: Dataset, segment: str, bucket: int, draft: Place
) -> IndexCounts:
    """Write the index of a bucket's customers."""
    with database.connect(settings, rules=False) as connection, files.written(draft) as path:
        buckets = settings.engine.buckets
        today.view(connection, "settled", fingerprints.NO_CUSTOMERS, bucket, buckets)
        parent.view(connection, "parent", snapshots.NO_INDEX, bucket, buckets)
        connection.execute("create temp view today as select * from settled where not conflicting")
        connection.execute("create temp view kept as select * from settled where conflicting")
        connection.execute("set variable segment = $segment", {"segment": segment})
        query = snapshots.next_index_sql(incremental=settings.source.extract == "incremental")
        with progress.query(connection):
            dataset.write(connection, query, path, "zstd")
        dataset.read(connection, [path], snapshots.NO_INDEX).create_view("following", replace=True)
        return snapshots.count(connection)
