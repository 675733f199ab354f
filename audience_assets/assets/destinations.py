"""The asset factory: a delta and a delivery for each destination that the settings declare."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg

from audience_assets.assets import checks, destinations_metadata
from audience_assets.assets.days import Materialized, days_of, each_day, readable_failures
from audience_assets.assets.destinations_metadata import Planned
from audience_assets.destinations import planning
from audience_assets.destinations.catalog import kind_of
from audience_assets.destinations.column import Destination
from audience_assets.destinations.outcome import Report
from audience_assets.pipeline import Pipeline
from audience_assets.storage.layout import HASHED

PREVIEWED = 5
"""Rows of a delta that are shown, masked."""

RETRIES = dg.RetryPolicy(max_retries=3, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL)

DELTA = """Exactly what will be sent to {name}: who joined, changed or left since {name} last acknowledged a day.

A destination that was down for days catches up in one delta; a new one gets everyone. A change that normalizes away
(case, blanks, the order of audiences) sends nothing. Every row passes the contract of the partner's columns, and each
written file is opened again and compared, before anything is published here. What would take out too many is written, so
that a person can look, and not delivered unless the run config allows it.

**A good day:** a few per cent of the customers. **No rows** is fine when nothing changed.
**On a bad day:** a contract failure names column, rule and count, and nothing has been sent. An audience that is held or
stopped says why in the table `audiences`. To only see what would be sent, set `plan_only` in the run config.

Columns:

{columns}
"""
DELIVERY = """What {title} acknowledged: batches, rows, and the keys under which they stand.

Each {batch} is written into the ledger before it leaves and after it was acknowledged. After a crash, run the day again:
what was begun is finished with the same bytes, and nothing is sent twice in effect. Delivering a delivered day sends
nothing and says so. An older day after a newer one is refused.

`calls` are those that a delivery needs however quick {title} is, as the delta foretold them; `calls while waiting` are looks
that found it busy, repeats, and asking whom it refused; `calls saved` are what sending everybody would have taken, less
`calls` (below 0 on days when that were fewer).

**A good day:** as many rows as the delta has, none refused, `calls` as foretold. Nothing sent is fine when nothing changed.
**On a bad day:** the failure says whether running again is enough or who must act (credentials, rights, settings).
"""


class DeltaConfig(dg.Config):
    """What a person can ask of a delta besides what changed.

    `replace` names audiences that are to be sent as a whole, in place of what the partner holds; "*" means all.
    `allow` has "removals", or "removals:AUDIENCE", where more may be taken out than the guard lets through.
    With `plan_only` the delta and its forecast are made to be looked at, and its delivery refuses until the delta is made
    again without.
    """

    replace: list[str] = []  # noqa: RUF012 - Dagster reads the type and default of a config from the class
    allow: list[str] = []  # noqa: RUF012
    plan_only: bool = False


def build(
    pipeline: Pipeline, destination: Destination, shared: Mapping[str, Any]
) -> list[dg.AssetsDefinition]:
    """`NAME/delta` and `NAME/delivery`; `shared` is what all assets of the deployment have in common."""
    name = destination.name
    given = pipeline.settings.destinations[name]
    kind = kind_of(given)
    uri, page = kind.uri(given), kind.page(given)
    common = {"key_prefix": name, "group_name": name, **shared}

    @dg.asset(
        name="delta",
        deps=[dg.AssetKey(HASHED)],
        kinds={"duckdb", "parquet"},
        description=DELTA.format(name=name, columns=_columns(destination)),
        check_specs=[
            checks.EACH_CUSTOMER_ONCE.spec([name, "delta"]),
            checks.REMOVALS_WITHIN_BOUNDS.spec([name, "delta"]),
        ],
        tags={"pii": "hashed"},
        **common,
    )
    def delta(context: dg.AssetExecutionContext, config: DeltaConfig) -> Materialized:
        planned: dict[str, str] = {}

        def plan(day: date) -> Planned:
            standings, made = pipeline.plan(
                name,
                day,
                planned=planned,
                replace=config.replace,
                allow=config.allow,
                purpose="plan_only" if config.plan_only else "deliver",
            )
            planning.chain(planned, standings, made)
            folder = pipeline.layout.delta(name, day)
            return Planned(made, pipeline.forecast(made), pipeline.first_rows(made, PREVIEWED), folder)

        days = each_day(context, plan, lambda result: destinations_metadata.of_delta(result, destination))
        made = [result.made for result in days.values()]
        counted = [count for result in made for count in pipeline.count_delta(name, result)]
        return dg.MaterializeResult(
            check_results=[
                checks.EACH_CUSTOMER_ONCE.result(counted),
                checks.REMOVALS_WITHIN_BOUNDS.result(made),
            ]
        )

    @dg.asset(
        name="delivery",
        deps=[delta],
        kinds={kind.technology},
        pool=name,
        description=DELIVERY.format(title=kind.title, batch=kind.batch),
        check_specs=[
            checks.PARTNER_HOLDS_THE_DAY.spec([name, "delivery"]),
            checks.NOTHING_HELD_BACK.spec([name, "delivery"]),
        ],
        retry_policy=RETRIES,
        tags={"pii": "hashed"},
        **common,
    )
    def delivery(context: dg.AssetExecutionContext) -> Materialized:
        def deliver(day: date) -> Report:
            report = pipeline.deliver(name, day, run=context.run.run_id)
            context.log.info("%s: %s", day, destinations_metadata.sentence(report, name))
            return report

        each_day(context, deliver, lambda report: destinations_metadata.of_delivery(report, name, uri, page))
        last = days_of(context)[-1]
        with readable_failures(context, last):
            held = pipeline.holds(name, last)
        looked_at = (checks.PARTNER_HOLDS_THE_DAY, checks.NOTHING_HELD_BACK)
        return dg.MaterializeResult(check_results=[check.result(held) for check in looked_at])

    return [delta, delivery]


def _columns(destination: Destination) -> str:
    """The partner's columns as a Markdown table: name, type, meaning and rule."""
    lines = ["| column | type | what it is |", "| --- | --- | --- |"]
    lines += [
        f"| {column.name} | {column.arrow_type} | {column.description} |" for column in destination.columns
    ]
    return "\n".join(lines)
