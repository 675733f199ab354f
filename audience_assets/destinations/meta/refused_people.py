"""Which customers Meta did not take, in a file of ours: the only place where a refusal has a name."""

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.ledger.records import Batch, Delivery
from audience_assets.storage import files, sealed
from audience_assets.storage.layout import Layout

REASON = "badly formed, says Meta"
SCHEMA = pa.schema([(name, pa.string()) for name in ("customer_id", "audience", "operation", "reason")])


def write(layout: Layout, delivery: Delivery, batch: Batch, customers: list[str]) -> None:
    """Write down whom a batch could not bring to Meta; the same batch again writes the same file."""
    folder = layout.refused(delivery.destination, delivery.day)
    rows = [(customer, delivery.audience, batch.operation, REASON) for customer in customers]
    columns = list(zip(*rows, strict=True)) or [()] * len(SCHEMA)
    table = pa.table([pa.array(column, pa.string()) for column in columns], schema=SCHEMA)
    with files.draft_beside(folder, ".parquet") as draft:
        with sealed.created(draft, layout.keys.ring()) as file:
            pq.write_table(table, file)
        files.replace(draft, folder / f"delivery-{delivery.id}-batch-{batch.sequence}.parquet")
