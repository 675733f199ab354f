"""A snapshot: which segment of the hashed log holds each customer as of a day. Set operations on narrow Parquet files.

An index has customer_id, fingerprint and segment, one row a customer, sorted by customer_id.
"""

from pathlib import Path

import duckdb

NO_INDEX = (
    "select null::varchar as customer_id, null::uuid as fingerprint, null::varchar as segment where false"
)


def view_index(connection: duckdb.DuckDBPyConnection, name: str, index_file: Path | None) -> None:
    """Create the view `name` over an index file, or an empty one where there is no earlier snapshot."""
    index = (
        connection.sql(NO_INDEX)
        if index_file is None
        else connection.read_parquet(str(index_file), hive_partitioning=False)
    )
    index.create_view(name, replace=True)


def select_changed(connection: duckdb.DuckDBPyConnection) -> int:
    """Fill the table `wanted` with customers of `today` whose fingerprint `parent` does not have; return how many."""
    connection.execute("""
        create or replace temp table wanted as
        select today.customer_id
        from today
        left join parent using (customer_id)
        where today.fingerprint is distinct from parent.fingerprint
    """)
    return int(connection.execute("select count(*) from wanted").fetchall()[0][0])


def next_index_sql(*, incremental: bool) -> str:
    """The index after `today`, where `kept` lists customers that stay as `parent` has them; `$segment` is the new one.

    In a full extract a customer who is in neither `today` nor `kept` has left; in an incremental one, absence means
    nothing and `today.departed` says who left.
    """
    left = "where not today.departed" if incremental else ""
    stays = "anti join today using (customer_id)" if incremental else "semi join kept using (customer_id)"
    return f"""
select
  today.customer_id,
  today.fingerprint,
  if(today.fingerprint is not distinct from parent.fingerprint, parent.segment, getvariable('segment')) as segment
from today
left join parent using (customer_id)
{left}
union all
select
  parent.customer_id,
  parent.fingerprint,
  parent.segment
from parent
{stays}
order by customer_id
"""
