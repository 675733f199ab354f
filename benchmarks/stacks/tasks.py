"""The steps from the extract to a delta without Dagster, by whoever runs the tasks: here, in processes, or on Ray with the state on S3."""

from contextlib import ExitStack
from datetime import date
from functools import partial

from audience_assets.pipeline import Pipeline
from audience_assets.workers import workers
from benchmarks.job import Job, Work
from benchmarks.stacks import deployment

_KEPT = ExitStack()
"""Keeps a Ray cluster from the time before the first step to the end of the process."""


def prepare(job: Job) -> Work:
    """One step; a Ray cluster is started before it and is not measured."""
    settings = deployment.settings_of(job)
    _KEPT.enter_context(workers(settings))
    return {"prepare": partial(_run, Pipeline(settings), date.fromisoformat(job.options["day"]))}


def _run(pipeline: Pipeline, day: date) -> None:
    deployment.acknowledge_unsent(list(pipeline.destinations))
    pipeline.read_extract(day)
    pipeline.normalize(day)
    pipeline.hash(day)
    for name in pipeline.destinations:
        pipeline.plan(name, day)
        pipeline.deliver(name, day)
