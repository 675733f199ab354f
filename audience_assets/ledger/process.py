"""Which process holds something, told so exactly that a dead one is never mistaken for a living one, or the reverse."""

import os
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Process:
    """A process by its number, with what makes the number unique.

    Attributes:
        host: The host's name, for people.
        machine: The boot and the container: only within one of these do process numbers mean the same.
        number: The process id.
        started: When it started, in the kernel's ticks; numbers are used again, these pairs are not.
    """

    host: str
    machine: str
    number: int
    started: str


def this_process() -> Process:
    """The process that asks."""
    number = os.getpid()
    return Process(host=socket.gethostname(), machine=_machine(), number=number, started=_stat(number)[1])


def is_dead(process: Process) -> bool:
    """Whether a process has certainly ended. On another machine nobody can know, so the answer is no."""
    here = this_process()
    if (process.host, process.machine) != (here.host, here.machine):
        return False
    if os.name == "nt":  # there os.kill with any number ends the process
        return False
    try:
        os.kill(process.number, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # another user's process: it lives
    state, started = _stat(process.number)
    if state in {"Z", "X"}:  # killed, and its parent has not looked yet
        return True
    return bool(started and process.started) and started != process.started


@cache
def _machine() -> str:
    """Linux tells the boot and the process namespace; elsewhere the host's name has to do."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _stat(number: int) -> tuple[str, str]:
    """A process's state and start, or empty strings where the system does not tell."""
    try:
        line = Path(f"/proc/{number}/stat").read_bytes().decode("ascii", "replace")
    except OSError:
        return "", ""
    fields = line.rpartition(")")[2].split()  # the program's name before it may hold anything
    return fields[0], fields[19]
