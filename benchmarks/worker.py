"""The process of one stack: `python -m benchmarks.worker JOB RESULT` runs the job's steps and writes what each took.

What a stack imports and starts before its first step is timed apart from the steps.
"""

import importlib
import json
import os
import sys
from pathlib import Path
from time import perf_counter

from benchmarks import job as jobs
from benchmarks import processes


def main(job_file: Path, result_file: Path) -> None:
    """Run the job and write start_seconds, and seconds, cpu_seconds, peak_bytes and details of each step."""
    job = jobs.read(job_file)
    started = perf_counter()
    work: jobs.Work = importlib.import_module(f"benchmarks.stacks.{job.module}").prepare(job)
    result: jobs.Details = {"start_seconds": perf_counter() - started, "steps": {}}
    for name, step in work.items():
        processes.forget_peak()
        used, began = processes.cpu_seconds(os.getpid()), perf_counter()
        details = step() or {}
        result["steps"][name] = {
            "seconds": perf_counter() - began,
            "cpu_seconds": processes.cpu_seconds(os.getpid()) - used,
            "peak_bytes": processes.peak_bytes(),
            **details,
        }
        result_file.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
