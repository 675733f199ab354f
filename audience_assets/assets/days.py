"""Runs an asset's step for each day of a run, oldest first, and turns our errors into failures that say what to do."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any, TypeVar

import dagster as dg
import duckdb

from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError

Result = TypeVar("Result")


def days_of(context: dg.AssetExecutionContext) -> list[date]:
    """The run's days, oldest first: one for a single partition, several for a backfill."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)


def each_day(
    context: dg.AssetExecutionContext,
    step: Callable[[date], Result],
    metadata: Callable[[Result], Mapping[str, Any]],
) -> dict[date, Result]:
    """Run a step for every day of the run and attach its metadata to that day's materialization."""
    results = {}
    for day in days_of(context):
        context.log.info("%s: %s", day, context.asset_key.to_user_string())
        with readable_failures(context, day):
            results[day] = step(day)
        context.add_asset_metadata(
            dict(metadata(results[day])), asset_key=context.asset_key, partition_key=day.isoformat()
        )
    return results


@contextmanager
def readable_failures(context: dg.AssetExecutionContext, day: date) -> Iterator[None]:
    """Fail the step with one sentence. Only what can pass by itself is retried.

    DuckDB's own messages may quote a customer's value, so only their kind is kept.
    """
    asset = context.asset_key.to_user_string()
    try:
        yield
    except AudienceAssetsError as error:
        retry = isinstance(error, DeliveryInterruptedError)
        raise dg.Failure(f"{asset} {day}: {error}", allow_retries=retry) from None
    except duckdb.Error as error:
        sentence = f"{asset} {day}: DuckDB failed with {type(error).__name__}"
        hint = " (raise engine.memory_limit)" if isinstance(error, duckdb.OutOfMemoryException) else ""
        raise dg.Failure(
            f"{sentence}{hint}; its message is not shown because it may quote data", allow_retries=False
        ) from None
