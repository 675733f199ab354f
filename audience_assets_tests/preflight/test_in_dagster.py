"""Between a delta and its delivery: what fails by name holds the delivery back, and nothing is sent."""

from collections.abc import Iterator

import dagster as dg
import pytest

from audience_assets_tests.assets.deployment import (
    DAYS,
    DELIVERY,
    DELTA,
    HASHED,
    NORMALIZED,
    RAW,
    Bucket,
    Deployment,
    Row,
    materialized,
    numbered,
)
from audience_assets_tests.preflight.looking import OnMeta, OnS3

META_DELTA, META_DELIVERY = "meta/delta", "meta/delivery"
PARTNERS = {
    "secrets",
    "connection",
    "clock",
    "rate_headroom",
    "credentials",
    "token_days_left",
    "token_scopes",
}
OURS = {"disk", "state", "ledger", "contract"}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def to_meta(meta: OnMeta, instance: dg.DagsterInstance) -> Deployment:
    """A day has landed whose audience is at Meta already; `meta.audience` is not used."""
    meta.declared |= {"audiences": {}, "rows_per_batch": 1000}
    meta.account.audiences.clear()
    made = Deployment(meta.pipeline.settings, Bucket("", None), "", instance)
    made.land(DAYS[0], numbered(3, email="ana@example.com", audiences=["vip"]))
    return made


def evaluations(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    """The preflight's checks of a run, by name."""
    found = {each.check_name: each for each in result.get_asset_check_evaluations()}
    return {
        name: found[name]
        for name in found
        if name in PARTNERS | OURS | {"account", "terms", "audience_status"}
    }


def descriptions(found: dict[str, dg.AssetCheckEvaluation]) -> set[str | None]:
    return {each.description for each in found.values()}


def test_on_a_good_day_every_check_passes_by_its_name_and_the_delivery_follows(
    to_meta: Deployment, meta: OnMeta
) -> None:
    result = to_meta.run(DAYS[0])
    assert result.success
    found = evaluations(result)
    assert found.keys() == PARTNERS | OURS | {"account", "terms", "audience_status"}
    assert all(each.passed for each in found.values())
    assert {each.asset_key.to_user_string() for each in found.values()} == {META_DELTA}
    assert META_DELIVERY in materialized(result)
    assert [call.operation for call in meta.sent] == ["create", "users_add"]


def test_a_check_that_fails_holds_the_delivery_back(to_meta: Deployment, meta: OnMeta) -> None:
    meta.account.terms_accepted = False
    result = to_meta.run(DAYS[0])
    assert not result.success
    found = evaluations(result)
    terms = found.pop("terms")
    assert (terms.passed, terms.severity, terms.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    assert "terms are not accepted" in str(terms.description)
    assert all(each.passed for each in found.values())
    assert META_DELTA in materialized(result)
    assert META_DELIVERY not in materialized(result)
    assert meta.sent == []


def test_what_cannot_be_looked_at_is_no_second_error(to_meta: Deployment, meta: OnMeta) -> None:
    meta.account.token_revoked = True
    result = to_meta.run(DAYS[0])
    found = evaluations(result)
    errors = [
        name
        for name, each in found.items()
        if not each.passed and each.severity is dg.AssetCheckSeverity.ERROR
    ]
    assert errors == ["credentials"]
    assert found["terms"].description == "not looked at: credentials failed"
    told = repr(result.all_events)
    assert meta.account.access_token not in told
    assert meta.account.app_secret not in told
    assert meta.sent == []


def test_a_stopped_audience_is_an_error_that_the_delivery_itself_holds_back_alone(
    to_meta: Deployment, meta: OnMeta
) -> None:
    assert to_meta.run(DAYS[0]).success
    [vip] = meta.account.audiences.values()
    vip.forced_status = 471
    before = len(meta.sent)
    people = numbered(3, email="ana@example.com", audiences=["vip"])
    more: list[Row] = [
        {"customer_id": label, "email": "new@example.com", "audiences": [label]} for label in ("vip", "fans")
    ]
    to_meta.land(DAYS[1], [*people, *more])
    result = to_meta.run(DAYS[1])
    status = evaluations(result)["audience_status"]
    assert (status.passed, status.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "471, flagged" in str(status.description)
    assert not result.success
    fans = [each for each in meta.account.audiences.values() if each.name == "fans"]
    assert [each.size() for each in fans] == [1]
    assert [call.operation for call in meta.sent[before:]] == ["create", "users_add"]
    assert vip.size() == 1


def test_a_partner_who_gets_nothing_is_not_asked(to_meta: Deployment, meta: OnMeta) -> None:
    assert to_meta.run(DAYS[0]).success
    to_meta.land(DAYS[1], numbered(3, email="ana@example.com", audiences=["vip"]))
    before = len(meta.account.calls)
    meta.account.terms_accepted = False
    result = to_meta.run(DAYS[1])
    assert result.success
    assert descriptions(evaluations(result)) == {"nothing is to be sent"}
    # Only afterwards, how large its audience is.
    assert [call.operation for call in meta.account.calls[before:]] == ["get"]


def test_the_checks_run_by_themselves_and_for_several_days(s3: OnS3, instance: dg.DagsterInstance) -> None:
    made = Deployment(s3.pipeline.settings, Bucket(s3.bucket, s3.owner), s3.declared["prefix"], instance)
    for day in DAYS[:2]:
        made.land(day, numbered(3, email="ana@example.com"))
    assert made.run(DAYS[0], RAW, NORMALIZED, HASHED, DELTA).success
    delta = dg.AssetKey.from_user_string(DELTA)
    chosen = {dg.AssetCheckKey(delta, name) for name in ("put_rights", "disk")}
    by_themselves = made.job.get_subset(asset_selection=set(), asset_check_selection=chosen)
    for key in (DAYS[0], None):
        alone = by_themselves.execute_in_process(instance=instance, partition_key=key)
        assert {each.check_name: each.passed for each in alone.get_asset_check_evaluations()} == {
            "put_rights": True,
            "disk": True,
        }
    assert made.keys() == []
    result = made.run_range(DAYS[0], DAYS[1])
    assert result.success
    assert all(each.passed for each in result.get_asset_check_evaluations())
    assert DELIVERY in materialized(result)
