from datetime import datetime

import pytest

from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets_tests.sandbox.tiktok.caller import Caller, lines


def test_an_audience_tells_of_itself(caller: Caller, audience: Audience, advertiser: Advertiser) -> None:
    details = caller.details(audience)
    created, expires = (datetime.fromisoformat(details.pop(name)) for name in ("create_time", "expired_time"))
    assert (expires - created).days == 365
    assert details == {
        "audience_id": audience.id,
        "name": "Buyers",
        "type": "Customer File",
        "audience_sub_type": "NORMAL",
        "calculate_type": "EMAIL_SHA256",
        "cover_num": 3,
        "is_valid": True,
        "is_expiring": False,
        "is_creator": True,
        "shared": False,
        "owner_id": advertiser.id,
        "error_msg": "",
        "msg": "",
        "is_auto_refresh": False,
        "audience_enhancement": False,
    }


def test_the_latest_events_come_first(caller: Caller, audience: Audience) -> None:
    caller.update(audience, "APPEND", lines("d"))
    caller.post("update", custom_audience_id=audience.id, custom_audience_name="Others")

    def history(**params: object) -> list[tuple[str, str]]:
        told = caller.get("get", custom_audience_ids=[audience.id], **params).data["list"][0]
        assert all(event["msg"] == "Success" for event in told["audience_history"])
        return [(event["action"], event["action_detail"]) for event in told["audience_history"]]

    assert history() == [("RENAME", ""), ("APPEND", "1 file(s)"), ("CREATE", "1 file(s)")]
    assert history(history_size=1) == [("RENAME", "")]


def test_several_audiences_are_read_in_one_call_in_the_asked_order(caller: Caller) -> None:
    ids = [caller.created(lines("a")).id for _ in range(3)][::-1]
    told = caller.get("get", custom_audience_ids=ids).data["list"]
    assert [each["audience_details"]["audience_id"] for each in told] == ids


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("get", {}),
        ("get", {"custom_audience_ids": "17"}),
        ("get", {"custom_audience_ids": [17]}),
        ("get", {"custom_audience_ids": []}),
        ("get", {"custom_audience_ids": ["1"] * 101}),
        ("get", {"custom_audience_ids": ["a"]}),
        ("get", {"custom_audience_ids": ["1"], "history_size": 0}),
        ("get", {"custom_audience_ids": ["1"], "history_size": 101}),
        ("list", {"page": 0}),
        ("list", {"page": "one"}),
        ("list", {"page_size": 0}),
        ("list", {"page_size": 101}),
        ("list", {"custom_audience_ids": ["a"]}),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(
    caller: Caller, call: str, params: dict[str, object]
) -> None:
    assert caller.get(call, **params).code == 40002


def test_an_audience_that_is_not_there_is_not_found(caller: Caller, audience: Audience) -> None:
    assert caller.get("get", custom_audience_ids=[audience.id, "17"]).code == 40007


def test_audiences_are_listed_in_pages(caller: Caller) -> None:
    ids = [caller.created(lines("a"), custom_audience_name=str(number)).id for number in range(11)]

    def page(**params: object) -> tuple[list[str], dict[str, int]]:
        data = caller.get("list", **params).data
        return [each["audience_id"] for each in data["list"]], data["page_info"]

    assert page() == (ids[:10], {"page": 1, "page_size": 10, "total_number": 11, "total_page": 2})
    assert page(page=2) == (ids[10:], {"page": 2, "page_size": 10, "total_number": 11, "total_page": 2})
    assert page(page=3)[0] == []
    assert page(page_size=100)[0] == ids
    assert page(custom_audience_ids=[ids[5], "17"])[0] == [ids[5]]
    (listed,) = caller.get("list", custom_audience_ids=[ids[5]]).data["list"]
    assert (listed["name"], listed["cover_num"], listed["calculate_type"]) == ("5", 1, "EMAIL_SHA256")


def test_audiences_are_deleted_all_or_none(caller: Caller, advertiser: Advertiser) -> None:
    ids = [caller.created(lines("a")).id for _ in range(3)]
    assert caller.post("delete", custom_audience_ids=[*ids[:2], "17"]).code == 40007
    assert list(advertiser.audiences) == ids
    assert caller.post("delete", custom_audience_ids=[*ids[:2], ids[0]]).code == 0
    assert list(advertiser.audiences) == ids[2:]
    for wrong in ([], ["1"] * 101, [17], None):
        assert caller.post("delete", custom_audience_ids=wrong).code == 40002
