"""What a destination must be told: the net effect between the snapshot it acknowledged and the one that is due.

Set operations find the customers whose segment differs; only their rows are read from the log and compared column by
column, so a cosmetic change of the extract, or a new rule that gives the same strings, tells the partner nothing.
"""

from collections.abc import Mapping, Sequence

import duckdb

from audience_assets.delta.snapshot import Members
from audience_assets.sql import identifier, literal
from audience_assets.storage import state_reading
from audience_assets.storage.object_path import Place

JOINED = "joined"
CHANGED = "changed"
LEFT = "left"

ROW_KEY = '"/customer_id"'
"""The customer's id in `held_rows` and `due_rows`: DuckDB ignores case, and a partner may call a column CUSTOMER_ID."""

SEGMENT = '"/segment"'
"""The segment in which a row of `held_rows`, `due_rows` or `log_rows` stands."""

MANY = 2_000_000
"""Of so many candidates the rows are read from the log each time; those of fewer are kept, beyond the memory limit on disk."""

Counts = dict[str, int]


def find_candidates(
    connection: duckdb.DuckDBPyConnection, held: Members, due: Members, among: str | None = None
) -> None:
    """Fill the table `candidates` with customers whose segment differs between two snapshots.

    Args:
        connection: Where the table is made.
        held: The customers of the one.
        due: Those of the other.
        among: A relation with the customer_id of everybody who can differ, and maybe others; with it, nobody else is
            compared. Without it all are, bucket by bucket.
    """
    connection.execute("""
        create or replace temp table candidates (
          customer_id varchar,
          held_segment varchar,
          due_segment varchar
        )
    """)
    if held == due:
        return
    buckets = max(held.buckets, due.buckets) if among is None else 1
    those = "" if among is None else f"semi join {identifier(among)} using (customer_id)"
    for bucket in range(buckets):
        held.view(connection, "held", bucket, buckets)
        due.view(connection, "due", bucket, buckets)
        connection.execute(f"""
            insert into candidates
            select
              coalesce(due.customer_id, held.customer_id) as customer_id,
              held.segment as held_segment,
              due.segment as due_segment
            from (from due {those}) as due
            full join (from held {those}) as held using (customer_id)
            where due.segment is distinct from held.segment
        """)


def candidate_segments(connection: duckdb.DuckDBPyConnection, side: str) -> set[str]:
    """The log's segments in which the candidates' rows of a side, held or due, stand."""
    found = connection.execute(f"select distinct {side}_segment from candidates").fetchall()
    return {name for (name,) in found if name}


def view_rows(
    connection: duckdb.DuckDBPyConnection,
    side: str,
    files: Sequence[Place],
    columns: Mapping[str, str],
    wanted: str,
) -> None:
    """Create the view `{side}_rows`: the candidates' rows as the log keeps them, read once unless there are many.

    Args:
        connection: Holds the table `candidates`.
        side: held or due.
        files: The log's files that the candidates' rows stand in.
        columns: Name in the view to name in the log; a column that no segment has is NULL.
        wanted: Name in the log of the flag that keeps a row from being delivered when it is false.
    """
    current = f"""
        semi join candidates
          on candidates.customer_id = log.customer_id
          and candidates.{side}_segment = log.segment
    """
    _view_log(connection, side, files, columns, wanted, current)
    if count_rows(connection, "candidates") < MANY:
        connection.execute(f"create or replace temp table {side}_kept as from {side}_rows")
        connection.execute(f"create or replace temp view {side}_rows as from {side}_kept")


def view_log(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Place], columns: Mapping[str, str], wanted: str
) -> None:
    """Create the view `log_rows` over everything in these files, with each row's segment, superseded ones too."""
    _view_log(connection, "log", files, columns, wanted, "")


def view_everyone(
    connection: duckdb.DuckDBPyConnection, files: Sequence[Place], columns: Mapping[str, str], wanted: str
) -> bool:
    """Create the view `everyone_rows` over all customers of the index `everyone`.

    Returns:
        Whether it has the rows as they stand in the files, in their order, none of them superseded.
    """
    rows = state_reading.rows(connection, files)
    # Each segment has a customer once, so equal counts mean that no row in these segments was superseded.
    whole: bool = rows == count_rows(connection, "everyone")
    current = (
        "semi join everyone on everyone.customer_id = log.customer_id and everyone.segment = log.segment"
    )
    _view_log(connection, "everyone", files, columns, wanted, "" if whole else current)
    return whole


def segments(connection: duckdb.DuckDBPyConnection, index: str) -> set[str]:
    """The log's segments in which the customers of an index stand."""
    return {name for (name,) in connection.execute(f"select distinct segment from {index}").fetchall()}


def count_rows(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """How many rows a relation has."""
    return int(connection.execute(f"select count(*) from {relation}").fetchall()[0][0])


def _view_log(
    connection: duckdb.DuckDBPyConnection,
    side: str,
    files: Sequence[Place],
    columns: Mapping[str, str],
    wanted: str,
    current: str,
) -> None:
    """The view `{side}_rows` over these files; `current` joins away the rows that are not meant."""
    if not files:
        nothing = ", ".join(f"null as {identifier(name)}" for name in columns)
        connection.execute(
            f"create or replace temp view {side}_rows as"
            f" select null::varchar as {ROW_KEY}, null::varchar as {SEGMENT}, {nothing} where false"
        )
        return
    variable = f"{side}_files"
    connection.execute(f"set variable {variable} = $files", {"files": state_reading.names(connection, files)})
    log = f"read_parquet(getvariable('{variable}'), hive_partitioning = false, union_by_name = true)"
    present = set(connection.sql(f"from {log}").columns)
    listed = ", ".join(
        f"{f'log.{identifier(stored)}' if stored in present else 'null'} as {identifier(name)}"
        for name, stored in columns.items()
    )
    connection.execute(f"""
        create or replace temp view {side}_rows as
        select
          log.customer_id as {ROW_KEY},
          log.segment as {SEGMENT},
          {listed}
        from {log} as log
        {current}
        where {f"log.{identifier(wanted)} is distinct from false" if wanted in present else "true"}
    """)


def compare(connection: duckdb.DuckDBPyConnection, comparisons: Mapping[str, tuple[str, str]]) -> Counts:
    """Fill the table `net_changes` with customer_id and change from the views `held_rows` and `due_rows`.

    Rows are compared by a 64-bit hash of what is compared, as their fingerprints were, so that the join holds no wide rows.

    Args:
        connection: Holds the views.
        comparisons: For each compared column, the SQL of its held and of its due side.

    Returns:
        How many customers joined, changed and left.
    """
    for side, values in (
        ("held", [held for held, _ in comparisons.values()]),
        ("due", [due for _, due in comparisons.values()]),
    ):
        connection.execute(f"""
            create or replace temp view {side}_hashes as
            select
              {ROW_KEY} as customer_id,
              hash({", ".join(values) or "0"}) as content
            from {side}_rows
        """)
    connection.execute(f"""
        create or replace temp table net_changes as
        select
          coalesce(due.customer_id, held.customer_id) as customer_id,
          case
            when due.customer_id is null then {literal(LEFT)}
            when held.customer_id is null then {literal(JOINED)}
            else {literal(CHANGED)}
          end as change
        from due_hashes as due
        full join held_hashes as held using (customer_id)
        where due.content is distinct from held.content
    """)
    counted = connection.execute("select change, count(*) from net_changes group by change").fetchall()
    return {JOINED: 0, CHANGED: 0, LEFT: 0} | dict(counted)
