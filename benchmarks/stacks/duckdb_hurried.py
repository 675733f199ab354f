"""DuckDB as a hurried engineer writes it: one statement, from the extract to Parquet files, with DuckDB's defaults."""

from functools import partial

import duckdb

from benchmarks.job import Job, Work
from benchmarks.stacks import vtex


def prepare(job: Job) -> Work:
    """One step."""
    return {"run": partial(_run, job)}


def _run(job: Job) -> None:
    query = vtex.hurried_sql(job.extract, job.options["day"])
    duckdb.execute(f"copy ({query}) to '{job.out}' (format parquet, compression snappy, per_thread_output)")
