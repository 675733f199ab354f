"""The sensor that finishes what a partner accepted and was still working on when the run ended."""

import dagster as dg

from audience_assets.errors import AudienceAssetsError
from audience_assets.pipeline import Pipeline


def build(pipeline: Pipeline, assets: list[dg.AssetsDefinition]) -> dg.SensorDefinition:
    """A sensor over deliveries that were begun and not finished; each is asked for again until it is done."""
    selection = dg.AssetSelection.assets(
        *(key for each in assets for key in each.keys if key.path[-1] == "delivery")
    )

    @dg.sensor(
        name="accepted_deliveries",
        target=selection,
        minimum_interval_seconds=900,
        description="Materializes the delivery of a day again when the partner had accepted it and was not ready.",
    )
    def accepted_deliveries(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        try:
            begun = pipeline.begun()
        except AudienceAssetsError as error:
            return dg.SkipReason(f"cannot look for begun deliveries: {error}")
        if not begun:
            return dg.SkipReason("no delivery is under way")
        context.log.info("under way: %s", ", ".join(f"{name} {day}" for name, day in begun))
        return dg.SensorResult(
            run_requests=[
                dg.RunRequest(
                    partition_key=day.isoformat(), asset_selection=[dg.AssetKey([name, "delivery"])]
                )
                for name, day in begun
            ]
        )

    return accepted_deliveries
