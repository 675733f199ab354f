"""Each asset check passes on a good day and fails on a day that is really bad."""

import sqlite3
from collections.abc import Callable
from contextlib import closing

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets_tests.assets.deployment import (
    DAYS,
    DELIVERY,
    DELTA,
    HASHED,
    NORMALIZED,
    RAW,
    Deployment,
    checks,
    materialized,
    numbered,
)
from audience_assets_tests.on_disk import on_disk

CHECKS = {
    *(
        "few_rows_set_aside",
        "extract_size",
        "extract_columns",
        "counts_add_up",
        "few_values_refused",
        "usable_values",
        "each_customer_once",
        "removals_within_bounds",
        "partner_holds_the_day",
        "nothing_held_back",
    ),
    *("disk", "state", "ledger", "contract"),
    *("secrets", "connection", "clock", "credentials", "bucket", "put_rights"),
}
MARKER = "MARKED-7f3a"


@pytest.fixture
def good(deployed: Deployment) -> Deployment:
    """A good first day."""
    deployed.land(DAYS[0], numbered(20, email="ana@example.com"))
    assert checks(deployed.run(DAYS[0])) == dict.fromkeys(CHECKS, True)
    deployed.land(DAYS[1], numbered(20, email="bia@example.com"))
    return deployed


def evaluation(result: dg.ExecuteInProcessResult, name: str) -> dg.AssetCheckEvaluation:
    [found] = [each for each in result.get_asset_check_evaluations() if each.check_name == name]
    return found


def test_many_rows_set_aside_are_a_warning_that_says_how_many_and_why(good: Deployment) -> None:
    good.land(DAYS[1], [*numbered(20, email="ana@example.com"), {"customer_id": "", "first_name": MARKER}])
    result = good.run(DAYS[1])
    found = evaluation(result, "few_rows_set_aside")
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert found.description == f"{DAYS[1]}: 1 of 21 rows were set aside: no customer_id (1)"
    assert result.success
    assert DELIVERY in materialized(result)


def test_many_refused_values_are_a_warning_that_names_the_field(good: Deployment) -> None:
    good.land(DAYS[1], numbered(20, email=MARKER))
    result = good.run(DAYS[1])
    found = evaluation(result, "few_values_refused")
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert found.description == f"{DAYS[1]}: more than 10% of 20 new and changed customers: email (20)."
    assert result.success


def lose_a_customer(deployed: Deployment) -> None:
    """The index of the first day, without one of its customers."""
    [index] = on_disk(deployed.pipeline.layout.normalized(deployed.settings.partitions.start)).glob(
        "index-*.parquet"
    )
    pq.write_table(pq.read_table(index).slice(1), index)


def miscount(deployed: Deployment) -> None:
    """The ledger, with another number of customers for the first day."""
    with closing(sqlite3.connect(on_disk(deployed.settings.state_dir) / "ledger.sqlite")) as ledger, ledger:
        ledger.execute("update snapshot set customers = customers + 1")


@pytest.mark.parametrize("damage", [lose_a_customer, miscount])
def test_counts_that_do_not_add_up_stop_the_day_before_anything_is_sent(
    good: Deployment, damage: Callable[[Deployment], None]
) -> None:
    damage(good)
    sent = good.keys()
    result = good.run(DAYS[1])
    found = evaluation(result, "counts_add_up")
    assert (found.passed, found.severity, found.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    assert found.description == f"{DAYS[1]}: 21 customers follow from the day before, but the index has 20."
    assert not result.success
    assert materialized(result) == [RAW, NORMALIZED]
    assert good.keys() == sent


def test_a_delta_with_a_customer_twice_is_not_delivered(good: Deployment) -> None:
    [file] = on_disk(good.pipeline.layout.delta("vtex_ads", good.settings.partitions.start)).glob("*.snappy")
    rows = pq.ParquetFile(file).read()
    pq.write_table(pa.concat_tables([rows, rows.slice(0, 1)]), file)
    sent = good.keys()
    result = good.run(DAYS[0], DELTA, DELIVERY)
    found = evaluation(result, "each_customer_once")
    assert (found.passed, found.severity, found.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    assert found.description == f"{DAYS[0]}: 21 rows stand for 20 customers."
    assert materialized(result) == [DELTA]
    assert good.keys() == sent


def test_a_partner_that_lags_behind_a_corrected_day_is_an_error(good: Deployment) -> None:
    good.land(DAYS[0], numbered(25))
    assert good.run(DAYS[0], RAW, NORMALIZED, HASHED).success
    result = good.run(DAYS[0], DELIVERY)
    found = evaluation(result, "partner_holds_the_day")
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert found.description == f"{DAYS[0]}: the ledger does not say that the partner holds this day."
    assert good.run(DAYS[0]).success
    assert good.delivered(DAYS[0]).num_rows == 45


def test_an_older_day_is_held_while_a_newer_one_is(good: Deployment) -> None:
    assert good.run(DAYS[1]).success
    assert checks(good.run(DAYS[0])) == dict.fromkeys(CHECKS, True)
