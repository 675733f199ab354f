import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audience_assets.sandbox import child_process
from audience_assets.sandbox.child_process import ChildProcess

ROOT = Path(__file__).parents[2]
STARTS_A_CHILD = """
import sys, time
from pathlib import Path
from audience_assets.sandbox.child_process import ChildProcess
child = ChildProcess(["sleep", "600"], log=Path(sys.argv[1]), env={"PATH": "/usr/bin:/bin"}, cwd=Path("/"))
print(child.pid, flush=True)
time.sleep(600)
"""


def is_gone(pid: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def child_of(command: list[str], directory: Path) -> ChildProcess:
    return ChildProcess(command, log=directory / "log", env={"PATH": "/usr/bin:/bin"}, cwd=directory)


def test_output_goes_to_the_log_and_the_end_is_noticed(tmp_path: Path) -> None:
    child = child_of(["sh", "-c", "echo said; echo complained >&2"], tmp_path)
    deadline = time.monotonic() + 5
    while child.running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not child.running
    child.stop()
    assert (tmp_path / "log").read_text(encoding="utf-8").split() == ["said", "complained"]


def test_stop_ends_the_program(tmp_path: Path) -> None:
    child = child_of(["sleep", "600"], tmp_path)
    assert child.running
    child.stop()
    assert is_gone(child.pid, within=0.1)


def test_a_program_that_ignores_the_polite_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "guard.py"  # the guard reads its own file, so a shorter wait needs a copy
    source = Path(child_process.__file__).read_text(encoding="utf-8")
    copy.write_text(source.replace("STOP_SECONDS = 8.0", "STOP_SECONDS = 0.3"), encoding="utf-8")
    monkeypatch.setattr(child_process, "__file__", str(copy))
    child = child_of(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done"], tmp_path)
    while "ready" not in (tmp_path / "log").read_text(encoding="utf-8"):
        time.sleep(0.01)
    child.stop()
    assert is_gone(child.pid, within=0.1)


def test_a_program_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="could not be started"):
        child_of([str(tmp_path / "no-such-program")], tmp_path)


@pytest.fixture
def _signals_arrive() -> Iterator[None]:
    """What starts the program must not inherit blocked signals from a test that ran before in this process."""
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_the_program_can_be_stopped_though_signals_are_blocked_here(tmp_path: Path) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        child = child_of(["sleep", "600"], tmp_path)
        child.stop()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert is_gone(child.pid)


@pytest.mark.usefixtures("_signals_arrive")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_the_program_ends_with_its_starter_whatever_ended_it(tmp_path: Path, end: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTS_A_CHILD, str(tmp_path / "log")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        starter.send_signal(end)
        starter.wait(timeout=5)
    assert is_gone(pid)


@pytest.mark.usefixtures("_signals_arrive")
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_program_ends_when_its_guard_is_ended(tmp_path: Path, end: signal.Signals) -> None:
    child = child_of(["sleep", "600"], tmp_path)
    child._guard.send_signal(end)
    child._guard.wait(timeout=5)
    child.stop()
    assert is_gone(child.pid)
