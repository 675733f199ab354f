"""drt: a DuckDB source whose SQL cleans the values, drt's own masking for the digests, its Parquet destination.

Its Parquet destination begins the file anew with each batch, so all rows have to be one batch.
"""

from functools import partial
from pathlib import Path

from drt.config.credentials import DuckDBProfile
from drt.config.models import SyncConfig
from drt.destinations.parquet import ParquetDestination
from drt.engine.sync import run_sync
from drt.sources.duckdb import DuckDBSource

from benchmarks.job import Job, Work
from benchmarks.stacks import vtex


def prepare(job: Job) -> Work:
    """One step."""
    sync = SyncConfig.model_validate(
        {
            "name": "vtex_ads",
            "model": vtex.hurried_sql(job.extract, job.options["day"], digest="{}"),
            "destination": {"type": "parquet", "path": f"{job.out}/rows.parquet", "compression": "snappy"},
            "sync": {"batch_size": job.customers, "mask": dict.fromkeys(vtex.HASHED, "hash")},
        }
    )
    return {"run": partial(_run, sync, job)}


def _run(sync: SyncConfig, job: Job) -> None:
    profile = DuckDBProfile(type="duckdb", database=":memory:")
    result = run_sync(sync, DuckDBSource(), ParquetDestination(), profile, Path(job.out))
    if result.failed:
        raise RuntimeError(f"drt failed on {result.failed} rows: {result.errors[:1]}")
