from typing import Any

import pytest

from audience_assets.destinations.tiktok.answers import TikTokRefusedError
from audience_assets.destinations.tiktok.client import Action, RemoteAdvertiser, TikTokClient, connect
from audience_assets.errors import SettingsError
from audience_assets_tests.destinations.tiktok.scripted import (
    ADVERTISER,
    DETAILS,
    FILE,
    FILE_PATH,
    MD5,
    TOKEN,
    Scripted,
    refusal,
    told,
)

BASE = "/open_api/v1.3"


def upload(client: TikTokClient) -> str:
    return client.upload(FILE, name="people.csv", md5=MD5, calculate_type="EMAIL_SHA256")


def test_every_request_has_the_token_in_a_header_only_and_says_who_asks(
    tiktok: Scripted, client: TikTokClient
) -> None:
    client.audience("123")
    asked = tiktok.asked[0]
    assert asked.headers["access-token"] == TOKEN
    assert TOKEN not in asked.target
    assert asked.headers["user-agent"].startswith("audience-assets/")


def test_a_file_is_uploaded_with_its_signature_and_comes_back_as_a_path(
    tiktok: Scripted, client: TikTokClient
) -> None:
    assert upload(client) == FILE_PATH
    asked = tiktok.asked[0]
    assert (asked.method, asked.path) == ("POST", f"{BASE}/dmp/custom_audience/file/upload/")
    assert asked.files == {"file": ("people.csv", FILE)}
    assert asked.fields == {
        "advertiser_id": ADVERTISER,
        "calculate_type": "EMAIL_SHA256",
        "file_signature": MD5,
    }


def test_a_file_that_arrived_damaged_is_sent_once_more(tiktok: Scripted, client: TikTokClient) -> None:
    tiktok.answers = [refusal(40900)]
    assert upload(client) == FILE_PATH
    assert [asked.files["file"][1] for asked in tiktok.asked] == [FILE, FILE]


def test_a_file_that_arrives_damaged_twice_is_refused(tiktok: Scripted, client: TikTokClient) -> None:
    tiktok.usual = refusal(40900)
    with pytest.raises(TikTokRefusedError, match="did not arrive as it was sent"):
        upload(client)
    assert len(tiktok.asked) == 2


@pytest.mark.parametrize("retention", [None, 30])
def test_an_audience_is_created_from_uploaded_files(
    tiktok: Scripted, client: TikTokClient, retention: int | None
) -> None:
    created = client.create(
        name="São Paulo",
        calculate_type="MULTIPLE_TYPES",
        file_paths=["a", "b"],
        retention_in_days=retention,
    )
    assert created == "777"
    assert tiktok.asked[0].path == f"{BASE}/dmp/custom_audience/create/"
    assert tiktok.asked[0].sent == {
        "advertiser_id": ADVERTISER,
        "custom_audience_name": "São Paulo",
        "calculate_type": "MULTIPLE_TYPES",
        "file_paths": ["a", "b"],
        **({"retention_in_days": 30} if retention else {}),
    }


@pytest.mark.parametrize("action", list(Action))
def test_an_update_always_says_its_action_since_none_means_replace(
    tiktok: Scripted, client: TikTokClient, action: Action
) -> None:
    client.update("123", action, ["a"])
    assert tiktok.asked[0].path == f"{BASE}/dmp/custom_audience/update/"
    assert tiktok.asked[0].sent == {
        "advertiser_id": ADVERTISER,
        "custom_audience_id": "123",
        "action": action.value,
        "file_paths": ["a"],
    }


def test_an_audience_is_read_with_its_history(tiktok: Scripted, client: TikTokClient) -> None:
    found = client.audience("123")
    assert (found.id, found.name, found.cover_num, found.is_valid) == ("123", "vip", 1500, True)
    assert [change.action for change in found.history] == ["create"]
    assert tiktok.asked[0].path == f"{BASE}/dmp/custom_audience/get/"
    assert tiktok.asked[0].query == {
        "advertiser_id": ADVERTISER,
        "custom_audience_ids": '["123"]',
        "history_size": "20",
    }


def test_an_audience_that_tiktok_does_not_list_is_missing(tiktok: Scripted, client: TikTokClient) -> None:
    tiktok.usual = told({"list": []})
    with pytest.raises(TikTokRefusedError, match=r"read audience 123: TikTok does not find it") as error:
        client.audience("123")
    assert (error.value.code, error.value.scope) == (40007, "audience")


def test_audiences_of_one_name_are_found_on_all_pages(tiktok: Scripted, client: TikTokClient) -> None:
    def page(*audiences: dict[str, Any]) -> Any:
        return told({"list": audiences, "page_info": {"total_page": 3}})

    tiktok.answers = [
        page({**DETAILS, "audience_id": "1"}, {**DETAILS, "audience_id": "2", "name": "VIP"}),
        page({**DETAILS, "audience_id": "3", "name": "vip "}),
        page({**DETAILS, "audience_id": "4"}),
    ]
    assert [each.id for each in client.audiences_named("vip")] == ["1", "4"]
    assert [asked.query["page"] for asked in tiktok.asked] == ["1", "2", "3"]
    assert {asked.query["page_size"] for asked in tiktok.asked} == {"100"}


def test_no_audience_at_all_is_an_empty_list(tiktok: Scripted, client: TikTokClient) -> None:
    tiktok.usual = told({"list": [], "page_info": {"total_page": 0}})
    assert client.audiences_named("vip") == []
    assert len(tiktok.asked) == 1


def test_audiences_are_deleted_a_hundred_at_a_time(tiktok: Scripted, client: TikTokClient) -> None:
    client.delete([str(number) for number in range(101)])
    assert [len(asked.sent["custom_audience_ids"]) for asked in tiktok.asked] == [100, 1]
    assert {asked.path for asked in tiktok.asked} == {f"{BASE}/dmp/custom_audience/delete/"}


def test_an_audience_that_is_gone_already_needs_no_deleting(tiktok: Scripted, client: TikTokClient) -> None:
    tiktok.usual = refusal(40007)
    client.delete(["123"])
    with pytest.raises(TikTokRefusedError, match="delete audience 1, 2"):
        client.delete(["1", "2"])


def test_an_advertiser_says_whether_it_is_enabled(tiktok: Scripted, client: TikTokClient) -> None:
    assert client.advertiser() == RemoteAdvertiser(ADVERTISER, "vip", "STATUS_ENABLE")
    assert tiktok.asked[0].path == f"{BASE}/advertiser/info/"
    assert tiktok.asked[0].query["advertiser_ids"] == f'["{ADVERTISER}"]'
    tiktok.usual = told({"list": []})
    with pytest.raises(TikTokRefusedError, match="the advertiser does not exist"):
        client.advertiser()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"base_url": "http://business-api.example"}, "would carry credentials unencrypted"),
        ({"base_url": "business-api.tiktok.com"}, "not a web address"),
        ({"access_token": f"{TOKEN}\n"}, f"access_token of advertiser {ADVERTISER} holds a space"),
        ({"access_token": "clé"}, "holds a space, a line end"),
    ],
)
def test_wrong_settings_are_named_before_anything_is_sent(
    tiktok: Scripted, given: dict[str, str], says: str
) -> None:
    with pytest.raises(SettingsError, match=says) as error, connect(tiktok.access(**given)):
        pass
    assert TOKEN not in str(error.value)
    assert tiktok.asked == []
