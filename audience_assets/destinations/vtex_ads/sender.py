"""Puts a VTEX Ads file into the publisher's bucket, once.

Source: VTEX Ads, Integrating audiences, Integration connection (object key, Parquet, Snappy).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from audience_assets.destinations.column import Destination, schema_of
from audience_assets.destinations.sending import Answer
from audience_assets.destinations.vtex_ads.delta import SUFFIX
from audience_assets.ledger.records import Batch, Delivery, PlannedBatch
from audience_assets.storage import parquet
from audience_assets.storage.objects import S3Objects

CONTENT_TYPE = "application/vnd.apache.parquet"


@dataclass(frozen=True, slots=True)
class VtexAdsSender:
    """One publisher's bucket and prefix."""

    destination: Destination
    objects: S3Objects
    prefix: str

    def planned_key(self, day: date, ordinal: int, part: int, sha256: str) -> str:
        """`PREFIX/audiences/YYYY/mm/dd/TIMESTAMP-HASH-PART.parquet.snappy`.

        The timestamp is the day's first second in UTC plus the number of the day's earlier deliveries: it comes from
        the partition, never from the clock, and a correction never gets the name of what it corrects.
        """
        timestamp = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) + ordinal
        name = f"audiences/{day:%Y/%m/%d}/{timestamp}-{sha256[:16]}-{part:04d}{SUFFIX}"
        prefix = self.prefix.strip("/")
        return f"{prefix}/{name}" if prefix else name

    def check(self, batch: PlannedBatch | Batch, path: Path) -> None:
        """The file has the partner's sixteen columns and the planned number of rows."""
        parquet.verify(path, schema_of(self.destination.columns), batch.rows)

    def begin(self, delivery: Delivery, batches: list[Batch]) -> None:
        """A bucket needs nothing."""

    def key(self, delivery: Delivery, batch: Batch) -> str:  # noqa: ARG002 - decided by the plan
        """The key that was planned."""
        return batch.remote_key

    def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:  # noqa: ARG002 - the batch says all
        """One conditional PUT; "already there" means that an earlier try of ours had arrived."""
        text = self.objects.put_new(
            batch.remote_key,
            path,
            sha256=batch.sha256,
            metadata={"sha256": batch.sha256, "rows": str(batch.rows)},
            content_type=CONTENT_TYPE,
        )
        return Answer(text)

    def finish(self, delivery: Delivery, batches: list[Batch]) -> None:
        """A bucket needs nothing."""

    def rename(self, audience: str) -> None:
        """A bucket has no audiences."""

    def delete(self, audience: str) -> None:
        """A bucket has no audiences."""
