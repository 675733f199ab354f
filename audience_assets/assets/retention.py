"""The asset that removes what is older than the settings keep it, and the schedule that runs it."""

import dagster as dg

from audience_assets.assets import groups
from audience_assets.assets.days import Materialized, readable_failures
from audience_assets.pipeline import Pipeline
from audience_assets.retention.purging import KINDS

NAME = "retention"
SCHEDULE = "retention_schedule"


def build(pipeline: Pipeline) -> dg.AssetsDefinition:
    """The asset `retention`, which has no days."""

    @dg.asset(
        name=NAME, group_name=groups.UPKEEP, owners=list(pipeline.settings.owners), tags={"pii": "none"}
    )
    def removed(context: dg.AssetExecutionContext) -> Materialized:
        """What is older than `[retention]` in the settings keeps it is removed here, and what killed runs left.

        Normalized records go once they are hashed for every destination; the files that were sent and the older state once
        nothing refers to them. What the newest day, a partner's state or a delivery under way needs stays, however old.

        **A good day:** a few files of each kind. `audience-assets purge --dry-run` says beforehand what would go.
        """
        with readable_failures(context):
            done = pipeline.purge()
        for sentence in done.sentences():
            context.log.info(sentence)
        counts = {f"files of {kind}": done.files[kind] for kind in KINDS}
        sizes = {f"bytes of {kind}": done.bytes[kind] for kind in KINDS}
        return dg.MaterializeResult(metadata=counts | sizes | {"kept": done.why_kept or "nothing"})

    return removed


def schedule(pipeline: Pipeline) -> dg.ScheduleDefinition:
    """Once a day at the hour after the day's run; off until it is started."""
    times = pipeline.settings.schedule
    return dg.ScheduleDefinition(
        name=SCHEDULE,
        target=dg.AssetSelection.assets(NAME),
        cron_schedule=f"{times.minute} {(times.hour + 1) % 24} * * *",
        execution_timezone=pipeline.settings.partitions.timezone,
    )
