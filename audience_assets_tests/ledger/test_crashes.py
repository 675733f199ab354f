"""Kill -9 and parallel writers: what was committed stays, what was not never half exists."""

import random
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing

import pytest

from audience_assets.ledger import BatchStatus, Ledger, Snapshot

DELIVER_FOR_EVER = """
import sys, datetime
from audience_assets.ledger import Counts, Ledger, PlannedBatch, BatchStatus
url, destination = sys.argv[1:]
with Ledger.open(url) as ledger:
    while True:
        delivery = ledger.unfinished(destination)
        if delivery is None:
            pointer = ledger.acknowledged(destination)
            start = pointer.snapshot_key if pointer else None
            to = "k1" if start == "k0" else "k0"
            files = [PlannedBatch("add", 1, "file", "sha", "remote")] * 3
            delivery = ledger.plan(destination, datetime.date(2026, 11, 1), start, to, Counts(), files)
        for batch in ledger.batches(delivery.id):
            if batch.status is not BatchStatus.ACKNOWLEDGED:
                ledger.mark_sent(delivery.id, batch.sequence)
                ledger.mark_acknowledged(delivery.id, batch.sequence, "taken")
                print("acknowledged", delivery.id, batch.sequence, flush=True)
        ledger.finish(delivery.id)
        print("done", delivery.id, 0, flush=True)
"""


def check(ledger: Ledger, said: list[tuple[str, int, int]]) -> None:
    """What the process said it had committed is there, and the pointer is the last done delivery's."""
    stored = {delivery.id: delivery for delivery in ledger.deliveries("meta", limit=100_000)}
    done = [number for number, delivery in stored.items() if delivery.status == "done"]
    for what, number, sequence in said:
        if what == "done":
            assert number in done
        else:
            assert ledger.batches(number)[sequence - 1].status is BatchStatus.ACKNOWLEDGED
    pointer = ledger.acknowledged("meta")
    assert (pointer.delivery_id if pointer else None) == max(done, default=None)
    assert pointer is None or pointer.snapshot_key == stored[pointer.delivery_id].to_snapshot
    assert all(
        batch.status is BatchStatus.ACKNOWLEDGED for number in done for batch in ledger.batches(number)
    )


def test_kill_9_loses_nothing_that_was_committed(
    ledger: Ledger,
    publish: Callable[..., Snapshot],
    url: str,
    request: pytest.FixtureRequest,
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    publish(1, "k0")
    publish(1, "k1")
    chance = random.Random(20261121)  # noqa: S311
    said: list[tuple[str, int, int]] = []
    for _ in range(3):
        process = start(DELIVER_FOR_EVER, url, "meta")
        assert process.stdout is not None
        heard = [process.stdout.readline() for _ in range(chance.randint(1, 25))]
        process.kill()
        heard += process.communicate()[0].splitlines()  # said before it died, and not read yet
        for line in heard:
            what, number, sequence = line.split()
            said.append((what, int(number), int(sequence)))
        check(ledger, said)
        if not url.startswith("sqlite"):
            continue
        with closing(sqlite3.connect(request.getfixturevalue("file"))) as other:
            assert other.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert other.execute("PRAGMA foreign_key_check").fetchall() == []
    assert said


WORK = """
import sys, datetime
from audience_assets.ledger import Counts, Ledger, PlannedBatch
url, destination = sys.argv[1:]
with Ledger.open(url) as ledger:
    for turn in range(5):
        pointer = ledger.acknowledged(destination)
        start = pointer.snapshot_key if pointer else None
        files = [PlannedBatch("add", 1, "file", "sha", "remote")] * 3
        delivery = ledger.plan(destination, datetime.date(2026, 11, 1), start, f"k{turn % 2}", Counts(), files)
        for sequence in (1, 2, 3):
            ledger.mark_sent(delivery.id, sequence)
            ledger.mark_acknowledged(delivery.id, sequence, "taken")
        ledger.finish(delivery.id)
"""


def test_destinations_deliver_in_parallel(
    ledger: Ledger,
    publish: Callable[..., Snapshot],
    url: str,
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    publish(1, "k0")
    publish(1, "k1")
    destinations = ["meta", "tiktok", "vtex_ads"]
    processes = [start(WORK, url, destination) for destination in destinations]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    for destination in destinations:
        found = ledger.deliveries(destination)
        assert [(one.ordinal, one.status) for one in found] == [(n, "done") for n in (4, 3, 2, 1, 0)]
        pointer = ledger.acknowledged(destination)
        assert pointer is not None
        assert pointer.delivery_id == found[0].id


PLAN_ONCE = """
import sys, datetime
from audience_assets.errors import OutOfOrderError
from audience_assets.ledger import Counts, Ledger, PlannedBatch
with Ledger.open(sys.argv[1]) as ledger:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        delivery = ledger.plan("meta", datetime.date(2026, 11, 1), None, "k0", Counts(), [PlannedBatch("add", 1, "f", "s", "r")])
        ledger.mark_sent(delivery.id, 1)
        print("sending")
    except OutOfOrderError:
        print("refused")
"""


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # on a server see test_races
def test_two_processes_never_send_to_one_destination(
    ledger: Ledger,
    publish: Callable[..., Snapshot],
    url: str,
    start: Callable[..., subprocess.Popen[str]],
) -> None:
    publish(1, "k0")
    processes = [start(PLAN_ONCE, url) for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = sorted(process.communicate(timeout=30)[0].strip() for process in processes)
    assert answers == ["refused", "refused", "sending"]
    assert [one.status for one in ledger.deliveries("meta") if one.status != "abandoned"] == ["sending"]
