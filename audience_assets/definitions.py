"""What Dagster loads: the assets, the job, the schedule and the sensor of the deployment that the settings describe."""

import warnings

import dagster as dg

from audience_assets import settings as settings_file
from audience_assets.assets import (
    accepted,
    alerts,
    audience_sizes,
    customers,
    destinations,
    erasure,
    landed,
    preflight,
    quarantine,
    retention,
)
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings

JOB = "daily_audiences"


def build_defs(settings: Settings | None = None) -> dg.Definitions:
    """Definitions for these settings, or for those that AUDIENCE_ASSETS_SETTINGS names. No secret is read here."""
    pipeline = Pipeline(settings or settings_file.load())
    days = dg.DailyPartitionsDefinition(
        start_date=pipeline.settings.partitions.start.isoformat(),
        timezone=pipeline.settings.partitions.timezone,
    )
    shared = {
        "partitions_def": days,
        "owners": list(pipeline.settings.owners),
        "code_version": pipeline.rules_signature,
        # One run works through its days in order; the ledger keeps what was done when a later day fails.
        "backfill_policy": dg.BackfillPolicy.single_run(),
    }
    with warnings.catch_warnings():
        # Dagster calls backfill policies beta; single-run backfills are what keeps days in order.
        warnings.filterwarnings("ignore", message=".*backfill_policy", category=dg.BetaWarning)
        assets = customers.build(pipeline, shared) + quarantine.build(pipeline, shared)
        for destination in pipeline.destinations.values():
            assets += destinations.build(pipeline, destination, shared)
        assets += audience_sizes.build(pipeline, shared)
    job = dg.define_asset_job(
        JOB,
        selection=dg.AssetSelection.all() - dg.AssetSelection.assets(retention.NAME, erasure.NAME),
        description="Everything for a day: from the extract to what every partner acknowledged.",
    )
    schedule = dg.build_schedule_from_partitioned_job(
        job, hour_of_day=pipeline.settings.schedule.hour, minute_of_hour=pipeline.settings.schedule.minute
    )
    return dg.Definitions(
        assets=[*assets, retention.build(pipeline), erasure.build(pipeline)],
        asset_checks=[preflight.build(pipeline, name) for name in pipeline.destinations],
        jobs=[job],
        schedules=[schedule, retention.schedule(pipeline), erasure.schedule(pipeline)],
        sensors=[
            landed.build(pipeline, JOB, days),
            accepted.build(pipeline, assets),
            *alerts.build(pipeline.settings.alerts),
        ],
        executor=dg.in_process_executor,
    )


defs = build_defs()
