"""How a snapshot came from an earlier one: day after day, and who may stand elsewhere in the log since."""

from collections.abc import Sequence

import duckdb

from audience_assets.delta import changes
from audience_assets.delta.snapshot import NO_INDEX, NO_WITHHELD, Members
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Snapshot
from audience_assets.storage import dataset
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import HASHED, Layout

MAY_DIFFER = "may_differ"
"""The table that `view_who_may_differ` fills: customer_id."""


def members_of(ledger: Ledger, layout: Layout, key: str | None) -> Members:
    """The customers of a snapshot that any partner may hold; nobody for no snapshot.

    Raises:
        StateError: The snapshot or its index is missing.
    """
    if key is None:
        return Members(Dataset(()))
    snapshot = ledger.snapshot(key)
    if snapshot is None:
        raise StateError(
            f"the ledger does not know the snapshot {key}: restore it together with the state directory"
        )
    return Members.of(layout, snapshot.index_file, snapshot.withheld_file)


def view_who_may_differ(
    connection: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, held: str | None, due: str | None
) -> str | None:
    """Fill a table with everybody who can stand elsewhere in the log as of `due` than as of `held`; its name.

    An index is made from the one of the day before: whoever is neither in the segment of a day since then nor on its list
    of who left has been carried along. So two indexes of all customers need not be joined to find the few.

    Returns:
        None where one did not come from the other, where that is no longer known, or where they are many.
    """
    since = _since(ledger, held, due)
    if since is None or sum(each.new + each.changed + each.left for each in since) > changes.MANY:
        return None
    try:
        left = [Dataset.published(layout.left(each.day, each.key), HASHED) for each in since]
    except StateError:
        return None
    before, after = (members_of(ledger, layout, key) for key in (held, due))
    dataset.read(connection, after.index.files, NO_INDEX).create_view("index_as_of_due", replace=True)
    ids = [file for each in (*left, before.withheld, after.withheld) for file in each.files]
    dataset.read(connection, ids, NO_WITHHELD).create_view("listed", replace=True)
    connection.execute(
        f"""
        create or replace temp table {MAY_DIFFER} as
        select customer_id
        from index_as_of_due
        where segment in (select unnest(cast($segments as varchar[])))
        union
        select customer_id
        from listed
        """,
        {"segments": [each.segment for each in since]},
    )
    return MAY_DIFFER


def _since(ledger: Ledger, held: str | None, due: str | None) -> Sequence[Snapshot] | None:
    """The snapshots from the one after `held` to `due`, newest first; None where `due` did not come from `held`."""
    before = ledger.snapshot(held) if held else None
    each = ledger.snapshot(due) if due else None
    since: list[Snapshot] = []
    while before is not None and each is not None and each.day >= before.day:
        if each.index_file == before.index_file:
            return since
        since.append(each)
        each = ledger.snapshot(each.parent_key) if each.parent_key else None
    return None
