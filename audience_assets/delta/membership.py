"""Who joins and who leaves each audience: set operations over the hashed log's rows of identifiers."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from audience_assets.delta.changes import CHANGED, JOINED, LEFT, ROW_KEY, Counts
from audience_assets.sql import identifier, listed, literal

AUDIENCES = "/audiences"
"""The audiences of a customer in `held_rows`, `due_rows`, `log_rows` and `everyone_rows`."""

ATTRIBUTES = "/attributes"
"""All attributes of a member as one value, where they name the person together; otherwise NULL."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the rows of a destination's audiences consist of.

    Attributes:
        types: Every column, with its type in the log.
        identifiers: Columns that name one person by themselves.
        attributes: Columns that name a person only together.
        enough: SQL over the attributes that says when they do.
    """

    types: Mapping[str, str]
    identifiers: tuple[str, ...]
    attributes: tuple[str, ...] = ()
    enough: str = "false"

    @property
    def identities(self) -> list[str]:
        """What can name a person: each identifier by itself, and all attributes together."""
        return [*self.identifiers, *([ATTRIBUTES] if self.attributes else [])]

    @property
    def columns(self) -> list[str]:
        """The columns, quoted."""
        return [identifier(name) for name in self.types]

    def members_sql(self, columns: Sequence[str], source: str) -> str:
        """SQL for the rows of `source` that name a person, with their attributes as one value.

        Args:
            columns: audience, customer_id and every column of ours, as SQL over `source`.
            source: The FROM and WHERE clauses.
        """
        fields = ", ".join(f"{identifier(name)} := {identifier(name)}" for name in self.attributes)
        together = f"case when {self.enough} then struct_pack({fields}) end" if self.attributes else "null"
        names = [f"{identifier(name)} is not null" for name in self.identities]
        return f"""
select *
from (
  select
    *,
    {together} as {identifier(ATTRIBUTES)}
  from (
    select
{listed(list(columns), indent=6)}
    {source}
  )
)
where {" or ".join(names)}
"""


@dataclass(frozen=True, slots=True)
class Audience:
    """An audience with the columns that it is fed with, and whether it is wanted from now on."""

    name: str
    columns: frozenset[str]
    wanted: bool = True


def audience_sizes(connection: duckdb.DuckDBPyConnection, shape: Shape, rows: str) -> Counter[str]:
    """How many customers of the view `rows` are in each audience, those that nothing names not counted."""
    named = [f"customer.{identifier(name)} is not null" for name in shape.identifiers]
    sizes = connection.execute(f"""
        select label.audience, count(*)
        from {rows} as customer, {_labels("customer")}
        where {" or ".join([*named, f"({shape.enough})"])}
        group by label.audience
    """)
    return Counter(dict(sizes.fetchall()))


def everyone_sql(shape: Shape, columns: frozenset[str]) -> str:
    """Every member of the audience that the variable `audience` names, from `everyone_rows`."""
    listing = ["getvariable('audience') as audience", f"customer.{ROW_KEY} as customer_id"]
    listing += [
        f"cast({f'customer.{identifier(name)}' if name in columns else 'null'} as {kind}) as {identifier(name)}"
        for name, kind in shape.types.items()
    ]
    member = f"list_contains(cast(customer.{identifier(AUDIENCES)} as varchar[]), getvariable('audience'))"
    return shape.members_sql(listing, f"from everyone_rows as customer where {member}")


def compare(
    connection: duckdb.DuckDBPyConnection, shape: Shape, audiences: Sequence[Audience]
) -> dict[str, Counts]:
    """Compare `held_rows` with `due_rows`, member by member.

    Rows are compared by 64-bit hashes, as fingerprints are, so that no join holds all wide rows.

    Returns:
        For each audience, how many customers joined, changed and left.
    """
    _track(connection, shape, audiences)
    for side, condition in (("held", "true"), ("due", "tracked.wanted")):
        members = tracked_members_sql(shape, f"{side}_rows", condition)
        connection.execute(f"create or replace temp view {side}_members as {members}")
        connection.execute(f"""
            create or replace temp table {side}_hashes as
            select
              audience,
              customer_id,
              {_hashed(shape.types)} as content,
              {_hashed(shape.identities)} as identity
            from {side}_members
        """)
    connection.execute(_differing_sql("joining", "due", "held", compared="content", alone="new"))
    connection.execute(_differing_sql("leaving", "held", "due", compared="identity", alone="gone"))
    counts = {audience.name: {JOINED: 0, CHANGED: 0, LEFT: 0} for audience in audiences}
    counted = connection.execute(f"""
        select audience, if(new, {literal(JOINED)}, {literal(CHANGED)}) as change, count(*)
        from joining_keys
        group by all
        union all
        select audience, {literal(LEFT)}, count(*)
        from leaving_keys
        where gone
        group by all
    """)
    for audience, change, number in counted.fetchall():
        counts[audience][change] = number
    return counts


def list_changes(connection: duckdb.DuckDBPyConnection, audiences: Sequence[str]) -> None:
    """Fill `joining` and `leaving` (audience, customer_id, the columns) for some of the audiences after `compare`.

    `joining` has the due rows of who joined or changed, `leaving` the held rows of who left, or changed in what names
    the person.
    """
    connection.execute("set variable told = $audiences", {"audiences": list(audiences)})
    for table, side in (("joining", "due"), ("leaving", "held")):
        connection.execute(f"""
            create or replace temp table {table} as
            select member.*
            from {side}_members as member
            semi join {table}_keys as differing using (audience, customer_id)
            where member.audience in (select unnest(getvariable('told')))
        """)


def somebody_leaves(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether `leaving` has rows; only then is there anything to spare."""
    return bool(connection.execute("select exists (from leaving)").fetchall()[0][0])


def _track(connection: duckdb.DuckDBPyConnection, shape: Shape, audiences: Sequence[Audience]) -> None:
    """The table `tracked`: each audience, whether it is wanted, and which columns it has."""
    table = {
        "audience": pa.array([audience.name for audience in audiences], pa.string()),
        "wanted": pa.array([audience.wanted for audience in audiences], pa.bool_()),
    }
    for name in shape.types:
        table[name] = pa.array([name in audience.columns for audience in audiences], pa.bool_())
    connection.register("tracked_arrow", pa.table(table))
    connection.execute("create or replace temp table tracked as select * from tracked_arrow")
    connection.unregister("tracked_arrow")


def tracked_members_sql(shape: Shape, rows: str, condition: str) -> str:
    """A row for each tracked audience that a customer of these rows is in, with the audience's columns."""
    listing = ["tracked.audience", f"customer.{ROW_KEY} as customer_id"]
    listing += [
        f"cast(case when tracked.{identifier(name)} then customer.{identifier(name)} end as {kind})"
        f" as {identifier(name)}"
        for name, kind in shape.types.items()
    ]
    return shape.members_sql(
        listing,
        f"""from {rows} as customer, {_labels("customer")}
    join tracked on tracked.audience = label.audience
    where {condition}""",
    )


def _differing_sql(table: str, side: str, other: str, *, compared: str, alone: str) -> str:
    """The table of a side's members that the other side has not, or not so; `alone` tells the two apart."""
    return f"""
create or replace temp table {table}_keys as
select
  {side}.audience,
  {side}.customer_id,
  {other}.customer_id is null as {alone}
from {side}_hashes as {side}
left join {other}_hashes as {other} using (audience, customer_id)
where {other}.customer_id is null
  or {other}.{compared} <> {side}.{compared}
"""


def _labels(rows: str) -> str:
    """A customer's audiences, one a row."""
    return f"unnest(cast({rows}.{identifier(AUDIENCES)} as varchar[])) as label(audience)"


def _hashed(names: Iterable[str]) -> str:
    return f"hash({', '.join(map(identifier, names))})"
