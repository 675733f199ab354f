"""A ledger on a real file, snapshots to deliver, and scripts in processes of their own."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

import pytest

from audience_assets.ledger import Ledger, PlannedBatch, Segment, Snapshot

FIRST_DAY = date(2026, 11, 1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}?timeout=10"


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        yield opened


@pytest.fixture
def day() -> Callable[[int], date]:
    """The nth day of the story, from 1."""
    return lambda number: FIRST_DAY + timedelta(days=number - 1)


@pytest.fixture
def publish(ledger: Ledger) -> Callable[..., Snapshot]:
    """Publish a snapshot of the nth day, with the segment it needs."""

    def publish(number: int, key: str | None = None) -> Snapshot:
        day = FIRST_DAY + timedelta(days=number - 1)
        ledger.record_segment(Segment(f"segment-{day}", day, "rules-1", f"{day}/normalized.parquet", 10))
        key = key or f"snapshot-{day}"
        return ledger.publish_snapshot(
            Snapshot(key, day, None, f"segment-{day}", f"{key}.parquet", 10, 3, 2, 1)
        )

    return publish


@pytest.fixture
def batches() -> Callable[[int], list[PlannedBatch]]:
    """So many batches, ready to be planned."""
    return lambda count: [
        PlannedBatch("add", 100 + n, f"batch-{n}.parquet", f"sha-{n}", f"remote/{n}") for n in range(count)
    ]


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python code in another process; what still runs at the end is killed."""
    with ExitStack() as stack:

        def start(code: str, *arguments: object) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", code, *map(str, arguments)],
                stdout=subprocess.PIPE,
                stdin=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start
