"""Runs a stack in a process of its own and watches that process and its children from outside."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.job import Details, Job

SAMPLE_SECONDS = 0.1
LOOK_FOR_CHILDREN = 5
"""Samples after which children are looked for again."""
LAST_WORDS = 15
"""Lines of a failed process's output that are shown."""
REPOSITORY = Path(__file__).resolve().parent.parent


class StackFailedError(Exception):
    """A stack did not finish its job; the message is the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a job may take, and which Python runs it."""

    seconds: float = 7200.0
    python: str = sys.executable


def run(job: Job, limits: Limits | None = None) -> Details:
    """Run a job; what the worker wrote, with the most memory that its processes held together at one time.

    Raises:
        StackFailedError: It failed or took too long.
    """
    limits = limits or Limits()
    Path(job.out).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="job-") as folder:
        asked, result, said = (Path(folder) / name for name in ("job.json", "result.json", "said.txt"))
        job.write(asked)
        command = [limits.python, "-m", "benchmarks.worker", str(asked), str(result)]
        with said.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            peak, problem = _watched(process, limits.seconds)
        if problem or process.returncode != 0 or not result.is_file():
            last_words = "\n".join(said.read_text(errors="replace").splitlines()[-LAST_WORDS:])
            raise StackFailedError(problem or last_words or f"exit code {process.returncode}")
        measured: Details = json.loads(result.read_text(encoding="utf-8"))
    steps = measured["steps"].values()
    return {**measured, "peak_bytes": max(peak, *(step["peak_bytes"] for step in steps))}


def _watched(process: subprocess.Popen[bytes], seconds: float) -> tuple[int, str]:
    """Wait for the process; its tree's peak memory as sampled, and what is wrong if it had to be ended."""
    deadline = time.monotonic() + seconds
    peak, samples, known = 0, 0, [process.pid]
    try:
        while process.poll() is None:
            if time.monotonic() > deadline:
                return peak, f"not finished after {seconds:.0f} seconds"
            if samples % LOOK_FOR_CHILDREN == 0:
                known = processes.tree(process.pid)
            peak = max(peak, processes.resident_bytes(known))
            samples += 1
            time.sleep(SAMPLE_SECONDS)
        return peak, ""
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End what is left of the process's session: itself, or children that it left behind."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
