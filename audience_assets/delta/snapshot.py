"""A snapshot: which segment of the hashed log holds each customer as of a day, and who of them is withheld from partners.

Set operations on narrow Parquet files. An index has customer_id, fingerprint and segment, one row a customer. `today`,
`kept` and `parent` are of one bucket of the customers, so that no more than that need be in memory.
"""

from dataclasses import dataclass

import duckdb

from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import NORMALIZED, Layout

NO_INDEX = """
select
  null::varchar as customer_id,
  null::ubigint as fingerprint,
  null::varchar as segment
where false
"""

NO_WITHHELD = """
select
  null::varchar as customer_id
where false
"""

NOBODY = Dataset(())


@dataclass(frozen=True, slots=True)
class Members:
    """The customers of a snapshot that partners may hold: those of its index who are not withheld."""

    index: Dataset
    withheld: Dataset = NOBODY

    @classmethod
    def of(cls, layout: Layout, index_file: str, withheld_file: str | None) -> "Members":
        """Those of a snapshot's two files.

        Raises:
            StateError: One is missing.
        """
        named = (path for path in (index_file, withheld_file) if path is not None)
        return cls(*(Dataset.existing(layout.absolute(path), NORMALIZED) for path in named))

    def rows(self, connection: duckdb.DuckDBPyConnection) -> int:
        """How many they are."""
        return self.index.rows(connection) - self.withheld.rows(connection)

    @property
    def buckets(self) -> int:
        """Into how many buckets they are dealt."""
        return len(self.index.buckets)

    def view(
        self, connection: duckdb.DuckDBPyConnection, name: str, bucket: int = 0, buckets: int = 1
    ) -> None:
        """Create a view with their rows of the index that are in one of so many buckets, all of them in the only one."""
        if not self.withheld.files:
            self.index.view(connection, name, NO_INDEX, bucket, buckets)
            return
        self.index.view(connection, f"{name}_index", NO_INDEX, bucket, buckets)
        self.withheld.view(connection, f"{name}_withheld", NO_WITHHELD, bucket, buckets)
        connection.execute(
            f"create or replace temp view {name} as from {name}_index anti join {name}_withheld using (customer_id)"
        )


@dataclass(frozen=True, slots=True)
class IndexCounts:
    """How many customers an index has, how many of them its own segment holds, and what that means against its parent."""

    customers: int
    fresh: int
    new: int
    left: int


def next_index_sql(*, incremental: bool) -> str:
    """The index after `today`, where `kept` lists customers that stay as `parent` has them.

    The variable `segment` names the new segment. In a full extract a customer who is in neither `today` nor `kept` has
    left; in an incremental one, absence means nothing and `today.departed` says who left.
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
"""


def count(connection: duckdb.DuckDBPyConnection) -> IndexCounts:
    """Count the view `following`, the index that was made of `parent`; the big tables are not joined once more."""
    customers, fresh, before, known = connection.execute("""
        select
          (select count(*) from following),
          (select count(*) from following where segment = getvariable('segment')),
          (select count(*) from parent),
          (
            select count(*)
            from parent
            semi join (
              select customer_id from following where segment = getvariable('segment')
            ) as fresh using (customer_id)
          )
    """).fetchall()[0]
    new = fresh - known
    return IndexCounts(customers, fresh, new, left=before - (customers - new))
