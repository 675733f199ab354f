"""pandas and hashlib, as the partner's page shows it. Phones are judged by a regular expression, so they are not exact."""

import re
from functools import partial
from typing import Any

from benchmarks.job import Job, Work
from benchmarks.stacks import vtex
from benchmarks.stacks.pandas_frames import digits, write_chunks


def prepare(job: Job) -> Work:
    """One step."""
    return {"run": partial(write_chunks, job, {"phone": _phone, "social_id": digits})}


def _phone(value: Any) -> str | None:
    number = digits(value) or ""
    if len(number) in (12, 13) and number.startswith("55"):
        number = number[2:]
    elif number.startswith("0"):
        number = number[1:]
    return f"+55{number}" if re.fullmatch(vtex.BRAZILIAN_NUMBER, number) else None
