"""The asset that carries out requests for erasure, its check of deadlines, and the schedule that runs it."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg

from audience_assets.assets import groups
from audience_assets.assets.days import Materialized, readable_failures
from audience_assets.erasure import carrying_out, reading
from audience_assets.erasure.receipt import Receipt, receipts
from audience_assets.pipeline import Pipeline

NAME = "erasure_requests"
SCHEDULE = "erasure_schedule"
DEADLINES = "erasures_within_deadline"


def build(pipeline: Pipeline) -> dg.AssetsDefinition:
    """The asset `erasure_requests`, which has no days."""

    @dg.asset(
        name=NAME,
        group_name=groups.UPKEEP,
        owners=list(pipeline.settings.owners),
        tags={"pii": "none"},
        check_specs=[
            dg.AssetCheckSpec(
                DEADLINES,
                asset=NAME,
                description="Every request was done, or its deadline is still to come; if not, the receipt says what is open.",
            )
        ],
    )
    def erased(context: dg.AssetExecutionContext) -> Materialized:
        """Who asked to be erased, removed from every audience of every partner and from everything of ours.

        Requests stand in the table that `[erasure.requests]` names, or come by `audience-assets erase`. A person who was
        erased is kept out of every later day by keyed digests; receipts name nobody.

        **A good day:** nothing is open. **On a bad day:** `audience-assets erase --receipts` says which partner did not
        acknowledge yet and why; the next run tries again.
        """
        today = datetime.now(ZoneInfo(pipeline.settings.partitions.timezone)).date()
        with readable_failures(context):
            carrying_out.register(pipeline, reading.from_table(pipeline.settings, today))
            carrying_out.settle(pipeline, carrying_out.deliver(pipeline))
            with pipeline.ledger() as ledger:
                found = receipts(ledger)
        for receipt in (each for each in found if each.done_at is None):
            context.log.info(_sentence(receipt))
        return dg.MaterializeResult(metadata=_metadata(found), check_results=[_deadlines(found)])

    return erased


def schedule(pipeline: Pipeline) -> dg.ScheduleDefinition:
    """Every hour; off until it is started."""
    return dg.ScheduleDefinition(
        name=SCHEDULE,
        target=dg.AssetSelection.assets(NAME),
        cron_schedule=f"{(pipeline.settings.schedule.minute + 30) % 60} * * * *",
        execution_timezone=pipeline.settings.partitions.timezone,
    )


def _metadata(found: list[Receipt]) -> dict[str, Any]:
    still_open = [receipt for receipt in found if receipt.done_at is None]
    return {
        "requests": len(found),
        "open": len(still_open),
        "overdue": sum(receipt.overdue for receipt in still_open),
        "rows removed": sum(receipt.rows_removed for receipt in found),
    }


def _deadlines(found: list[Receipt]) -> dg.AssetCheckResult:
    missed = [receipt for receipt in found if receipt.done_at is None and receipt.overdue]
    return dg.AssetCheckResult(
        check_name=DEADLINES,
        passed=not missed,
        severity=dg.AssetCheckSeverity.ERROR,
        description=" ".join(map(_sentence, missed)) or None,
        metadata={"missed": len(missed)},
    )


def _sentence(receipt: Receipt) -> str:
    """What is still open of a request."""
    places = [f"{place.destination} {place.audience}".strip() for place in receipt.places if place.open]
    where = f" at {', '.join(places)}" if places else ""
    return f"{receipt.request}: open{where}, due {receipt.deadline.date()}."
