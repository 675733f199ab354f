"""The asset checks between a delta and its delivery: what is wrong at the partner or with us holds the delivery back."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from audience_assets.destinations.preflight import Finding
from audience_assets.pipeline import Pipeline
from audience_assets.preflight import looking


def build(pipeline: Pipeline, destination: str) -> dg.AssetChecksDefinition:
    """The preflight of a destination, a check for each thing that is looked at, on `NAME/delta`."""
    delta = dg.AssetKey([destination, "delta"])
    specs = [
        dg.AssetCheckSpec(check.name, asset=delta, description=check.proves, blocking=check.blocking)
        for check in looking.checks_before_delivery(pipeline, destination)
    ]

    @dg.multi_asset_check(
        name=f"{destination}__preflight",
        specs=specs,
        can_subset=True,
        description=f"Looks before the first byte whether {destination} can be delivered to. Nothing is sent.",
    )
    def look(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        days = _days_of(context)
        wanted = {key.name for key in context.selected_asset_check_keys}
        for finding in looking.before_delivery(pipeline, destination, days):
            if finding.check in wanted:  # the others were looked at too, since some need each other
                yield _result(finding, delta)

    return look


def _result(finding: Finding, asset: dg.AssetKey) -> dg.AssetCheckResult:
    """What was not looked at has not passed either, and is no error of its own."""
    holds_back = finding.severity == "error"
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=finding.check,
        passed=finding.passed is True,
        severity=dg.AssetCheckSeverity.ERROR if holds_back else dg.AssetCheckSeverity.WARN,
        description=finding.sentence,
    )


def _days_of(context: dg.AssetCheckExecutionContext) -> list[date]:
    """The run's days, oldest first; none where the checks are run by themselves without a day."""
    step = context.op_execution_context
    if not step.has_partition_key and not step.has_partition_key_range:
        return []
    return sorted(date.fromisoformat(key) for key in step.partition_keys)
