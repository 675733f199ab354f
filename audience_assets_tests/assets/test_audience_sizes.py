"""The asset `audience_sizes`: what the UI plots and tells of what partners matched, and the check that warns of a fall."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from audience_assets.definitions import build_defs
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.assets.deployment import (
    DAYS,
    Bucket,
    Deployment,
    checks,
    materialized,
    numbered,
    settings_of,
)
from audience_assets_tests.assets.meta_account import meta_destination, secrets_of
from audience_assets_tests.assets.tiktok_advertiser import tiktok_destination, token_of

SIZES = "audience_sizes"


@dataclass(frozen=True)
class Asked:
    """A deployment with two partners: one day, then two days in one run, then one on which Meta matches few."""

    deployment: Deployment
    results: list[dg.ExecuteInProcessResult]
    fallen: dg.ExecuteInProcessResult


@pytest.fixture(scope="module")
def asked(bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("sizes")
    with (
        TikTokServer(folder / "tiktok") as tiktok,
        MetaServer(folder / "meta") as meta,
        token_of(tiktok.advertiser),
        secrets_of(meta.account),
        dg.DagsterInstance.ephemeral() as instance,
    ):
        tiktok.advertiser.smallest_audience = 1
        places = {
            "meta": meta_destination(meta, meta.account, rows_per_batch=100),
            "tiktok": tiktok_destination(tiktok, tiktok.advertiser),
        }
        deployed = Deployment(settings_of(folder, places, guards={"few": 5}), bucket, "", instance)
        for day in DAYS:
            rows = numbered(40, audiences=["vip"])
            deployed.land(day, [{**row, "email": f"{row['customer_id']}@example.com"} for row in rows])
        results = [deployed.run(DAYS[0]), deployed.run_range(DAYS[1], DAYS[2])]
        meta.account.matched = 0.5
        yield Asked(deployed, results, deployed.run(DAYS[2], SIZES))


def test_the_partners_are_asked_after_the_deliveries(asked: Asked) -> None:
    assert all(result.success for result in asked.results)
    assert materialized(asked.results[0])[-1] == SIZES


def test_the_ui_plots_members_size_and_share_of_each_audience(asked: Asked) -> None:
    shown = asked.deployment.metadata(SIZES, DAYS[0])
    assert {name: value.value for name, value in shown.items() if name.startswith(("meta", "tiktok"))} == {
        "meta vip members": 40,
        "meta vip size": 40,
        "meta vip match %": 100.0,
        "tiktok vip members": 40,
        "tiktok vip size": 40,
        "tiktok vip match %": 100.0,
    }


def test_of_two_days_in_one_run_only_the_newest_is_asked(asked: Asked) -> None:
    earlier, newest = (asked.deployment.metadata(SIZES, day) for day in DAYS[1:])
    assert earlier["asked at"].value == "not asked"
    assert "it only knows the present" in str(earlier["not told"].value)
    assert "meta vip match %" in newest
    assert "meta vip match %" not in earlier


def test_a_share_that_falls_fails_the_check_as_a_warning_and_stops_nothing(asked: Asked) -> None:
    assert checks(asked.results[0])["match_share_holds"]
    assert asked.fallen.success
    [failed] = [each for each in asked.fallen.get_asset_check_evaluations() if not each.passed]
    assert (failed.check_name, failed.severity) == ("match_share_holds", dg.AssetCheckSeverity.WARN)
    assert "meta vip: meta matches 20 of 40 members" in str(failed.description)


def test_a_deployment_whose_partners_tell_nothing_has_no_such_asset(tmp_path: Path) -> None:
    defs = build_defs(settings_of(tmp_path, {"vtex_ads": {"bucket": "b", "prefix": "p"}}))
    assert dg.AssetKey(SIZES) not in defs.resolve_asset_graph().get_all_asset_keys()
