"""Meta's payloads: from the batch files of a delta to the bytes of the requests, with the default keys."""

from functools import partial
from pathlib import Path

import duckdb

from audience_assets.destinations.meta import batch_file
from audience_assets.destinations.meta.settings import DEFAULT_KEYS, MetaSettings
from benchmarks.job import Details, Job, Work

ROWS_PER_BATCH = 10_000
BATCHES = 30


def prepare(job: Job) -> Work:
    """Write batch files as a delta has them, which is not measured; then one step."""
    settings = MetaSettings.model_validate(
        {"type": "meta", "ad_account": "1", "access_token": {"env": "BENCHMARK_UNUSED"}}
    )
    digests = ", ".join(
        f"case when hash(range, '{key}') % 20 > 0 then sha256('{key}' || range) end as \"{key}\""
        for key in DEFAULT_KEYS
    )
    files = [Path(job.out) / f"{number:04d}.parquet" for number in range(BATCHES)]
    for number, file in enumerate(files):
        rows = f"range({number * ROWS_PER_BATCH}, {(number + 1) * ROWS_PER_BATCH})"
        duckdb.execute(
            f"copy (select 'C' || range as customer_id, {digests} from {rows}) to '{file}' (format parquet)"
        )
    batch_file.read(files[0], settings).payload.encoded()  # imports what is imported late
    return {"build": partial(_build, files, settings)}


def _build(files: list[Path], settings: MetaSettings) -> Details:
    size = sum(len(batch_file.read(file, settings).payload.encoded()) for file in files)
    return {"rows": len(files) * ROWS_PER_BATCH, "bytes": size, "keys": len(DEFAULT_KEYS)}
