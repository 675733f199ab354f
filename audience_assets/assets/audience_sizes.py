"""The asset `audience_sizes`: how many people of each audience its partner matched, day by day, and who is where."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

import dagster as dg

from audience_assets.assets import checks, groups, metadata
from audience_assets.assets.days import Materialized, days_of, each_day
from audience_assets.observed import sizes
from audience_assets.observed.reconciliation import Reconciled
from audience_assets.observed.sizes_manifest import AudienceSize, SizesManifest
from audience_assets.pipeline import Pipeline
from audience_assets.storage.layout import SIZES

LISTED = 50
"""Of so many audiences the UI plots the numbers; the table has all."""


def build(pipeline: Pipeline, shared: Mapping[str, Any]) -> list[dg.AssetsDefinition]:
    """The asset for a deployment; none where no partner can be asked."""
    if not any(sizes.askable(each) for each in pipeline.settings.destinations.values()):
        return []
    looked_at = (checks.MATCH_SHARE_HOLDS, checks.NO_AUDIENCE_ENDS, checks.PARTNERS_ANSWERED)

    @dg.asset(
        name=SIZES,
        deps=[dg.AssetKey([name, "delivery"]) for name in pipeline.destinations],
        group_name=groups.OBSERVED,
        kinds={"duckdb"},
        tags={"pii": "none"},  # numbers only
        check_specs=[check.spec(SIZES) for check in looked_at],
        **shared,
    )
    def audience_sizes(context: dg.AssetExecutionContext) -> Materialized:
        """How many people of each audience its partner matched, beside how many were delivered.

        Meta and TikTok are asked once a day; VTEX Ads tells nothing. They only know the present, so of several days in one
        run the newest is asked. A rule that makes other digests than the partner's shows here as a line that falls.

        **A good day:** the share that is matched is the one of the days before. **On a bad day:** the check names the audience
        and both figures; docs/audiences.md says what to compare.
        """
        newest = days_of(context)[-1]
        made = each_day(context, partial(_asked, pipeline, newest), _metadata).values()
        told = [each for each, _ in made]
        return dg.MaterializeResult(check_results=[check.result(told) for check in looked_at])

    return [audience_sizes]


def _asked(pipeline: Pipeline, newest: date, day: date) -> tuple[SizesManifest, Reconciled | None]:
    """What partners told, and where the customers are, which is known of the newest day, too."""
    told = pipeline.audience_sizes(day, newest=newest)
    return told, pipeline.reconcile(day) if told.asked_at else None


def _metadata(made: tuple[SizesManifest, Reconciled | None]) -> metadata.Metadata:
    told, reconciled = made
    return _told(told) | (_reconciled(reconciled) if reconciled else {})


def _reconciled(found: Reconciled) -> metadata.Metadata:
    header = ("audience", "at", "not at", "why", "customers")
    rows = [(each.audience, each.at, each.not_at, each.reason, each.customers) for each in found.missing]
    return {"at one partner and not at another": metadata.table(header, rows)}


def _told(made: SizesManifest) -> metadata.Metadata:
    header = ("destination", "audience", "partner's id", "members", "matched", "match %", "status", "ends")
    told: metadata.Metadata = {
        "dagster/row_count": len(made.sizes),
        "asked at": f"{made.asked_at:%Y-%m-%d %H:%M} UTC" if made.asked_at else "not asked",
        "audiences": metadata.table(header, [_line(each) for each in made.sizes]),
        "not told": metadata.table(("destination", "why"), list(made.unasked.items())),
    }
    for each in sorted(made.sizes, key=lambda size: -size.members)[:LISTED]:
        told |= _plotted(each)
    return told


def _line(size: AudienceSize) -> tuple[Any, ...]:
    bounds = "-" if size.upper is None else f"{size.lower} to {size.upper}"
    share = "-" if size.match is None else f"{size.match:.1%}"
    return (
        *(size.destination, size.audience, size.remote_id, size.members),
        *(bounds, share, size.status, size.ends or "-"),
    )


def _plotted(size: AudienceSize) -> metadata.Metadata:
    numbers: metadata.Metadata = {f"{size.name} members": size.members}
    if size.match is not None and size.size is not None:
        numbers |= {f"{size.name} size": size.size, f"{size.name} match %": round(100 * size.match, 2)}
    return numbers
