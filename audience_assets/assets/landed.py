"""The sensor that starts a day's run when the day's extract has landed."""

from datetime import date

import dagster as dg

from audience_assets.customers import source
from audience_assets.errors import AudienceAssetsError
from audience_assets.pipeline import Pipeline

NEWEST_DAYS = 3


def build(pipeline: Pipeline, job_name: str, days: dg.DailyPartitionsDefinition) -> dg.SensorDefinition:
    """A sensor over the newest days; each day is asked for once, whatever started it before."""

    @dg.sensor(
        name="extract_landed",
        job_name=job_name,
        minimum_interval_seconds=300,
        description="Starts daily_audiences for a day when source.path has a file for it. A query cannot be watched.",
    )
    def extract_landed(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        if pipeline.settings.source.path is None:
            return dg.SkipReason("source.path is not set: only files can be waited for, a query cannot")
        newest = [date.fromisoformat(key) for key in days.get_partition_keys()[-NEWEST_DAYS:]]
        try:
            found = [day for day in newest if source.has_landed(pipeline.settings, day)]
        except AudienceAssetsError as error:
            return dg.SkipReason(f"cannot look for extracts: {error}")
        if not found:
            return dg.SkipReason(f"no extract has landed for {', '.join(day.isoformat() for day in newest)}")
        context.log.info("extracts are there for %s", ", ".join(day.isoformat() for day in found))
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(run_key=day.isoformat(), partition_key=day.isoformat()) for day in sorted(found)
            ]
        )

    return extract_landed
