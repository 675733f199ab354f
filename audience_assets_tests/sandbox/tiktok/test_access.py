import httpx2
import pytest

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.sandbox.tiktok.caller import AUDIENCES, Caller, answer_of, emails, lines


@pytest.mark.parametrize(("token", "code"), [(None, 40104), ("", 40104), ("another", 40105)])
def test_a_call_needs_the_token_in_its_header(caller: Caller, token: str | None, code: int) -> None:
    headers = {} if token is None else {"Access-Token": token}
    query = {"Access-Token": caller.advertiser.access_token, "advertiser_id": caller.advertiser.id}
    url = f"{caller.base_url}{AUDIENCES}/list/"
    with httpx2.Client(trust_env=False) as http:
        assert answer_of(http.get(url, params=query, headers=headers)).code == code
        assert answer_of(http.post(f"{caller.base_url}{AUDIENCES}/create/", content=b"{")).code == 40104


def test_a_token_expires(caller: Caller, advertiser: Advertiser, clock: Clock) -> None:
    advertiser.token_expires_at = clock.now() + 60
    assert caller.get("list").code == 0
    advertiser.token_expires_at = clock.now()
    assert caller.get("list").code == 40102


@pytest.mark.parametrize("code", [40001, 40300])
def test_an_advertiser_can_be_set_to_refuse_everything(
    caller: Caller, advertiser: Advertiser, code: int
) -> None:
    advertiser.refused_with = code
    assert caller.get("list").code == code
    assert caller.upload(lines("a")).code == code
    assert caller.info("[]").code == code


def test_a_token_opens_its_own_advertiser_only(
    caller: Caller, tiktok_server: TikTokServer, audience: Audience
) -> None:
    other = tiktok_server.platform.add_advertiser()
    assert caller.get("list", advertiser_id=other.id).code == 40001
    assert caller.post("delete", advertiser_id=other.id, custom_audience_ids=[audience.id]).code == 40001
    with Caller(tiktok_server.base_url, other) as stranger:
        assert stranger.get("list").data["list"] == []
        assert stranger.get("get", custom_audience_ids=[audience.id]).code == 40007
        assert stranger.update(audience, "APPEND", lines("x")).code == 40007
        path = caller.path(lines("x"))
        assert (
            stranger.post(
                "create", custom_audience_name="A", calculate_type="EMAIL_SHA256", file_paths=[path]
            ).code
            == 40905
        )
    assert len(emails(audience)) == 3


@pytest.mark.parametrize("given", [None, 17, "", "twelve", "1 2"])
def test_an_advertiser_id_is_a_string_of_digits(caller: Caller, given: object) -> None:
    answer = caller.post("delete", advertiser_id=given, custom_audience_ids=["1"])
    assert answer.code == 40002
    assert answer.message.startswith("advertiser_id: ")


@pytest.mark.parametrize(
    "path", [f"{AUDIENCES}/list", "/open_api/v1.2/dmp/custom_audience/list/", "/", f"{AUDIENCES}/create/"]
)
def test_there_is_no_other_page_and_none_without_its_last_slash(caller: Caller, path: str) -> None:
    answer = caller.http.get(path, params={"advertiser_id": caller.advertiser.id})
    assert answer.status_code == 404
    assert answer.text.startswith("<html>")


def test_the_advertiser_tells_of_itself(caller: Caller, advertiser: Advertiser) -> None:
    (told,) = caller.info(f'["{advertiser.id}"]').data["list"]
    assert (told["advertiser_id"], told["status"]) == (advertiser.id, "STATUS_ENABLE")
    assert caller.info('["17"]').code == 40001
    assert caller.info(advertiser.id).code == 40002


def test_an_unknown_parameter_is_refused(caller: Caller, audience: Audience) -> None:
    answer = caller.post(
        "update", custom_audience_id=audience.id, custom_audience_name="B", calculate_type="EMAIL_SHA256"
    )
    assert answer.code == 40002
    assert audience.name == "Buyers"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"{}", "text/plain"),
        (b"a=1", "multipart/form-data"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(caller: Caller, content: bytes, kind: str) -> None:
    answer = caller.http.post(f"{AUDIENCES}/create/", content=content, headers={"Content-Type": kind})
    assert answer_of(answer).code == 40002
