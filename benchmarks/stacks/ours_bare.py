"""The same functions as the assets call, one after the other: no Dagster, no asset checks, contracts replaced by nothing."""

from datetime import date
from functools import partial

from audience_assets.pipeline import Pipeline
from benchmarks.job import Job, Work
from benchmarks.stacks import deployment
from benchmarks.stacks.ours import contract_checks


def prepare(job: Job) -> Work:
    """One step; the contracts are replaced in this process only."""
    for owner, name in contract_checks():
        setattr(owner, name, lambda *_: None)
    pipeline = Pipeline(deployment.settings_of(job))
    return {"prepare": partial(deployment.plan_day, pipeline, date.fromisoformat(job.options["day"]))}
