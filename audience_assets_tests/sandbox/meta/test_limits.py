import json
from typing import Any

from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.sandbox.meta.caller import Answer, Caller


def business_usage(answer: Answer, account: Account) -> dict[str, Any]:
    [usage] = json.loads(answer.headers["x-business-use-case-usage"])[account.number]
    assert usage["type"] == "custom_audience"
    return dict(usage)


def test_without_a_quota_nothing_is_used_up(caller: Caller, account: Account) -> None:
    answer = caller.get(account.id)
    assert business_usage(answer, account)["call_count"] == 0
    assert json.loads(answer.headers["x-app-usage"])["call_count"] == 0
    assert json.loads(answer.headers["x-ad-account-usage"])["acc_id_util_pct"] == 0


def test_every_answer_tells_how_much_of_the_quota_is_used(caller: Caller, account: Account) -> None:
    account.quota = 4
    told = [business_usage(caller.get(account.id), account) for _ in range(3)]
    told.append(business_usage(caller.get(account.id, fields="colour"), account))
    assert [one["call_count"] for one in told] == [25, 50, 75, 100]
    assert [one["estimated_time_to_regain_access"] for one in told] == [0, 0, 0, 60]


def test_beyond_the_quota_calls_are_refused_until_the_hour_is_over(
    caller: Caller, account: Account, meta_server: MetaServer
) -> None:
    clock = meta_server.platform.clock
    account.quota = 2
    assert caller.get(account.id).refusal is None
    clock.advance(1_800)
    assert caller.get(account.id).refusal is None
    refused = caller.get(account.id)
    assert refused.refusal == (80003, None)
    assert business_usage(refused, account)["estimated_time_to_regain_access"] == 30
    clock.advance(1_800)
    assert caller.get(account.id).refusal is None
    assert caller.get(account.id).refusal == (80003, None)


def test_a_call_beyond_the_quota_has_no_effect(caller: Caller, account: Account) -> None:
    account.quota = 1
    audience = caller.create()
    assert caller.add(audience, "a").refusal == (80003, None)
    assert audience.members() == []


def test_accounts_do_not_share_their_quota(caller: Caller, account: Account, meta_server: MetaServer) -> None:
    account.quota = 1
    caller.get(account.id)
    with Caller(meta_server.base_url, meta_server.platform.add_account()) as other:
        assert other.get(other.account.id).refusal is None
