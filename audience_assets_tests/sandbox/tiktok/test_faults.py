import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.faults import Fault, OperationName
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets_tests.sandbox.tiktok.caller import AUDIENCES, Answer, Caller, digests, emails, lines


def append(caller: Caller, audience: Audience) -> httpx2.Response:
    """Append d, with whatever comes back."""
    body = {
        "advertiser_id": caller.advertiser.id,
        "custom_audience_id": audience.id,
        "file_paths": [caller.path(lines("d"))],
        "action": "APPEND",
    }
    return caller.http.post(f"{AUDIENCES}/update/", json=body)


BEFORE, AFTER = digests("a", "b", "c"), digests("a", "b", "c", "d")


@pytest.mark.parametrize(("kind", "held"), [("drop_before", BEFORE), ("drop_after", AFTER)])
def test_a_dropped_call_gets_no_answer_and_took_effect_or_not(
    caller: Caller, advertiser: Advertiser, audience: Audience, kind: Any, held: set[str]
) -> None:
    advertiser.faults.append(Fault("update_append", kind))
    with pytest.raises(httpx2.RemoteProtocolError):
        append(caller, audience)
    assert emails(audience) == held
    assert append(caller, audience).json()["code"] == 0


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize(
    ("status", "body", "content_type"),
    [
        (502, "<html>Bad gateway</html>", "text/html; charset=utf-8"),
        (429, "slow down", "text/plain; charset=utf-8"),
        (200, "null", "application/json"),
    ],
)
def test_an_answer_that_is_not_tiktoks_can_be_asked_for(
    caller: Caller,
    advertiser: Advertiser,
    audience: Audience,
    status: int,
    body: str,
    content_type: str,
    *,
    applied: bool,
) -> None:
    fault = Fault(
        "update_append", "error", status=status, body=body, content_type=content_type, applied=applied
    )
    advertiser.faults.append(fault)
    answer = append(caller, audience)
    assert (answer.status_code, answer.text, answer.headers["content-type"]) == (status, body, content_type)
    assert emails(audience) == (AFTER if applied else BEFORE)


@pytest.mark.parametrize("applied", [False, True])
def test_any_code_can_be_asked_for_and_stands_in_http_200(
    caller: Caller, advertiser: Advertiser, audience: Audience, *, applied: bool
) -> None:
    advertiser.faults.append(Fault("update_append", "code", code=51010, applied=applied))
    answer = append(caller, audience)
    assert (answer.status_code, answer.json()["code"]) == (200, 51010)
    assert emails(audience) == (AFTER if applied else BEFORE)


def test_half_an_answer_is_no_json_although_the_call_took_effect(
    caller: Caller, advertiser: Advertiser, audience: Audience
) -> None:
    advertiser.faults.append(Fault("update_append", "truncated"))
    answer = append(caller, audience)
    assert (answer.status_code, answer.text[0]) == (200, "{")
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert emails(audience) == AFTER


def test_a_delayed_call_takes_effect_although_its_sender_has_gone(
    caller: Caller, advertiser: Advertiser, audience: Audience
) -> None:
    advertiser.faults.append(Fault("get", "delay", seconds=0.3))
    query = {"advertiser_id": advertiser.id, "custom_audience_ids": f'["{audience.id}"]'}
    with pytest.raises(httpx2.ReadTimeout):
        caller.http.get(f"{AUDIENCES}/get/", params=query, timeout=0.1)
    assert caller.details(audience)["cover_num"] == 3


def test_a_fault_hits_only_its_operation_as_often_as_asked(
    caller: Caller, advertiser: Advertiser, audience: Audience
) -> None:
    advertiser.replace_seconds = advertiser.smallest_audience = 0
    names: dict[str, OperationName] = {
        "APPEND": "update_append",
        "REMOVE": "update_remove",
        "REPLACE": "update_replace",
    }
    for action, name in names.items():
        advertiser.faults.append(Fault(name, "code", after=1, times=2))
        codes = {
            each: [caller.update(audience, each, lines("x", "y")).code for _ in range(4)] for each in names
        }
        assert codes == {each: [0, 50000, 50000, 0] if each == action else [0] * 4 for each in names}
        assert advertiser.faults == []


CALLS: dict[str, Callable[[Caller, Audience], Answer]] = {
    "upload": lambda caller, _: caller.upload(lines("a")),
    "create": lambda caller, _: caller.create(lines("a")),
    "update_details": lambda caller, audience: caller.post(
        "update", custom_audience_id=audience.id, custom_audience_name="B"
    ),
    "delete": lambda caller, audience: caller.post("delete", custom_audience_ids=[audience.id]),
    "get": lambda caller, audience: caller.get("get", custom_audience_ids=[audience.id]),
    "list": lambda caller, _: caller.get("list"),
    "advertiser": lambda caller, _: caller.info(f'["{caller.advertiser.id}"]'),
    "*": lambda caller, _: caller.get("list"),
}


@pytest.mark.parametrize("name", CALLS)
def test_every_operation_can_be_hit(
    caller: Caller, advertiser: Advertiser, audience: Audience, name: Any
) -> None:
    advertiser.faults.append(Fault(name, "code", code=50002))
    assert [CALLS[name](caller, audience).code for _ in range(2)] == [50002, 0]


def test_calls_are_recorded_with_their_sizes_and_files_only_where_asked(
    caller: Caller, advertiser: Advertiser
) -> None:
    content = lines("a", "b")
    caller.created(content)
    upload, create = advertiser.calls
    assert (upload.operation, upload.path, upload.rows) == ("upload", "dmp/custom_audience/file/upload", 2)
    assert upload.size > len(content)
    assert upload.params.keys() == {"advertiser_id", "calculate_type", "file_signature"}
    assert (create.operation, create.method, create.rows) == ("create", "POST", 0)
    assert create.params["calculate_type"] == "EMAIL_SHA256"
    advertiser.record = True
    caller.upload(content)
    assert advertiser.calls[-1].params["file"] == content
