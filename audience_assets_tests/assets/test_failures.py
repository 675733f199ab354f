"""What goes wrong fails the right asset with one sentence that says what to do, and the partner gets nothing."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from audience_assets import errors
from audience_assets.assets.days import readable_failures
from audience_assets.destinations.sending import Answer
from audience_assets.destinations.vtex_ads.sender import VtexAdsSender
from audience_assets_tests.assets import deployment
from audience_assets_tests.assets.conftest import Deploy
from audience_assets_tests.assets.deployment import (
    ASSETS,
    DAYS,
    DELIVERY,
    HASHED,
    NORMALIZED,
    RAW,
    Deployment,
    failure,
    materialized,
    numbered,
    one_sentence,
)

DAY = DAYS[0]
CLOSED = "http://127.0.0.1:9"


def step_failure(result: dg.ExecuteInProcessResult) -> Any:
    [event] = [event for event in result.all_events if event.is_step_failure]
    return event.step_failure_data


@pytest.mark.parametrize(
    ("bent", "words"),
    [
        ({"secret_access_key": {"env": "ASSETS_TESTS_WRONG"}}, ["403", "mend the credentials"]),
        ({"secret_access_key": {"env": "ASSETS_TESTS_UNSET"}}, ["ASSETS_TESTS_UNSET is not set"]),
        ({"bucket": "nobody-s-bucket"}, ["nobody-s-bucket"]),
        ({"bucket": None}, ["destinations.vtex_ads.bucket is not set", "Newtail"]),
        ({"prefix": "somebody-else"}, ["403", "ask the partner to allow s3:PutObject"]),
    ],
    ids=["wrong secret", "no secret", "wrong bucket", "no bucket", "wrong prefix"],
)
def test_a_partner_that_refuses_fails_the_preflight_and_a_delivery_by_itself(
    deploy: Deploy, monkeypatch: pytest.MonkeyPatch, bent: dict[str, Any], words: list[str]
) -> None:
    monkeypatch.setenv("ASSETS_TESTS_WRONG", "not-the-secret")
    deployed = deploy(bent)
    deployed.land(DAY, numbered(3))
    held_back = deployed.run(DAY)
    assert not held_back.success
    assert materialized(held_back) == list(ASSETS[:-1])
    result = deployed.run(DAY, DELIVERY)
    asset, sentence = failure(result)
    assert asset == DELIVERY
    assert one_sentence(sentence, f"vtex_ads/delivery {DAY}: ", *words)
    assert step_failure(result).error.cause is None
    assert "not-the-secret" not in repr([*held_back.all_events, *result.all_events])
    assert deployed.keys() == []


def test_mending_the_settings_is_enough_to_deliver(deploy: Deploy) -> None:
    broken = deploy({"bucket": "nobody-s-bucket"})
    broken.land(DAY, numbered(3))
    assert not broken.run(DAY).success
    mended = deploy()
    assert mended.run(DAY, DELIVERY).success
    assert mended.delivered(DAY).num_rows == 3


def land_nothing(_: Deployment) -> None:
    """The extract has not come."""


def land_without_id(deployed: Deployment) -> None:
    deployed.land(DAY, [{"email": "a@example.com"}])


def land_other_case(deployed: Deployment) -> None:
    deployed.land(DAY, [{"CUSTOMER_ID": "1"}])


def land_rubbish(deployed: Deployment) -> None:
    deployed.land(DAY, numbered(1)).write_bytes(b"rubbish")


def land_nobody(deployed: Deployment) -> None:
    deployed.land(DAY, [{"customer_id": " "}])


@pytest.mark.parametrize(
    ("land", "words"),
    [
        (land_nothing, ["has not landed", "customers.parquet"]),
        (land_without_id, ["'customer_id' is missing", "source.columns"]),
        (land_other_case, ["'CUSTOMER_ID' differs from 'customer_id' only in case"]),
        (land_rubbish, ["cannot be read"]),
        (land_nobody, ["no usable customer (1 rows read)", "source.allow_empty"]),
    ],
)
def test_an_extract_that_cannot_be_used_fails_raw_customers_and_nothing_follows(
    deployed: Deployment, land: Callable[[Deployment], None], words: list[str]
) -> None:
    land(deployed)
    result = deployed.run(DAY)
    asset, sentence = failure(result)
    assert asset == RAW
    assert one_sentence(sentence, *words)
    assert materialized(result) == []
    assert deployed.keys() == []


def test_no_source_is_a_sentence_too(deploy: Deploy) -> None:
    asset, sentence = failure(deploy(source={}).run(DAY))
    assert asset == RAW
    assert one_sentence(sentence, "no source is configured: set source.path or source.query")


def test_a_state_directory_that_cannot_be_made_is_a_sentence_too(deploy: Deploy, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    deployed = deploy(state_dir="file/state")
    deployed.land(DAY, numbered(1))
    asset, sentence = failure(deployed.run(DAY))
    assert asset == RAW
    assert one_sentence(sentence, "Not a directory", str(tmp_path / "file"))


def test_an_asset_run_before_the_one_it_reads_names_it(deployed: Deployment) -> None:
    deployed.land(DAY, numbered(1))
    before = dict(zip(ASSETS[1:5], (RAW, NORMALIZED, HASHED, HASHED), strict=True))
    for asset, needed in before.items():
        failed, sentence = failure(deployed.run(DAY, asset))
        assert failed == asset
        assert one_sentence(sentence, needed, "first")


@pytest.mark.usefixtures("quick_retries")
def test_a_partner_that_is_away_is_tried_again_and_then_fails_with_a_sentence(deploy: Deploy) -> None:
    deployed = deploy({"endpoint_url": CLOSED})
    deployed.land(DAY, numbered(3))
    result = deployed.run(DAY)
    asset, sentence = failure(result)
    assert asset == DELIVERY
    assert one_sentence(sentence, "it is safe to run again")
    assert len([event for event in result.all_events if event.is_step_up_for_retry]) == 3
    assert deploy().run(DAY).success
    assert len(deployed.keys()) == 1


@pytest.mark.usefixtures("quick_retries")
def test_a_partner_that_refuses_is_not_asked_again(deploy: Deploy, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    send = VtexAdsSender.send

    def counted(self: VtexAdsSender, *given: Any) -> Answer:
        asked.append(1)
        return send(self, *given)

    monkeypatch.setattr(VtexAdsSender, "send", counted)
    monkeypatch.setenv(deployment.KEY, "not-the-secret")
    deployed = deploy()
    deployed.land(DAY, numbered(1))
    assert not deployed.run(DAY).success
    assert asked == []
    assert not deployed.run(DAY, DELIVERY).success
    assert len(asked) == 1


OURS = [
    errors.SettingsError,
    errors.ExtractError,
    errors.ContractError,
    errors.StateError,
    errors.OutOfOrderError,
    errors.DestinationRefusedError,
    errors.DeliveryInterruptedError,
]


@pytest.mark.parametrize("kind", [*OURS, duckdb.ConversionException, duckdb.OutOfMemoryException, OSError])
def test_only_an_interrupted_delivery_may_be_retried(kind: type[Exception]) -> None:
    seen: list[dg.Failure] = []

    @dg.asset(partitions_def=dg.StaticPartitionsDefinition([DAY]))
    def subject(context: dg.AssetExecutionContext) -> None:
        try:
            with readable_failures(context, date.fromisoformat(DAY)):
                raise kind("what happened")
        except dg.Failure as failed:
            seen.append(failed)

    with dg.DagsterInstance.ephemeral() as instance:
        assert dg.materialize([subject], partition_key=DAY, instance=instance).success
    [failed] = seen
    assert failed.allow_retries is (kind is errors.DeliveryInterruptedError)
    assert failed.__suppress_context__
    assert ("what happened" in str(failed.description)) is (kind in OURS)
