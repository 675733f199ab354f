"""The hashed log as one destination reads it: which files hold the rows of a snapshot, and under which names its columns stand."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from audience_assets.delta import changes
from audience_assets.delta.membership import AUDIENCES
from audience_assets.delta.snapshot import NO_WITHHELD, Members
from audience_assets.destinations import lineage
from audience_assets.destinations.column import Destination
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment
from audience_assets.rules.match_keys import Tombstones
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import HASHED, Layout
from audience_assets.storage.object_path import Place

BATCH_ROWS = 250_000


@dataclass(frozen=True, slots=True)
class HashedLog:
    """What a delta is made from.

    Attributes:
        connection: The database that reads the files.
        layout: Where they lie.
        ledger: Knows which of them belong to a snapshot.
        destination: Whose columns are read.
        made: For what a table or view of the connection was made last, so that it is not made twice in a row.
    """

    connection: duckdb.DuckDBPyConnection
    layout: Layout
    ledger: Ledger
    destination: Destination
    made: dict[str, tuple[object, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> dict[str, str]:
        """Names of the destination's columns with those in the log."""
        names = {column.name: self.destination.stored_name(column) for column in self.destination.columns}
        return names | ({AUDIENCES: self.destination.audiences_name} if self.destination.audiences else {})

    def members(self, key: str | None) -> Members:
        """The customers of a snapshot that may be delivered; nobody for no snapshot.

        Raises:
            StateError: The snapshot or its index is missing.
        """
        return lineage.members_of(self.ledger, self.layout, key)

    def view_changes(self, held: str | None, due: str | None) -> None:
        """Create `held_rows` and `due_rows`: the rows of customers whose segment differs between two snapshots."""
        if self.made.get("candidates") != (held, due):
            among = lineage.view_who_may_differ(self.connection, self.layout, self.ledger, held, due)
            changes.find_candidates(self.connection, self.members(held), self.members(due), among)
            self.made["candidates"] = (held, due)
            self.made.pop("changed_rows", None)
        wanted, columns = self.destination.consent_name, set(self.columns.items())
        if (made := self.made.get("changed_rows")) and made[0] == wanted and columns <= set(made[1:]):
            return
        for side in ("held", "due"):
            files = self.files(changes.candidate_segments(self.connection, side))
            changes.view_rows(self.connection, side, files, self.columns, wanted)
        self.made["changed_rows"] = (wanted, *columns)

    def view_log(self, due: str | None) -> None:
        """Create `due`, a snapshot's customers with their segments, and `log_rows`, all rows of the segments that it refers to."""
        self.members(due).view(self.connection, "due")
        files = self.files(changes.segments(self.connection, "due"))
        changes.view_log(self.connection, files, self.columns, self.destination.consent_name)

    def view_everything(self, due: str | None) -> None:
        """Create `due` as `view_log` does, and `log_rows` with all rows of all segments that are hashed and still there."""
        self.members(due).view(self.connection, "due")
        known = [segment.name for segment in self.ledger.every_segment() if self._is_there(segment)]
        changes.view_log(self.connection, self.files(known), self.columns, self.destination.consent_name)

    def withdrawn_sql(self, due: str) -> str:
        """SQL that says whether a customer_id who is not delivered any more withdrew, or was erased, and did not just leave.

        Who withdrew is still in the extract, and so has a segment in the snapshot `due` or is withheld there. Only what
        `view_changes` found is looked at, because an index has everybody.
        """
        self.members(due).withheld.view(self.connection, "withheld_due", NO_WITHHELD)
        tombstones = Tombstones.among(self.ledger.erasures.tombstones(), self.ledger.erasures.secret())
        erased = tombstones.condition(self.connection, "customer_id")
        return f"""(
            customer_id in (select customer_id from candidates where due_segment is not null)
            or customer_id in (select customer_id from withheld_due)
            or {erased}
          )"""

    def _is_there(self, segment: Segment) -> bool:
        return segment.hashed_file is not None and self.layout.absolute(segment.hashed_file).exists()

    def each_share(self, due: str) -> Iterator[bool]:
        """Create `everyone_rows` over a snapshot's customers, one bucket after the other.

        Yields:
            For each bucket, whether its rows stand as they do in the log, in its order.
        """
        members = self.members(due)
        buckets = members.buckets
        for bucket in range(buckets):
            made = self.made.get("everyone_rows")
            if made is not None and made[1:] == (due, bucket, self.columns):
                yield bool(made[0])
                continue
            members.view(self.connection, "everyone", bucket, buckets)
            segments = self.segments(changes.segments(self.connection, "everyone"))
            alike = all(len(segment.buckets) == buckets for segment in segments)
            files = [
                file for segment in segments for file in (segment.buckets[bucket] if alike else segment.files)
            ]
            whole = changes.view_everyone(self.connection, files, self.columns, self.destination.consent_name)
            self.made["everyone_rows"] = (whole, due, bucket, self.columns)
            yield whole

    def everyone(self, due: str, query: str, order: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query over `everyone_rows`, bucket by bucket; sorted where they do not stand in the log's order.

        So the same log gives the same rows in the same order, and a first load need not be sorted.
        """
        for whole in self.each_share(due):
            yield from self.rows(query if whole else f"{query}\norder by {order}")

    def rows(self, query: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query."""
        yield from self.connection.sql(query).to_arrow_reader(BATCH_ROWS)

    def files(self, segments: Iterable[str]) -> list[Place]:
        """The hashed files of these segments, in a fixed order.

        Raises:
            StateError: One is missing, or was not hashed for the destination.
        """
        return [file for segment in self.segments(segments) for file in segment.files]

    def segments(self, names: Iterable[str]) -> list[Dataset]:
        """The hashed segments of these names, in a fixed order.

        Raises:
            StateError: One is missing, or was not hashed for the destination.
        """
        wanted = sorted(names)
        found = self.ledger.segments(wanted)
        datasets = []
        for name in wanted:
            hashed = found[name].hashed_file if name in found else None
            if hashed is None:
                raise StateError(
                    f"segment {name} of the log is not hashed: materialize {HASHED} for {name[:10]} again"
                )
            datasets.append(Dataset.existing(self.layout.absolute(hashed), HASHED))
            columns = datasets[-1].columns(self.connection)
            if columns and self.destination.consent_name not in columns:
                raise StateError(
                    f"segment {name} of the log was hashed before {self.destination.name} was there: materialize {HASHED} "
                    "again"
                )
        return datasets
