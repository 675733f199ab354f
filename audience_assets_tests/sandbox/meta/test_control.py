import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.sandbox.meta.caller import Answer, Caller, answer_of, batch, digest


def look(caller: Caller, path: str) -> Answer:
    return answer_of(caller.http.get(f"{caller.base_url}/sandbox/{path}"))


def control(caller: Caller, path: str, body: object) -> Answer:
    return answer_of(caller.http.post(f"{caller.base_url}/sandbox/{path}", json=body))


def test_audiences_can_be_looked_at(caller: Caller, audience: Audience) -> None:
    caller.add(audience, "a", "b", session=batch(1, 1, last=True))
    assert look(caller, "audiences").body["data"] == [
        {"id": audience.id, "name": "Buyers", "status": 200, "number_of_members": 2, "sessions": 1}
    ]
    dump = look(caller, f"audiences/{audience.id}").body
    assert dump["members"] == [{"EMAIL": digest("a")}, {"EMAIL": digest("b")}]
    assert [one["session_id"] for one in dump["sessions"]] == ["1"]
    assert look(caller, "audiences/1").refusal == (100, 33)


def test_a_fault_can_be_asked_for(caller: Caller, account: Account) -> None:
    fault = {"operation": "account", "kind": "code", "code": 4, "times": 1}
    assert control(caller, "faults", fault).body == {"success": True}
    assert caller.get(account.id).refusal == (4, None)
    assert caller.get(account.id).refusal is None


def test_time_can_pass(caller: Caller, meta_server: MetaServer) -> None:
    before = meta_server.platform.clock.now()
    answer = control(caller, "clock", {"advance_seconds": 3_600})
    assert answer.body["now"] >= before + 3_600
    assert meta_server.platform.clock.now() >= before + 3_600


def test_an_account_can_be_set(caller: Caller, account: Account) -> None:
    control(caller, "account", {"terms_accepted": False, "permissions": ["ads_management"], "quota": 9})
    assert (account.terms_accepted, account.permissions, account.quota) == (False, {"ads_management"}, 9)


def test_what_others_used_and_what_meta_says_of_account_and_audiences_can_be_set(
    caller: Caller, account: Account, audience: Audience
) -> None:
    control(caller, "account", {"account_status": 2, "audience_status": 471, "usage_percent": 95})
    answer = caller.get(account.id, fields="account_status")
    assert answer.body["account_status"] == 2
    assert json.loads(answer.headers["x-ad-account-usage"]) == {"acc_id_util_pct": 95}
    assert caller.get(audience.id, fields="operation_status").body["operation_status"]["code"] == 471


def test_the_date_of_answers_can_be_wrong_and_nothing_else_goes_by_it(
    caller: Caller, account: Account, meta_server: MetaServer
) -> None:
    before = meta_server.platform.clock.now()
    assert control(caller, "clock", {"date_off_seconds": 600}).body["now"] == pytest.approx(before, abs=5)
    date = parsedate_to_datetime(caller.get(account.id).headers["Date"])
    assert (date - datetime.now(UTC)).total_seconds() == pytest.approx(600, abs=5)
    control(caller, "clock", {"date_off_seconds": 0})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("account", {"colour": "red"}),
        ("account", {"people": []}),
        ("account", {"access_token": "mine"}),
        ("account", {"quota": "many", "terms_accepted": False}),
        ("account", {"matching": "names", "terms_accepted": False}),
        ("account", []),
        ("faults", {"operation": "get"}),
        ("faults", {"operation": "get", "kind": "explode"}),
        ("faults", {"operation": "nothing", "kind": "delay"}),
        ("clock", {}),
        ("clock", {"date_off_seconds": "much"}),
    ],
)
def test_a_control_that_makes_no_sense_changes_nothing(
    caller: Caller, account: Account, path: str, body: Any
) -> None:
    assert control(caller, path, body).refusal == (100, None)
    assert account.terms_accepted
    assert account.faults == []


def test_the_controls_demand_the_token(caller: Caller, audience: Audience) -> None:
    caller.http.headers.pop("Authorization")
    for path in ("audiences", f"audiences/{audience.id}"):
        assert look(caller, path).refusal == (190, None)
    for path in ("faults", "clock", "account"):
        assert control(caller, path, {}).refusal == (190, None)
    in_query = f"{caller.base_url}/sandbox/audiences?access_token={caller.account.access_token}"
    assert answer_of(httpx2.get(in_query, trust_env=False)).refusal == (190, None)
