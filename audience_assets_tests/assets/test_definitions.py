"""What Dagster loads: assets, dependencies, partitions, job, schedule, sensor, executor and pools."""

import os
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path

import dagster as dg
import pytest

from audience_assets.definitions import JOB, build_defs
from audience_assets.settings import Settings
from audience_assets_tests.assets.deployment import (
    ASSETS,
    DELIVERY,
    DELTA,
    HASHED,
    NORMALIZED,
    QUARANTINE,
    RAW,
)

SCHEDULED = """
{"partitions": {"start": "2026-03-01", "timezone": "America/Manaus"}, "schedule": {"hour": 4, "minute": 30},
 "owners": ["team:crm"], "destinations": {"vtex_ads_br": {}, "vtex_ads_mx": {}}}
"""
RETENTION, ERASURE = "retention", "erasure_requests"
LOADS = """
import sys
from audience_assets.definitions import defs
print(sorted(key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()))
print(sorted({"boto3", "botocore", "dagster_aws"} & set(sys.modules)))
"""


@cache
def default() -> dg.Definitions:
    return build_defs(Settings())


@cache
def scheduled() -> dg.Definitions:
    return build_defs(Settings.model_validate_json(SCHEDULED))


def assets(defs: dg.Definitions) -> dict[str, dg.AssetsDefinition]:
    found = [each for each in defs.assets or () if isinstance(each, dg.AssetsDefinition)]
    return {each.key.to_user_string(): each for each in found if each.partitions_def is not None}


def test_definitions_load_without_settings_secrets_or_an_s3_client(tmp_path: Path) -> None:
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    loaded = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOADS],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    assert loaded.stdout.splitlines() == [str(sorted((*ASSETS, RETENTION, ERASURE))), "[]"]
    assert list(tmp_path.iterdir()) == []


def test_there_are_exactly_these_assets_each_after_the_one_it_reads() -> None:
    dependencies = {
        name: [dep.asset_key.to_user_string() for spec in asset.specs for dep in spec.deps]
        for name, asset in assets(default()).items()
    }
    assert dependencies == {
        RAW: [],
        NORMALIZED: [RAW],
        HASHED: [NORMALIZED],
        QUARANTINE: [HASHED],
        DELTA: [HASHED],
        DELIVERY: [DELTA],
    }


@pytest.mark.parametrize("name", ASSETS)
def test_every_asset_says_what_it_is_and_whose(name: str) -> None:
    asset = assets(default())[name]
    [spec] = asset.specs
    assert spec.description is not None
    assert "**On a bad day:**" in spec.description or "It fails only" in spec.description
    assert spec.owners == ["team:data-engineering"]
    assert spec.kinds
    group = "observed" if name == QUARANTINE else "customers"
    assert spec.group_name == ("vtex_ads" if "/" in name else group)
    assert spec.tags.get("pii") == {RAW: "none", NORMALIZED: "clear", QUARANTINE: "none"}.get(name, "hashed")
    assert spec.code_version
    assert "dagster/column_schema" not in spec.metadata


def test_the_delta_s_description_has_a_line_for_each_of_the_partner_s_columns() -> None:
    description = next(iter(assets(default())[DELTA].specs)).description or ""
    assert description.count("_HASHED |") == 5
    assert "| AGE | int32 |" in description


def test_days_follow_the_settings_time_zone_and_start() -> None:
    for asset in assets(scheduled()).values():
        days = asset.partitions_def
        assert isinstance(days, dg.DailyPartitionsDefinition)
        assert days.timezone == "America/Manaus"
        assert days.get_first_partition_key() == "2026-03-01"
        assert [spec.owners for spec in asset.specs] == [["team:crm"]]
    first = assets(default())[RAW].partitions_def
    assert isinstance(first, dg.DailyPartitionsDefinition)
    assert (first.timezone, first.start.date()) == ("America/Sao_Paulo", date(2026, 1, 1))


def test_all_days_of_a_backfill_go_through_one_run() -> None:
    assert {asset.backfill_policy for asset in assets(default()).values()} == {dg.BackfillPolicy.single_run()}


def test_job_schedule_and_sensor_cover_everything_in_process() -> None:
    defs = scheduled()
    job = defs.resolve_job_def(JOB)
    checks = {"vtex_ads_br/preflight", "vtex_ads_mx/preflight"}
    assert {node.name.replace("__", "/") for node in job.nodes} == set(assets(defs)) | checks
    assert job.executor_def.name == "in_process"
    schedule = defs.resolve_schedule_def(f"{JOB}_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 4 * * *", "America/Manaus")
    assert schedule.job_name == JOB
    assert defs.resolve_sensor_def("extract_landed").job_name == JOB


def test_retention_has_no_days_and_a_schedule_of_its_own_that_is_off_until_it_is_started() -> None:
    defs = scheduled()
    [asset] = [
        each
        for each in defs.assets or ()
        if isinstance(each, dg.AssetsDefinition) and each.key.to_user_string() == RETENTION
    ]
    assert asset.partitions_def is None
    assert asset.group_names_by_key[asset.key] == "upkeep"
    assert [spec.owners for spec in asset.specs] == [["team:crm"]]
    schedule = defs.resolve_schedule_def(f"{RETENTION}_schedule")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("30 5 * * *", "America/Manaus")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED


def test_two_accounts_at_one_partner_are_two_pairs_of_assets_with_a_pool_each() -> None:
    found = assets(scheduled())
    assert set(found) == {
        *(RAW, NORMALIZED, HASHED, QUARANTINE),
        *("vtex_ads_br/delta", "vtex_ads_br/delivery", "vtex_ads_mx/delta", "vtex_ads_mx/delivery"),
    }
    assert {name: asset.op.pool for name, asset in found.items() if asset.op.pool} == {
        "vtex_ads_br/delivery": "vtex_ads_br",
        "vtex_ads_mx/delivery": "vtex_ads_mx",
    }


def test_only_what_can_pass_by_itself_is_retried_and_only_at_the_partner() -> None:
    policies = {name: asset.op.retry_policy for name, asset in assets(default()).items()}
    assert [name for name, policy in policies.items() if policy] == [DELIVERY]
    assert policies[DELIVERY] == dg.RetryPolicy(
        max_retries=3, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.FULL
    )
