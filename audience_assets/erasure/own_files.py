"""Takes erased customers out of everything of ours: every Parquet file that has rows of theirs is written again without them."""

from collections.abc import Collection, Iterator
from pathlib import PurePosixPath

import duckdb

from audience_assets import database
from audience_assets.ledger.ledger import Ledger
from audience_assets.settings import Settings
from audience_assets.sql import identifier
from audience_assets.storage import dataset, files, listing, state_reading
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import DELTA, NORMALIZED, Layout
from audience_assets.storage.object_path import Place

SUFFIXES = (".parquet", ".parquet.snappy")


def remove(settings: Settings, ledger: Ledger, customers: Collection[str]) -> int:
    """Remove the rows of these customers, and let the ledger count the others; return how many rows there were.

    Every file of ours has the customer's id in its first column. A file is replaced as a whole, so that a crash leaves it as
    it was or as it shall be; removing again removes what is left.

    Raises:
        StateError: A file cannot be read.
    """
    if not customers:
        return 0
    removed = 0
    layout = Layout(settings.state)
    for name in _parquet_files(layout):
        with database.connect(_writing(settings, name), rules=False) as connection:
            database.table_of_ids(connection, "erased", customers)
            removed += _rewrite(connection, layout.absolute(name))
    with database.connect(settings, rules=False) as connection:
        for snapshot in ledger.every_snapshot():
            if _is_there(layout, snapshot.index_file):
                rows = _rows(connection, layout, snapshot.index_file)
                withheld = _rows(connection, layout, snapshot.withheld_file)
                ledger.recount_snapshot(snapshot.key, customers=rows, withheld=withheld)
    return removed


def _parquet_files(layout: Layout) -> Iterator[str]:
    for file in listing.listed(layout.root):
        if file.name.endswith(SUFFIXES):
            yield file.name


def _writing(settings: Settings, name: str) -> Settings:
    """The settings to write a file with: what a partner was sent is never sealed."""
    is_sent = PurePosixPath(name).parts[1:2] == (DELTA,)
    return settings.model_copy(update={"encryption_key": None}) if is_sent else settings


def _rewrite(connection: duckdb.DuckDBPyConnection, file: Place) -> int:
    """Write a file again without the table `erased`, if it has any of them; return how many rows that took out."""
    rows = connection.read_parquet(state_reading.names(connection, [file]), hive_partitioning=False)
    key = identifier(rows.columns[0])
    rows.create_view("stored", replace=True)
    theirs = f"cast({key} as varchar) in (select customer_id from erased)"
    found = int(connection.execute(f"select count(*) from stored where {theirs}").fetchall()[0][0])
    if found:
        with files.draft_beside(file.parent, ".parquet") as draft:
            query = f"select * from stored where ({theirs}) is not true"
            dataset.write(connection, query, draft, "snappy")
            files.replace(draft, file)
    return found


def _is_there(layout: Layout, path: str) -> bool:
    return layout.absolute(path).exists()


def _rows(connection: duckdb.DuckDBPyConnection, layout: Layout, path: str | None) -> int:
    if path is None or not _is_there(layout, path):
        return 0
    return Dataset.existing(layout.absolute(path), NORMALIZED).rows(connection)
