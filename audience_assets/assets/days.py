"""Runs an asset's step for each day of a run, oldest first, and turns our errors into failures that say what to do."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import dagster as dg
import duckdb
import pyarrow as pa

from audience_assets import progress
from audience_assets.assets.lines import Lines
from audience_assets.assets.metadata import in_reading_order
from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError

Result = TypeVar("Result")
if TYPE_CHECKING:
    Materialized: TypeAlias = dg.MaterializeResult[None]
else:  # Dagster recognizes the bare class only: with a parameter it refuses assets that have checks.
    Materialized = dg.MaterializeResult


def days_of(context: dg.AssetExecutionContext) -> list[date]:
    """The run's days, oldest first: one for a single partition, several for a backfill."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)


def each_day(
    context: dg.AssetExecutionContext,
    step: Callable[[date], Result],
    metadata: Callable[[Result], Mapping[str, Any]],
) -> dict[date, Result]:
    """Run a step for every day of the run, tell the log how far it is, and attach its metadata to that day's materialization.

    The metadata has `dagster/row_count`, the rows that the step worked on; how many a second is added.
    """
    results = {}
    for day in days_of(context):
        context.log.info("%s: %s", day, context.asset_key.to_user_string())
        started = monotonic()
        with (
            readable_failures(context, day),
            progress.told_to(Lines(partial(context.log.info, "%s: %s", day))),
        ):
            results[day] = step(day)
        seconds = monotonic() - started
        told = in_reading_order(dict(metadata(results[day])))
        told |= {"seconds": round(seconds, 3), "rows per second": round(told["dagster/row_count"] / seconds)}
        context.add_asset_metadata(told, asset_key=context.asset_key, partition_key=day.isoformat())
    return results


@contextmanager
def readable_failures(context: dg.AssetExecutionContext, day: date | None = None) -> Iterator[None]:
    """Fail the step, or its work on a day, with one sentence. Only what can pass by itself is retried.

    The messages of DuckDB and Arrow may quote a customer's value, so only their kind is kept.
    """
    asset = context.asset_key.to_user_string()
    what_failed = asset if day is None else f"{asset} {day}"
    try:
        yield
    except AudienceAssetsError as error:
        retry = isinstance(error, DeliveryInterruptedError)
        raise dg.Failure(f"{what_failed}: {error}", allow_retries=retry) from None
    except OSError as error:
        what = f"{error.strerror}: {error.filename}" if error.filename else type(error).__name__
        raise dg.Failure(
            f"{what_failed}: {what}; mend the file, the disk or its rights and run again", allow_retries=False
        ) from None
    except (duckdb.Error, pa.ArrowException) as error:
        sentence = f"{what_failed}: the rows could not be worked on ({type(error).__name__})"
        hint = " (raise engine.memory_limit)" if isinstance(error, duckdb.OutOfMemoryException) else ""
        raise dg.Failure(
            f"{sentence}{hint}; its message is not shown because it may quote data", allow_retries=False
        ) from None
