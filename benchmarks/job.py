"""What a stack is asked to do in its process, and what it hands back. Only the standard library is needed."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Details = dict[str, Any]
Work = Mapping[str, Callable[[], Details | None]]
"""Steps by name, in the order they are run; each is measured, and what it returns is kept beside its figures."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one stack.

    Attributes:
        module: The module below benchmarks.stacks; its function `prepare` takes the job and returns the work.
        extract: The extract's files, as a pattern.
        customers: How many rows they have.
        out: An empty folder for what is written.
        options: What only this stack needs.
    """

    module: str
    extract: str
    customers: int
    out: str
    options: Details = field(default_factory=dict)

    def write(self, file: Path) -> None:
        """Store the job for the process that runs it."""
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")


def read(file: Path) -> Job:
    """The job that was stored."""
    return Job(**json.loads(file.read_text(encoding="utf-8")))
