"""What Linux says of a process and those it started: processor time and memory. Only the standard library is needed."""

import os
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
PARENT, USER_TICKS, SYSTEM_TICKS, RESIDENT_PAGES = 1, 11, 12, 21
"""Places in /proc/PID/stat, counted from the state, which follows the command's name."""
CHILDREN_TICKS = (13, 14)
"""Those of the children that have ended."""


def tree(root: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (stat := _stat(int(entry.name))):
            children.setdefault(stat[PARENT], []).append(int(entry.name))
    found = [root]
    for process in found:
        found += children.get(process, [])
    return found


def cpu_seconds(root: int) -> float:
    """Processor time of a process and all that descend from it, those that have ended included."""
    ticks = 0
    for process in tree(root):
        if stat := _stat(process):
            ticks += sum(stat[place] for place in (USER_TICKS, SYSTEM_TICKS, *CHILDREN_TICKS))
    return ticks / TICKS_PER_SECOND


def resident_bytes(processes: list[int]) -> int:
    """Memory that these processes hold together."""
    stats = (_stat(process) for process in processes)
    return sum(stat[RESIDENT_PAGES] for stat in stats if stat) * PAGE_BYTES


def forget_peak() -> None:
    """Let this process's peak begin anew."""
    (PROC / "self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """The most memory that this process has held since its peak began."""
    lines = (PROC / "self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024


def _stat(process: int) -> list[int]:
    """The numbers of /proc/PID/stat; the state, a letter, becomes 0. Nothing for a process that is gone."""
    try:
        fields = (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
    return [0, *(int(field) for field in fields[1:])]
