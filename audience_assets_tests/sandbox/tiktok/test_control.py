import json
from typing import Any

import pytest

from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.sandbox.tiktok.caller import Answer, Caller, answer_of, digest


def look(caller: Caller, path: str) -> Answer:
    return answer_of(caller.http.get(f"/sandbox/{path}"))


def control(caller: Caller, path: str, body: object) -> Answer:
    return answer_of(caller.http.post(f"/sandbox/{path}", json=body))


def test_audiences_can_be_looked_at(caller: Caller, audience: Audience) -> None:
    summary = {
        "id": audience.id,
        "name": "Buyers",
        "calculate_type": "EMAIL_SHA256",
        "is_valid": True,
        "processing": False,
        "size": 3,
    }
    assert look(caller, "audiences").data == {"list": [summary]}
    identifiers = sorted(["email_SHA256", digest(each)] for each in "abc")
    dump = look(caller, f"audiences/{audience.id}").data
    assert dump == {**summary, "rows": [[each] for each in identifiers], "identifiers": identifiers}
    assert look(caller, "audiences/17").code == 40007


def test_a_fault_can_be_asked_for(caller: Caller) -> None:
    assert control(caller, "faults", {"operation": "list", "kind": "code", "code": 40100}).code == 0
    assert [caller.get("list").code, caller.get("list").code] == [40100, 0]


def test_time_can_pass(caller: Caller, tiktok_server: TikTokServer) -> None:
    before = tiktok_server.platform.clock.now()
    assert control(caller, "clock", {"advance_seconds": 3_600}).data["now"] >= before + 3_600
    assert tiktok_server.platform.clock.now() >= before + 3_600


def test_an_advertiser_can_be_set(caller: Caller, advertiser: Advertiser) -> None:
    settings = {"processing_seconds": 60, "too_few": "failed", "refused_with": 40001}
    assert control(caller, "advertiser", settings).code == 0
    assert (advertiser.processing_seconds, advertiser.too_few, advertiser.refused_with) == (
        60,
        "failed",
        40001,
    )


def test_an_advertiser_can_be_disabled_and_lose_its_right_to_audiences(
    caller: Caller, advertiser: Advertiser
) -> None:
    assert control(caller, "advertiser", {"status": "STATUS_DISABLE", "audiences_permitted": False}).code == 0
    assert caller.get("list").code == 40001
    information = caller.http.get(
        "/open_api/v1.3/advertiser/info/", params={"advertiser_ids": json.dumps([advertiser.id])}
    )
    assert answer_of(information).data["list"][0]["status"] == "STATUS_DISABLE"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("advertiser", {"colour": "red"}),
        ("advertiser", {"people": []}),
        ("advertiser", {"access_token": "mine"}),
        ("advertiser", {"per_second": "many", "unique_names": True}),
        ("advertiser", {"too_few": "fine", "unique_names": True}),
        ("advertiser", []),
        ("faults", {"operation": "get"}),
        ("faults", {"operation": "get", "kind": "explode"}),
        ("faults", {"operation": "users_add", "kind": "delay"}),
        ("clock", {}),
    ],
)
def test_a_control_that_makes_no_sense_changes_nothing(
    caller: Caller, advertiser: Advertiser, path: str, body: Any
) -> None:
    assert control(caller, path, body).code == 40002
    assert not advertiser.unique_names
    assert advertiser.faults == []


def test_the_controls_demand_the_token(caller: Caller, audience: Audience) -> None:
    caller.http.headers.pop("Access-Token")
    for path in ("audiences", f"audiences/{audience.id}"):
        assert look(caller, path).code == 40104
    for path in ("faults", "clock", "advertiser"):
        assert control(caller, path, {}).code == 40104
