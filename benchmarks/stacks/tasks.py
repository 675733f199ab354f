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
    """Two steps; a Ray cluster is started before them and is not measured."""
    settings = deployment.settings_of(job)
    deployment.acknowledge_unsent(list(settings.destinations))
    _KEPT.enter_context(workers(settings))
    pipeline, day = Pipeline(settings), date.fromisoformat(job.options["day"])
    return {
        "prepare": partial(deployment.plan_day, pipeline, day),
        "deliver": partial(_deliver, pipeline, day),
    }


def _deliver(pipeline: Pipeline, day: date) -> None:
    for name in pipeline.destinations:
        pipeline.deliver(name, day)
