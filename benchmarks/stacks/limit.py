"""What no pipeline can go below: reading the columns used, hashing as many distinct texts, writing the same bytes.

Each is done as cheaply as this machine can, one after the other, and nothing is normalized, compared or remembered.
"""

from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks import hashing
from benchmarks.job import Details, Job, Work
from benchmarks.stacks import vtex

ONCE_FOR_EACH = ("email", "phone", "social_id")
"""Fields with another text for almost every customer; those of the names are so few that they cost nothing."""
LONGEST = 55
ROWS = 122_880


def prepare(job: Job) -> Work:
    """Find the fastest way of hashing, which is not measured; then three steps."""
    folder = Path(job.out) / "library"
    texts = next(_texts(job.extract, "email"))
    rates = hashing.rates(folder, texts)
    fastest = max(rates, key=lambda name: rates[name])
    digest = hashing.ways(folder)[fastest]
    return {
        "read": partial(_read, job.extract),
        "hash": partial(_hash, job.extract, digest, {"fastest": fastest, "rates": rates}),
        "write": partial(_write, job.options["delta"], Path(job.out) / "written.parquet"),
    }


def _read(files: str) -> None:
    for _ in _batches(files, list(vtex.FIELDS)):
        pass


def _hash(files: str, digest: hashing.Digest, found: Details) -> Details:
    clock = _Clock()
    count = 0
    for field in ONCE_FOR_EACH:
        for texts in _texts(files, field):
            with clock:
                digest(texts)
            count += len(texts)
    return {**found, **clock.figures, "texts": count}


def _write(files: str, out: Path) -> Details:
    """Write the rows of the delta as the delta's files are written; that they are read is not counted."""
    clock = _Clock()
    batches = _batches(files, list(vtex.COLUMNS))
    first = next(batches)
    repeating = [name for name in first.schema.names if not name.endswith("_HASHED")]
    with pq.ParquetWriter(out, first.schema, compression="snappy", use_dictionary=repeating) as writer:
        for batch in chain([first], batches):
            with clock:
                writer.write_batch(batch)
        with clock:
            writer.close()
    return {**clock.figures, "bytes": out.stat().st_size}


class _Clock:
    """Adds up the time inside of its `with` blocks."""

    def __init__(self) -> None:
        self.figures = {"seconds": 0.0, "cpu_seconds": 0.0}

    def __enter__(self) -> None:
        self._began, self._used = perf_counter(), process_time()

    def __exit__(self, *_: object) -> None:
        self.figures["seconds"] += perf_counter() - self._began
        self.figures["cpu_seconds"] += process_time() - self._used


def _batches(files: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The files' rows, one batch after the other in one thread."""
    pattern = Path(files)
    for file in sorted(pattern.parent.glob(pattern.name)):
        yield from pq.ParquetFile(file).iter_batches(ROWS, columns=columns, use_threads=False)


def _texts(files: str, field: str) -> Iterator[pa.Array]:
    """The field's values that are there and short enough for one block."""
    for batch in _batches(files, [field]):
        values: Any = batch.column(0).drop_null()
        yield values.filter(pc.less_equal(pc.binary_length(values), LONGEST))
