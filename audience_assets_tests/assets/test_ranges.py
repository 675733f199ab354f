"""Several days in one run: delivered in order, and each day's materialization with its own figures."""

import shutil
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq

from audience_assets_tests.assets.conftest import Deploy
from audience_assets_tests.assets.deployment import (
    ASSETS,
    DAYS,
    DELIVERY,
    DELTA,
    Deployment,
    failure,
    numbered,
)


def test_three_days_in_one_run_deliver_what_three_runs_deliver_with_each_day_s_own_figures(
    deployed: Deployment, three_days: Deployment, crm: Path, tmp_path: Path
) -> None:
    shutil.copytree(crm / "extract", tmp_path / "extract")
    result = deployed.run_range(DAYS[0], DAYS[-1])
    assert result.success
    for asset in ASSETS:
        key = dg.AssetKey.from_user_string(asset)
        events = [event for event in result.get_asset_materialization_events() if event.asset_key == key]
        assert [event.partition for event in events] == list(DAYS)
    for day in DAYS:
        due = pq.ParquetFile(crm / f"truth/delivered-{day}.parquet").metadata.num_rows
        for asset in (DELTA, DELIVERY):
            assert deployed.metadata(asset, day)["dagster/row_count"].value == due
        assert deployed.delivered(day) == three_days.delivered(day)
    pointer_moves = deployed.pipeline
    with pointer_moves.ledger() as ledger:
        assert [str(each.day) for each in ledger.deliveries("vtex_ads")] == list(reversed(DAYS))


def test_a_day_that_fails_in_a_range_keeps_the_days_before_it(deploy: Deploy) -> None:
    deployed = deploy()
    deployed.land(DAYS[0], numbered(3))
    result = deployed.run_range(DAYS[0], DAYS[1])
    asset, sentence = failure(result)
    assert (asset, DAYS[1] in sentence) == ("raw_customers", True)
    assert deployed.keys() == []
    deployed.land(DAYS[1], numbered(4))
    assert deployed.run_range(DAYS[0], DAYS[1]).success
    assert [deployed.metadata(DELIVERY, day)["dagster/row_count"].value for day in DAYS[:2]] == [3, 1]
