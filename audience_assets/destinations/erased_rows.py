"""Everything that a partner was ever told of erased customers by which it knows a person, but for what others share with them."""

from collections.abc import Collection

import pyarrow as pa

from audience_assets.database import table_of_ids
from audience_assets.delta.changes import ROW_KEY, SEGMENT
from audience_assets.destinations.audience_files import shape_of
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.sql import identifier, listed


def rows_of(log: HashedLog, customers: Collection[str]) -> pa.Table:
    """Rows with the destination's identifiers, as it gets them, from all that is kept of the log.

    An identifier that a customer has who stays is left out: the partner may not be asked to forget somebody else.

    Raises:
        StateError: A segment of the log is missing.
    """
    names = shape_of(log.destination).identifiers
    columns = [log.destination.column(name) for name in names]
    table_of_ids(log.connection, "erased", customers)
    newest = log.ledger.newest_snapshot()
    log.view_everything(newest.key if newest else None)
    log.connection.execute(f"""
        create or replace temp table theirs as
        select distinct {", ".join(map(identifier, names))}
        from log_rows
        semi join erased on erased.customer_id = log_rows.{ROW_KEY}
    """)
    spared = [
        f"case when {identifier(name)} not in ({_others_sql(name)}) then {identifier(name)} end as {identifier(name)}"
        for name in names
    ]
    log.connection.execute(f"create or replace temp table spared as select {', '.join(spared)} from theirs")
    delivered = [
        f"cast({column.delivered_sql(identifier(column.name))} as {column.delivered_type}) as {identifier(column.name)}"
        for column in columns
        if column is not None
    ]
    somebody = " or ".join(f"{identifier(name)} is not null" for name in names)
    return log.connection.sql(
        f"select distinct\n{listed(delivered)}\nfrom spared\nwhere {somebody}"
    ).to_arrow_table()


def _others_sql(name: str) -> str:
    """What customers who stay have in a column, as far as the erased have it too."""
    column = identifier(name)
    return f"""
select log_rows.{column}
from log_rows
semi join due on due.customer_id = log_rows.{ROW_KEY} and due.segment = log_rows.{SEGMENT}
where log_rows.{column} in (select {column} from theirs where {column} is not null)
  and log_rows.{ROW_KEY} not in (select customer_id from erased)
"""
