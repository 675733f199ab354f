import json
import logging
import traceback
from collections.abc import Callable

import pytest

from audience_assets.destinations.tiktok.client import Action, TikTokClient, connect
from audience_assets.destinations.tiktok.upload_file import UploadFile
from audience_assets.errors import AudienceAssetsError
from audience_assets_tests.destinations.tiktok.scripted import (
    ADVERTISER,
    DETAILS,
    DIGEST,
    FILE,
    MD5,
    TOKEN,
    Answer,
    Clock,
    Scripted,
    refusal,
    told,
)

SECRETS = (TOKEN, DIGEST, "somebody@example.com")
ECHO = " ".join(SECRETS)
CALLS: dict[str, Callable[[TikTokClient], object]] = {
    "upload": lambda client: client.upload(FILE, name="p.csv", md5=MD5, calculate_type="EMAIL_SHA256"),
    "create": lambda client: client.create(name="vip", calculate_type="EMAIL_SHA256", file_paths=["a"]),
    "append": lambda client: client.update("123", Action.APPEND, ["a"]),
    "remove": lambda client: client.update("123", Action.REMOVE, ["a"]),
    "replace": lambda client: client.update("123", Action.REPLACE, ["a"]),
    "delete": lambda client: client.delete(["123"]),
    "read": lambda client: client.audience("123"),
    "list": lambda client: client.audiences_named("vip"),
    "advertiser": lambda client: client.advertiser(),
}
ANSWERS = {
    "refusal": refusal(40002, ECHO, request_id=ECHO, data={"echo": ECHO}),
    "busy": refusal(40002, f"being processed {ECHO}", request_id=ECHO),
    "too few": refusal(40002, f"fewer than 1000 {ECHO}", request_id=ECHO),
    "expired": refusal(40910, ECHO),
    "limit": refusal(40100, ECHO),
    "failing": refusal(50000, ECHO),
    "page": Answer(status=502, page=f"<html>{ECHO}</html>"),
    "proxy": Answer(status=403, page=f"<html>{ECHO}</html>"),
    "text": Answer(page=ECHO),
    "hang up": Answer(hang_up=True),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("call", CALLS)
def test_no_error_and_no_log_repeats_a_secret_or_a_person(
    tiktok: Scripted, clock: Clock, caplog: pytest.LogCaptureFixture, call: str, answer: str
) -> None:
    caplog.set_level(logging.DEBUG)
    tiktok.usual = ANSWERS[answer]
    with (
        connect(tiktok.access(patience_seconds=3.0), sleep=clock.sleep, now=clock.now) as client,
        pytest.raises(AudienceAssetsError) as error,
    ):
        CALLS[call](client)
    shown = f"{error.value!r} {''.join(traceback.format_exception(error.value))} {vars(error.value)}"
    assert error.value.__cause__ is None
    assert error.value.__context__ is None
    logged = f"{caplog.text} {[vars(record) for record in caplog.records]}"
    assert "httpx2" in logged or answer == "hang up"
    for secret in SECRETS:
        assert secret not in shown
        assert secret not in logged


@pytest.mark.parametrize("call", ["read", "list", "advertiser"])
def test_queries_are_in_no_log(client: TikTokClient, caplog: pytest.LogCaptureFixture, call: str) -> None:
    caplog.set_level(logging.DEBUG)
    CALLS[call](client)
    assert "HTTP Request: GET http://127.0.0.1" in caplog.text
    assert ADVERTISER not in caplog.text


def test_what_is_passed_around_shows_no_secret_and_no_person(tiktok: Scripted, client: TikTokClient) -> None:
    request = client.api.post("dmp/custom_audience/update", {"file_paths": [DIGEST]})
    shown = repr([tiktok.access(), client, request, UploadFile(FILE, MD5, 1, "EMAIL_SHA256")])
    assert ADVERTISER in shown
    for hidden in (TOKEN, DIGEST, MD5):
        assert hidden not in shown


def test_the_people_of_a_file_are_never_in_a_url(tiktok: Scripted, client: TikTokClient) -> None:
    many = b"".join(f"{number:064x}\n".encode() for number in range(10_000))
    client.upload(many, name="p.csv", md5=MD5, calculate_type="EMAIL_SHA256")
    assert "?" not in tiktok.asked[0].target
    assert tiktok.asked[0].files["file"][1] == many


@pytest.mark.parametrize(
    "said", [ECHO, TOKEN * 9, f"bad line {DIGEST}", "call +55 11 98765-4321", "a\nb", json.dumps([DIGEST])]
)
def test_what_tiktok_says_of_an_audience_is_kept_only_without_people(
    tiktok: Scripted, client: TikTokClient, said: str
) -> None:
    details = {**DETAILS, "is_valid": False, "error_msg": said}
    tiktok.usual = told({"list": [{"audience_details": details, "audience_history": [{"action": said}]}]})
    found = client.audience("123")
    assert found.error_msg == "a message that is not shown here: see the audience in TikTok Ads Manager"
    assert said not in repr(found)
