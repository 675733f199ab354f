"""The asset `quarantine`: which values and people are refused as of a day, why, and since when."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from audience_assets.assets import groups, metadata
from audience_assets.assets.days import Materialized, each_day
from audience_assets.observed.quarantine_manifest import QuarantineManifest
from audience_assets.pipeline import Pipeline
from audience_assets.storage.layout import HASHED, QUARANTINE


def build(pipeline: Pipeline, shared: Mapping[str, Any]) -> list[dg.AssetsDefinition]:
    """The asset for a deployment; `shared` is what all assets with days have in common."""

    @dg.asset(
        name=QUARANTINE,
        deps=[HASHED],
        group_name=groups.OBSERVED,
        kinds={"duckdb", "parquet"},
        tags={"pii": "none"},  # customer ids and reasons only
        **shared,
    )
    def refused(context: dg.AssetExecutionContext) -> Materialized:
        """Values that are refused and people whom a partner refused: of which customer, by which rule, why and since when.

        It is the state as of the day: an entry vanishes when the customer's row, the rule or the setting changed and the
        value is usable. Whom a partner refused stays until the partner is told of them again; what a partner refuses on a
        day stands in the next day's, or here once it is materialized again. No value is kept, only customer ids.

        **A good day:** few are new. **On a bad day:** `audience-assets quarantine --reason ...` lists whom it concerns.
        """
        each_day(context, pipeline.quarantine, _metadata)
        return dg.MaterializeResult()

    return [refused]


def _metadata(made: QuarantineManifest) -> metadata.Metadata:
    return {
        "dagster/row_count": made.rows,
        "new today": made.new,
        "gone today": made.gone,
        "complete": made.complete,
        "by reason": metadata.table(
            ("kind", "destination", "field", "reason", "customers"),
            [
                (each.kind, each.destination or "all", each.field or "-", each.reason, each.entries)
                for each in made.reasons
            ],
        ),
    }
