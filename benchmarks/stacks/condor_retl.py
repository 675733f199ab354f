"""condor-retl: a DuckDB source whose SQL makes the digests, and its file connector, which writes CSV and no Parquet."""

import json
from functools import partial
from pathlib import Path

import duckdb
import retl
from retl.backends.duckdb import DuckDBSqlBackend

from benchmarks.job import Job, Work
from benchmarks.stacks import vtex

KEY = "customer_id"


def prepare(job: Job) -> Work:
    """One step; that the rows are brought into a DuckDB file first, as condor-retl wants them, is not measured."""
    database = Path(job.out) / "warehouse.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"create table customers as select * from read_parquet('{job.extract}')")
    return {"run": partial(_run, job, database)}


def _run(job: Job, database: Path) -> None:
    backend = DuckDBSqlBackend(database=database, source_schema="main", runtime_schema="retl")
    query = vtex.hurried_sql(job.extract, job.options["day"]).replace(
        f"read_parquet('{job.extract}')", "customers"
    )
    state = retl.state(
        name="audience",
        source=retl.source(
            name="customers",
            mode="snapshot",
            backend=backend.source_backend(),
            query=f"select CUSTOMER_ID as {KEY}, * exclude (CUSTOMER_ID) from ({query})",
        ),
        key={KEY: KEY},
        identifiers=[{"type": "external_id", "value": KEY}],
        payload={column: column for column in vtex.COLUMNS[1:]},
    )
    connector = retl.destinations.load(
        "retl/file",
        binding_name="files",
        config={"output_dir": f"{job.out}/files", "file_batch_max_rows": job.customers},
    )
    sync = retl.sync(
        name="vtex_ads", declaration=state, destination=connector, surface="csv_state_operations"
    )
    result = retl.runner(name="benchmark", runtime_store=backend.runtime_store()).run(sync, dry_run=False)
    if not list(Path(job.out).glob("files/*/upserts.csv")):
        raise RuntimeError(f"condor-retl wrote nothing: {json.dumps(str(result))[-2000:]}")
