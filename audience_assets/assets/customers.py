"""The assets that every destination shares: raw_customers, normalized_customers, hashed_customers."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import dagster as dg

from audience_assets.assets import checks, customers_metadata, groups
from audience_assets.assets.days import Materialized, each_day
from audience_assets.pipeline import Pipeline
from audience_assets.storage.layout import NORMALIZED, RAW


class GuardConfig(dg.Config):
    """What a person lets through: the guards whose findings do not stop the day."""

    allow: list[str] = []  # noqa: RUF012 - Dagster reads the type and default of a config from the class


def build(pipeline: Pipeline, shared: Mapping[str, Any]) -> list[dg.AssetsDefinition]:
    """The three assets for a deployment; `shared` is what all assets of it have in common."""

    @dg.asset(
        group_name=groups.CUSTOMERS,
        kinds={"duckdb"},
        tags={"pii": "none"},  # fingerprints and customer ids only
        check_specs=[
            checks.FEW_ROWS_SET_ASIDE.spec(RAW),
            checks.EXTRACT_SIZE.spec(RAW),
            checks.EXTRACT_COLUMNS.spec(RAW),
        ],
        **shared,
    )
    def raw_customers(context: dg.AssetExecutionContext, config: GuardConfig) -> Materialized:
        """The day's customer extract, read where it lies and checked against the input contract.

        Nothing is copied: what is kept is a fingerprint of each row, so that the next steps work only on customers for
        whom something changed. Rows without a customer_id, or whose customer_id stands twice with different content,
        are set aside and counted; such a customer stays as the partners know them. Guards compare the day with the last
        ones: an extract that is much smaller, or lacks a column, stops here unless the run config allows it.

        **A good day:** about as many customers as the day before, (almost) no row set aside.
        **On a bad day:** the failure names the file, column or line to mend; then materialize the day again.
        """
        read = partial(pipeline.read_extract, allow=config.allow)
        raws = each_day(context, read, lambda result: customers_metadata.of_raw(result, pipeline)).values()
        looked_at = (checks.FEW_ROWS_SET_ASIDE, checks.EXTRACT_SIZE, checks.EXTRACT_COLUMNS)
        return dg.MaterializeResult(check_results=[check.result(raws) for check in looked_at])

    @dg.asset(
        deps=[raw_customers],
        group_name=groups.CUSTOMERS,
        kinds={"duckdb", "parquet"},
        tags={"pii": "clear"},
        check_specs=[
            checks.COUNTS_ADD_UP.spec(NORMALIZED),
            checks.FEW_VALUES_REFUSED.spec(NORMALIZED),
            checks.USABLE_VALUES.spec(NORMALIZED),
        ],
        **shared,
    )
    def normalized_customers(context: dg.AssetExecutionContext, config: GuardConfig) -> Materialized:
        """The customers that are new or changed on the day, each field in its one canonical form.

        Texts in NFC, phones in E.164, countries as ISO codes, real dates. A value that has no canonical form is
        refused: it is blank for that customer, counted here by field and reason, and the customer goes on.
        **This is the only asset that holds personal data in clear.** A guard compares each field with the last days: a day
        on which values collapse stops here unless the run config allows it, and the day after builds on the last good one.

        **A good day:** new, changed and left are a few per cent of the customers; refused values stay level.
        **On a bad day:** ask `audience-assets normalize` why a value is refused; docs/fields.md lists every reason.
        """
        with pipeline.ledger() as ledger:
            results = each_day(
                context,
                partial(pipeline.normalize, allow=config.allow),
                lambda result: customers_metadata.of_normalized(result, pipeline),
            )
            return dg.MaterializeResult(
                check_results=[
                    checks.COUNTS_ADD_UP.result((ledger, result) for result in results.values()),
                    checks.FEW_VALUES_REFUSED.result(results.values()),
                    checks.USABLE_VALUES.result(results.values()),
                ]
            )

    @dg.asset(
        deps=[normalized_customers],
        group_name=groups.CUSTOMERS,
        kinds={"duckdb", "parquet"},
        tags={"pii": "hashed"},
        **shared,
    )
    def hashed_customers(context: dg.AssetExecutionContext) -> Materialized:
        """The digests that every destination needs, for the same customers, and the ids of those who left.

        An append-only log: each customer's strings are hashed once, on the day they change, in every destination's own
        form. Deltas read it, and a removal later sends what was delivered, not what the extract says by then.

        **A good day:** as many rows as normalized_customers. It fails only when the disk or the state directory does.
        """
        each_day(context, pipeline.hash, lambda result: customers_metadata.of_hashed(result, pipeline))
        return dg.MaterializeResult()

    return [raw_customers, normalized_customers, hashed_customers]
