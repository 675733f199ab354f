"""Leases: one living holder at a time, and nobody waits for a dead one."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audience_assets.errors import OutOfOrderError, StateError
from audience_assets.ledger import Ledger
from audience_assets.ledger.process import is_dead, this_process
from audience_assets_tests.ledger.conftest import Execute

HOLD = """
import sys
from audience_assets.errors import OutOfOrderError
from audience_assets.ledger import Ledger
url, name = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
with Ledger.open(url) as ledger:
    try:
        with ledger.lease(name):
            print("won", flush=True)
            sys.stdin.readline()
    except OutOfOrderError:
        print("lost", flush=True)
"""

on_a_file = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""For what processes do, whichever database they do it on."""

Start = Callable[..., subprocess.Popen[str]]


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def hear(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def holder(start: Start, url: str) -> subprocess.Popen[str]:
    process = start(HOLD, url, "meta")
    tell(process)
    assert [hear(process), hear(process)] == ["ready", "won"]
    return process


def count(execute: Execute) -> int:
    found: int = execute("SELECT count(*) FROM lease")[0][0]
    return found


def expire(execute: Execute) -> None:
    execute("UPDATE lease SET expires_at = :at", at=(datetime.now(UTC) - timedelta(seconds=1)).isoformat())


def test_a_second_holder_is_told_who_has_it(ledger: Ledger, url: str) -> None:
    with ledger.lease("meta"), Ledger.open(url) as other:
        today = datetime.now(UTC)
        with (
            pytest.raises(
                OutOfOrderError,
                match=f"'meta' is held by process {os.getpid()} on {socket.gethostname()} since {today:%Y-%m-}.*run again",
            ),
            other.lease("meta"),
        ):
            pytest.fail("two holders")


def test_holders_within_one_process_exclude_each_other(ledger: Ledger, execute: Execute) -> None:
    with ledger.lease("meta"):
        with pytest.raises(OutOfOrderError), ledger.lease("meta"):
            pytest.fail("two holders")
        assert count(execute) == 1  # the refused one took nothing away


def test_different_names_do_not_meet(ledger: Ledger, execute: Execute) -> None:
    with ledger.lease("meta"), ledger.lease("tiktok"):
        assert count(execute) == 2
    assert count(execute) == 0


def test_it_is_released_when_the_body_raises(ledger: Ledger, execute: Execute) -> None:
    with pytest.raises(ZeroDivisionError), ledger.lease("meta"):
        raise ZeroDivisionError
    assert count(execute) == 0


def test_the_bodys_error_is_the_one_that_is_seen(ledger: Ledger, execute: Execute) -> None:
    def damage_and_fail() -> None:
        execute("ALTER TABLE lease RENAME TO away")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), ledger.lease("meta"):
        damage_and_fail()
    execute("ALTER TABLE away RENAME TO lease")


def test_a_release_that_fails_is_seen_otherwise(ledger: Ledger, execute: Execute) -> None:
    with pytest.raises(StateError, match="lease"), ledger.lease("meta"):
        execute("ALTER TABLE lease RENAME TO away")
    execute("ALTER TABLE away RENAME TO lease")


def test_a_release_that_fails_does_not_hold_up_the_next_run_in_this_process(
    ledger: Ledger, execute: Execute
) -> None:
    with pytest.raises(StateError), ledger.lease("meta"):
        execute("ALTER TABLE lease RENAME TO away")
    execute("ALTER TABLE away RENAME TO lease")
    assert count(execute) == 1
    with ledger.lease("meta"):
        pass


@on_a_file
def test_of_racing_processes_one_wins(url: str, start: Start) -> None:
    processes = [start(HOLD, url, "meta") for _ in range(3)]
    assert [hear(process) for process in processes] == ["ready"] * 3
    for process in processes:
        tell(process)
    assert sorted(hear(process) for process in processes) == ["lost", "lost", "won"]


@on_a_file
def test_a_living_process_keeps_its_lease(ledger: Ledger, url: str, start: Start) -> None:
    process = holder(start, url)
    with pytest.raises(OutOfOrderError, match=f"held by process {process.pid} on"), ledger.lease("meta"):
        pytest.fail("two holders")
    tell(process)
    assert process.wait(30) == 0
    with ledger.lease("meta"):
        pass


def test_a_killed_processs_lease_is_taken_over_at_once(ledger: Ledger, url: str, start: Start) -> None:
    process = holder(start, url)
    process.kill()
    assert process.wait(30) == -signal.SIGKILL
    with ledger.lease("meta"):
        pass


@on_a_file
@pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="only Linux tells that a process is a zombie"
)
def test_a_killed_process_that_nobody_waited_for_is_dead_too(ledger: Ledger, url: str, start: Start) -> None:
    process = holder(start, url)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it ended, and stays a zombie
    with ledger.lease("meta"):
        pass


@on_a_file
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells when a process started")
def test_a_number_used_again_by_another_process_is_not_the_holder(ledger: Ledger, execute: Execute) -> None:
    with ledger.lease("meta"):
        execute("UPDATE lease SET process_started = '1'")
        with ledger.lease("meta"):
            pass


@on_a_file
@pytest.mark.parametrize("column", ["host", "machine"])
def test_on_another_machine_only_time_frees_it(
    ledger: Ledger, url: str, execute: Execute, start: Start, column: str
) -> None:
    process = holder(start, url)
    process.kill()
    process.wait(30)
    execute(f"UPDATE lease SET {column} = 'elsewhere'")
    with pytest.raises(OutOfOrderError), ledger.lease("meta"):
        pytest.fail("two holders")
    expire(execute)
    with ledger.lease("meta"):
        pass


def test_an_expired_lease_is_lost_to_the_next_and_stays_the_nexts(ledger: Ledger, execute: Execute) -> None:
    with ledger.lease("meta", seconds=-1) as late:
        with ledger.lease("meta") as next_one:
            with pytest.raises(OutOfOrderError, match="expired and another run took it"):
                late.renew()
            late.release()
            assert count(execute) == 1
            next_one.renew()
        assert count(execute) == 0


def test_renewing_holds_it_for_another_term(ledger: Ledger, execute: Execute) -> None:
    with ledger.lease("meta", seconds=60) as lease:
        expire(execute)
        lease.renew()
        with pytest.raises(OutOfOrderError), ledger.lease("meta"):
            pytest.fail("two holders")


def test_this_process_is_alive() -> None:
    assert not is_dead(this_process())


def test_another_users_process_is_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_number: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not is_dead(this_process())
