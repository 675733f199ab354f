"""The hashed log as one destination reads it: which files hold the rows of a snapshot, and under which names its columns stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from audience_assets.delta import snapshot as snapshots
from audience_assets.delta.membership import AUDIENCES
from audience_assets.destinations.column import Destination
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.storage import manifest
from audience_assets.storage.layout import Layout

HASHED = "hashed_customers"


@dataclass(frozen=True, slots=True)
class HashedLog:
    """What a delta is made from.

    Attributes:
        connection: The database that reads the files.
        layout: Where they lie.
        ledger: Knows which of them belong to a snapshot.
        destination: Whose columns are read.
    """

    connection: duckdb.DuckDBPyConnection
    layout: Layout
    ledger: Ledger
    destination: Destination

    @property
    def columns(self) -> dict[str, str]:
        """Names of the destination's columns with those in the log."""
        names = {column.name: self.destination.stored_name(column) for column in self.destination.columns}
        return names | ({AUDIENCES: self.destination.audiences_name} if self.destination.audiences else {})

    def view_index(self, name: str, snapshot_key: str | None) -> None:
        """Create the view `name` over a snapshot's index; an empty one for no snapshot.

        Raises:
            StateError: The snapshot or its index is missing.
        """
        snapshots.view_index(self.connection, name, self._index(snapshot_key))

    def _index(self, key: str | None) -> Path | None:
        if key is None:
            return None
        snapshot = self.ledger.snapshot(key)
        if snapshot is None:
            raise StateError(
                f"the ledger does not know the snapshot {key}: restore it together with the state directory"
            )
        return manifest.existing(self.layout.absolute(snapshot.index_file), "normalized_customers")

    def files(self, segments: Iterable[str]) -> list[Path]:
        """The hashed files of these segments, in a fixed order.

        Raises:
            StateError: One is missing, or was not hashed for the destination.
        """
        wanted = sorted(segments)
        found = self.ledger.segments(wanted)
        paths = []
        for name in wanted:
            hashed = found[name].hashed_file if name in found else None
            if hashed is None:
                raise StateError(
                    f"segment {name} of the log is not hashed: materialize {HASHED} for {name[:10]} again"
                )
            paths.append(manifest.existing(self.layout.absolute(hashed), HASHED))
            if self.destination.consent_name not in pq.read_schema(paths[-1]).names:
                raise StateError(
                    f"segment {name} of the log was hashed before {self.destination.name} was there: materialize {HASHED} "
                    "again"
                )
        return paths
