import json
import time
from typing import Any

import httpx2
import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.faults import Fault
from audience_assets.sandbox.meta.platform import Account
from audience_assets_tests.sandbox.meta.caller import Caller, batch, digests, emails, upload


@pytest.mark.parametrize(("kind", "held"), [("drop_before", set()), ("drop_after", digests("a"))])
def test_a_dropped_call_gets_no_answer_and_took_effect_or_not(
    caller: Caller, account: Account, audience: Audience, kind: Any, held: set[str]
) -> None:
    account.faults.append(Fault("users_add", kind))
    with pytest.raises(httpx2.RemoteProtocolError):
        caller.add(audience, "a", session=batch(1, 1, last=True))
    assert emails(audience) == held
    assert caller.add(audience, "a", session=batch(1, 1, last=True)).body["num_received"] == 1
    assert emails(audience) == digests("a")


def test_a_fault_hits_only_its_operation(caller: Caller, account: Account, audience: Audience) -> None:
    account.faults.append(Fault("users_remove", "code", code=1))
    assert caller.add(audience, "a").refusal is None
    assert caller.get(audience.id).refusal is None
    assert caller.remove(audience, "a").refusal == (1, None)


def test_a_fault_skips_some_calls_and_hits_some(caller: Caller, account: Account) -> None:
    account.faults.append(Fault("*", "code", after=2, times=2, code=2))
    refusals = [caller.get(account.id).refusal for _ in range(5)]
    assert refusals == [None, None, (2, None), (2, None), None]
    assert account.faults == []


def test_faults_wait_for_their_turn(caller: Caller, account: Account) -> None:
    account.faults += [Fault("*", "code", code=1), Fault("*", "code", code=2, after=1)]
    assert [caller.get(account.id).refusal for _ in range(3)] == [(1, None), (2, None), None]


def test_one_accounts_faults_do_not_hit_another(caller: Caller, account: Account, audience: Audience) -> None:
    account.faults.append(Fault("*", "drop_before"))
    with pytest.raises(httpx2.RemoteProtocolError):
        caller.get(audience.id)
    assert account.faults == []


def test_a_delayed_call_is_answered_late(caller: Caller, account: Account) -> None:
    account.faults.append(Fault("account", "delay", seconds=0.3))
    begun = time.monotonic()
    assert caller.get(account.id).refusal is None
    assert time.monotonic() - begun >= 0.3


def test_a_delay_longer_than_the_callers_patience_takes_effect_all_the_same(
    caller: Caller, account: Account, audience: Audience
) -> None:
    account.faults.append(Fault("users_add", "delay", seconds=0.3))
    data = {name: json.dumps(value) for name, value in upload("a").items()}
    with pytest.raises(httpx2.ReadTimeout):
        caller.http.post(caller.url(f"{audience.id}/users"), data=data, timeout=0.1)
    deadline = time.monotonic() + 10
    while not audience.members() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert emails(audience) == digests("a")


@pytest.mark.parametrize(
    ("status", "body", "content_type"),
    [
        (502, "<html>Bad gateway</html>", "text/html; charset=utf-8"),
        (429, "slow down", "text/plain; charset=utf-8"),
        (200, "null", "application/json"),
        (200, "<html>Log in</html>", "text/html; charset=utf-8"),
        (414, "<html>URI Too Long</html>", "text/html; charset=utf-8"),
    ],
)
@pytest.mark.parametrize("applied", [False, True])
def test_an_answer_that_is_not_metas_can_be_asked_for(
    caller: Caller,
    account: Account,
    audience: Audience,
    status: int,
    body: str,
    content_type: str,
    *,
    applied: bool,
) -> None:
    fault = Fault("users_add", "error", status=status, body=body, content_type=content_type, applied=applied)
    account.faults.append(fault)
    data = {name: json.dumps(value) for name, value in upload("a").items()}
    answer = caller.http.post(caller.url(f"{audience.id}/users"), data=data)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (status, body, content_type)
    assert emails(audience) == (digests("a") if applied else set())


@pytest.mark.parametrize("applied", [False, True])
def test_any_error_code_can_be_asked_for(
    caller: Caller, account: Account, audience: Audience, *, applied: bool
) -> None:
    account.faults.append(Fault("users_add", "code", code=1, subcode=99, transient=True, applied=applied))
    answer = caller.add(audience, "a")
    assert answer.refusal == (1, 99)
    assert answer.body["error"]["is_transient"] is True
    assert emails(audience) == (digests("a") if applied else set())


def test_half_an_answer_is_no_json_although_the_call_took_effect(
    caller: Caller, account: Account, audience: Audience
) -> None:
    account.faults.append(Fault("users_add", "truncated"))
    data = {name: json.dumps(value) for name, value in upload("a").items()}
    answer = caller.http.post(caller.url(f"{audience.id}/users"), data=data)
    assert answer.status_code == 200
    assert answer.text.startswith("{")
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert emails(audience) == digests("a")
