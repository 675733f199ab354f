"""What was built and what each partner acknowledged, in SQL; files hold the data, the ledger holds the truth about them."""

from audience_assets.ledger.lease import Lease
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import (
    Acknowledged,
    Batch,
    BatchStatus,
    Counts,
    Delivery,
    DeliveryStatus,
    PlannedBatch,
    RemoteAudience,
    Segment,
    Session,
    Snapshot,
)

__all__ = [
    "Acknowledged",
    "Batch",
    "BatchStatus",
    "Counts",
    "Delivery",
    "DeliveryStatus",
    "Lease",
    "Ledger",
    "PlannedBatch",
    "RemoteAudience",
    "Segment",
    "Session",
    "Snapshot",
]
