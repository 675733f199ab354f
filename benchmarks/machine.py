"""What the figures were measured on: the machine without its name, and the versions of everything that took part."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping
from pathlib import Path

PACKAGES = {
    "ours": ("audience-assets", "dagster", "duckdb", "pyarrow", "pandera", "phonenumbers"),
    "rivals": ("duckdb", "pyarrow", "phonenumbers", "pandas", "polars", "polars-hash", "pyspark", "drt-core"),
    "condor": ("condor-retl", "condor-retl-file", "duckdb", "pyarrow"),
}
INTERESTING_FLAGS = ("sha_ni", "avx2", "avx512f")
GIBIBYTE = 1 << 30


def described() -> dict[str, object]:
    """Processor, cores, memory and operating system."""
    return {
        "processor": _line("/proc/cpuinfo", "model name") or platform.machine(),
        "instructions": [
            flag for flag in INTERESTING_FLAGS if flag in _line("/proc/cpuinfo", "flags").split()
        ],
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIBIBYTE, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


def load() -> float:
    """How many processes wanted a core in the last minute; more than one's own mean that the machine was shared."""
    return round(os.getloadavg()[0], 2)


def versions(pythons: Mapping[str, Path]) -> dict[str, dict[str, str]]:
    """Versions of packages in each environment that is there, by the Python that runs it."""
    script = (
        "import json, platform, sys; from importlib.metadata import version;"
        "found = {name: version(name) for name in sys.argv[1:]};"
        "print(json.dumps({'python': platform.python_version(), **found}))"
    )
    found = {}
    for environment, python in pythons.items():
        if python.exists():
            command = [str(python), "-c", script, *PACKAGES[environment]]
            said = subprocess.run(command, capture_output=True, text=True, check=True)
            found[environment] = json.loads(said.stdout)
    return found


def commit(repository: Path) -> str:
    """The commit that is measured, with a + where something in the working copy differs; empty where git does not know."""
    command = [
        "git",
        "-C",
        str(repository),
        "describe",
        "--always",
        "--abbrev=12",
        "--dirty=+",
        "--exclude=*",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    return said.stdout.strip()


def _line(file: str, key: str) -> str:
    """The first value of a key in one of Linux's `key : value` files."""
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
