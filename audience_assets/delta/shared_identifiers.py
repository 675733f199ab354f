"""What of a leaver nobody else holds. Set operations over the hashed log's rows, after membership was compared.

Somebody who leaves an audience takes along only what no remaining member has: two customers may share a phone, and it stays
until the last of them leaves.
"""

from collections.abc import Sequence

import duckdb

from audience_assets.delta.changes import ROW_KEY, SEGMENT
from audience_assets.delta.membership import ATTRIBUTES, Shape, tracked_members_sql
from audience_assets.sql import identifier, listed


def spare_nothing(connection: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    """Fill `additions` with what joins, and `removals` with nothing, after a `compare` in which nobody leaves."""
    columns = listed(["audience", "customer_id", *shape.columns])
    for table, rows in (("removals", "leaving"), ("additions", "joining")):
        connection.execute(f"create or replace temp table {table} as select {columns} from {rows}")


def spare_what_others_hold(connection: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    """Fill `removals` and `additions` (audience, customer_id, the columns) after `compare`, with `log_rows` and `due`.

    `removals` has of each leaving row what no due member of the audience holds. `additions` has what joins, and again
    each member who shares something with a removal: the partner may have taken the two for one person.
    """
    connection.execute(_sifted_sql(shape, _attributes_in_use(connection, shape)))
    connection.execute(_sharing_sql(shape))
    connection.execute(_removals_sql(shape))
    columns = listed(["audience", "customer_id", *shape.columns])
    again = "\nunion\n".join(
        f"select {', '.join(['audience', 'customer_id', *shape.columns])} from sharing "
        f"semi join removed on removed.audience = sharing.audience and removed.{name} = sharing.{name}"
        for name in map(identifier, shape.identities)
    )
    connection.execute(f"""
        create or replace temp table additions as
        with removed as (
          select * from leaving semi join removals using (audience, customer_id)
        ),
        again as (
          {again}
        )
        select
        {columns}
        from joining
        union all
        select
        {columns}
        from again
        anti join joining using (audience, customer_id)
    """)


def _attributes_in_use(connection: duckdb.DuckDBPyConnection, shape: Shape) -> list[list[str]]:
    """Which attributes together some tracked audience is fed with."""
    if not shape.attributes:
        return []
    names = ", ".join(map(identifier, shape.attributes))
    used = connection.execute(f"select distinct {names} from tracked").fetchall()
    sets = [[name for name, is_used in zip(shape.attributes, row, strict=True) if is_used] for row in used]
    return [names for names in sets if names]


def _sifted_sql(shape: Shape, attributes_in_use: Sequence[Sequence[str]]) -> str:
    """The table `sifted`: rows of the log that have something in common with a leaving row, whoever's and however old.

    They are sifted in one pass, before anybody looks at their audiences; so their attributes are compared as each
    audience would see them.
    """
    sifted = [
        f"customer.{name} in (select {name} from leaving where {name} is not null)"
        for name in map(identifier, shape.identifiers)
    ]
    for names in attributes_in_use:
        together = ", ".join(map(identifier, names))
        sifted.append(
            f"hash({together}) in (select hash({together}) from leaving where {identifier(ATTRIBUTES)} is not null)"
        )
    return f"""
create or replace temp table sifted as
select *
from log_rows as customer
where {" or ".join(sifted)}
"""


def _sharing_sql(shape: Shape) -> str:
    """The table `sharing`: due members of any kind who have something in common with a leaving row of their audience."""
    shared = "\nunion\n".join(
        f"select member.* from member semi join leaving"
        f" on leaving.audience = member.audience and leaving.{name} = member.{name}"
        for name in map(identifier, shape.identities)
    )
    meets = " or ".join(
        f"{name} in (select {name} from leaving where {name} is not null)"
        for name in map(identifier, shape.identities)
    )
    return f"""
create or replace temp table sharing as
with unchanged as (
  select *
  from sifted
  semi join due on due.customer_id = sifted.{ROW_KEY} and due.segment = sifted.{SEGMENT}
  anti join candidates on candidates.customer_id = sifted.{ROW_KEY}
),
member as (
  select * from due_members where {meets}
  union all
  {tracked_members_sql(shape, "unchanged", "tracked.wanted")}
)
{shared}
"""


def _removals_sql(shape: Shape) -> str:
    """The table `removals`: leaving rows without what a due member of the audience has; none that would name nobody."""
    joins, spared = [], {}
    for number, name in enumerate(map(identifier, shape.identities)):
        joins.append(
            f"left join (select distinct audience, {name} from sharing where {name} is not null) as other_{number}"
            f" on other_{number}.audience = leaving.audience and other_{number}.{name} = leaving.{name}"
        )
        spared[name] = f"leaving.{name} is not null and other_{number}.audience is null"
    alone = {identifier(name): spared[identifier(name)] for name in shape.identifiers}
    together = {identifier(name): spared[identifier(ATTRIBUTES)] for name in shape.attributes}
    columns = [
        f"case when {(alone | together).get(name, 'false')} then leaving.{name} end as {name}"
        for name in shape.columns
    ]
    return f"""
create or replace temp table removals as
select
{listed(["leaving.audience", "leaving.customer_id", *columns])}
from leaving
{chr(10).join(joins)}
where {" or ".join(f"({condition})" for condition in spared.values())}
"""
