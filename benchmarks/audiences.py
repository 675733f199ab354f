"""Loads a million members into a partner's sandbox, then delivers a day on which one in a hundred changes.

`python benchmarks/audiences.py meta` (or `tiktok`) generates a synthetic extract, runs the sandbox in a process of its own and every step
in another one, and prints calls, rows, seconds and peak memory. It fails when a batch is too large or a session has a gap.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from audience_assets.ledger.ledger import Ledger
from audience_assets.pipeline import Pipeline
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets.settings import Settings

CUSTOMERS = 550_000
"""A synthetic customer is in 1.8 audiences on average, so these are a million members."""
LARGEST_BATCH = 10_000
T = TypeVar("T")


def main() -> None:
    """Run the named partner, or be one of the processes that this needs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("partner", choices=["meta", "tiktok"])
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        _serve(given.partner, given.serve)
    else:
        with tempfile.TemporaryDirectory(prefix="audiences-") as folder:
            _measure(given.partner, given.customers, Path(folder))


def _measure(partner: str, customers: int, home: Path) -> None:
    command = Path(sys.executable).with_name("audience-assets")
    options = {"--customers": str(customers), "--days": "2", "--out": str(home / "crm")}
    subprocess.run(
        [command, "generate", *(each for pair in options.items() for each in pair)],
        check=True,
        stderr=subprocess.DEVNULL,
    )
    with _sandbox(partner, home / "sandbox") as ready:
        pipeline = Pipeline(_settings(partner, home, ready))
        for folder in sorted((home / "crm/extract").iterdir()):
            day = date.fromisoformat(folder.name)
            for step in (pipeline.read_extract, pipeline.normalize, pipeline.hash):
                _timed(step.__name__, step, day)
            _, made = _timed("plan", pipeline.plan, partner, day)
            report = _timed("deliver", pipeline.deliver, partner, day)
            again = _timed("deliver again", pipeline.deliver, partner, day)
            largest = max((batch.rows for batch in report.sent), default=0)
            size = sum(json.loads(batch.answer or "{}").get("bytes", 0) for batch in report.sent)
            print(
                f"{day}: {len(made.parts)} audiences, {made.rows:,} rows, {len(report.sent)} batches of at most {largest:,}, "
                f"{f'{size:,} bytes, ' if size else ''}{sum(batch.refused for batch in report.sent)} refused, "
                f"{len(again.sent)} sent again\n"
            )
            assert partner != "meta" or largest <= LARGEST_BATCH
        with Ledger.open(pipeline.settings.ledger) as ledger:
            if partner == "meta":
                _require_no_gap(ledger, partner)


def _require_no_gap(ledger: Ledger, destination: str) -> None:
    """In each session the batches are numbered 1, 2, 3 and so on."""
    numbers: dict[str, list[int]] = {}
    for delivery in ledger.deliveries(destination, limit=1000):
        for batch in ledger.batches(delivery.id):
            session, _, number = batch.remote_key.partition("/")
            numbers.setdefault(session, []).append(int(number))
    assert all(sorted(each) == list(range(1, len(each) + 1)) for each in numbers.values())
    print(f"{len(numbers)} sessions, no number missing")


def _timed(name: str, step: Callable[..., T], *given: Any) -> T:
    wall, used = time.perf_counter(), time.process_time()
    result = step(*given)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{name:14s} {time.perf_counter() - wall:6.1f} s, {time.process_time() - used:6.1f} CPU s, "
        f"peak so far {peak:.2f} GB",
        flush=True,
    )
    return result


def _settings(partner: str, home: Path, ready: dict[str, Any]) -> Settings:
    os.environ |= {"BENCHMARK_TOKEN": ready["access_token"], "BENCHMARK_SECRET": ready.get("app_secret", "")}
    shared = {"base_url": ready["base_url"], "access_token": {"env": "BENCHMARK_TOKEN"}}
    own: dict[str, dict[str, Any]] = {
        "meta": {
            "ad_account": ready.get("ad_account"),
            "app_secret": {"env": "BENCHMARK_SECRET"},
            "calls_per_second": 1000,
        },
        "tiktok": {"advertiser_id": ready.get("advertiser_id"), "tier": "ultimate"},
    }
    return Settings.model_validate_json(
        json.dumps(
            {
                "state_dir": str(home / "state"),
                "source": {"path": str(home / "crm/extract/{day}/customers.parquet")},
                "destinations": {partner: {"type": partner, **shared, **own[partner]}},
            }
        )
    )


@contextmanager
def _sandbox(partner: str, home: Path) -> Iterator[dict[str, Any]]:
    """The partner in a process of its own; what it counted is printed when it ends."""
    command = [sys.executable, __file__, partner, "--serve", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.stdin.close()
            print(process.stdout.read().strip())


def _serve(partner: str, home: Path) -> None:
    """Run until standard input closes."""
    with MetaServer(home) if partner == "meta" else TikTokServer(home) as server:
        print(json.dumps(server.ready()), flush=True)
        sys.stdin.read()
        holder = server.account if isinstance(server, MetaServer) else server.advertiser
        calls = Counter(call.operation for call in holder.calls)
        held = sum(len(audience.identifiers()) for audience in holder.audiences.values())
        print(f"the sandbox answered {dict(calls)} and holds {held:,} identifiers")


if __name__ == "__main__":
    main()
