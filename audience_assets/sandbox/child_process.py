"""Runs one program for exactly as long as this process lives, however this process ends.

Between the two stands a guard: this same file, run by Python. It stops the program when its standard input closes, which the
operating system does for us even after a SIGKILL. A signal handler or `atexit` would leave an orphan then.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_SECONDS = 8.0
GUARD_SECONDS = 2.0


class ChildProcess:
    """A running program whose output goes to a log file; stop it with `stop`."""

    def __init__(self, command: Sequence[str], *, log: Path, env: Mapping[str, str], cwd: Path) -> None:
        with log.open("wb") as output:
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__, *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                env=dict(env),
                cwd=cwd,
                start_new_session=True,  # Ctrl-C in a terminal reaches us alone, so that we stop things in order
            )
        stdin, stdout = self._guard.stdin, self._guard.stdout
        assert stdin is not None  # noqa: S101 (both were asked for above)
        assert stdout is not None  # noqa: S101
        self._lifeline = stdin
        with stdout:
            told = stdout.readline()
        if not told:
            self.stop()
            raise OSError(f"{command[0]} could not be started; see {log}")
        self.pid = int(told)

    @property
    def running(self) -> bool:
        """Whether the program has not ended yet."""
        return self._guard.poll() is None

    def stop(self) -> None:
        """End the program, if need be by force, and wait until it is gone."""
        self._lifeline.close()
        try:
            self._guard.wait(timeout=STOP_SECONDS + GUARD_SECONDS)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()
        if self._guard.returncode < 0 and hasattr(self, "pid"):  # the guard itself was killed: do its work
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return


def _guard(command: Sequence[str]) -> int:
    """Run `command` until it ends or standard input does."""
    # Whoever started us may have blocked signals, which is inherited; then nothing would end the program.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)

    def stop() -> None:
        child.terminate()
        try:
            child.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()

    def stop_when_our_parent_is_gone() -> None:
        os.read(0, 1)  # nothing is ever written: this returns when the other end closes
        stop()

    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=stop).start())
    threading.Thread(target=stop_when_our_parent_is_gone, daemon=True).start()
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    return child.wait()


if __name__ == "__main__":
    _guard(sys.argv[1:])
