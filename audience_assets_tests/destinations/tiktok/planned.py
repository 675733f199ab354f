"""Planned batches with made-up people."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

UUID = "aece52e7-03ee-455a-b3c4-e57283966239"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def batch(folder: Path, **given: Sequence[str | None]) -> Path:
    """A planned file with these columns and a customer in front of each row."""
    rows = len(next(iter(given.values())))
    schema = pa.schema([pa.field("customer_id", pa.string(), nullable=False)])
    table = pa.table(
        {"customer_id": pa.array([f"C{number}" for number in range(rows)], pa.string())}
        | {name: pa.array(values, pa.string()) for name, values in given.items()}
    )
    schema = pa.schema([*schema, *list(table.schema)[1:]])
    path = folder / "batch.parquet"
    pq.write_table(table.cast(schema), path, compression="snappy")
    return path
