import socket
from collections.abc import Callable

import pytest

from audience_assets.destinations.tiktok.answers import AudienceBusyError
from audience_assets.destinations.tiktok.client import Action, TikTokClient, connect
from audience_assets.errors import DeliveryInterruptedError
from audience_assets.http.asking import UnknownOutcomeError
from audience_assets_tests.destinations.tiktok.scripted import (
    FILE,
    MD5,
    Answer,
    Clock,
    Scripted,
    refusal,
    told,
)

LOST = [
    Answer(hang_up=True),
    Answer(status=502, page="<html>Bad Gateway</html>"),
    Answer(page="null"),
    Answer(page='{"code": 0, "mess'),
    Answer({}),
    refusal(20001),
    refusal(50000),
    refusal(51010),
]
LIMITS = [refusal(40016), refusal(40100), refusal(40132), refusal(40133), Answer(status=429)]
LATER = [refusal(40201), refusal(40202)]
REPEATED: dict[str, Callable[[TikTokClient], object]] = {
    "upload": lambda client: client.upload(FILE, name="p.csv", md5=MD5, calculate_type="EMAIL_SHA256"),
    "append": lambda client: client.update("123", Action.APPEND, ["a"]),
    "remove": lambda client: client.update("123", Action.REMOVE, ["a"]),
    "delete": lambda client: client.delete(["123"]),
    "read": lambda client: client.audience("123"),
}
ONCE: dict[str, Callable[[TikTokClient], object]] = {
    "create": lambda client: client.create(name="vip", calculate_type="EMAIL_SHA256", file_paths=["a"]),
    "replace": lambda client: client.update("123", Action.REPLACE, ["a"]),
}


@pytest.mark.parametrize("answer", [*LOST, *LATER])
@pytest.mark.parametrize("call", REPEATED)
def test_what_may_be_done_twice_is_asked_again_until_it_is_answered(
    tiktok: Scripted, client: TikTokClient, clock: Clock, call: str, answer: Answer
) -> None:
    tiktok.answers = [answer, answer]
    REPEATED[call](client)
    assert len(tiktok.asked) == 3
    first = tiktok.asked[0]
    assert all((each.sent, each.files) == (first.sent, first.files) for each in tiktok.asked)
    assert clock.slept == [1.0, 2.0]


@pytest.mark.parametrize("answer", LOST)
@pytest.mark.parametrize("call", ONCE)
def test_creating_and_replacing_are_never_repeated_when_it_is_not_known_what_was_done(
    tiktok: Scripted, client: TikTokClient, clock: Clock, call: str, answer: Answer
) -> None:
    tiktok.answers = [answer]
    with pytest.raises(UnknownOutcomeError, match=f"not known whether TikTok did {call}.*looked up before"):
        ONCE[call](client)
    assert (len(tiktok.asked), clock.slept) == (1, [])


@pytest.mark.parametrize("data", [None, {}, {"file_path": "x"}])
def test_a_success_that_names_no_audience_is_an_unknown_creation(
    tiktok: Scripted, client: TikTokClient, data: object
) -> None:
    tiktok.usual = told(data)
    with pytest.raises(UnknownOutcomeError, match="without the fields that the API documents"):
        ONCE["create"](client)
    assert len(tiktok.asked) == 1


@pytest.mark.parametrize("answer", LATER)
@pytest.mark.parametrize("call", ONCE)
def test_creating_and_replacing_are_repeated_where_nothing_was_done(
    tiktok: Scripted, client: TikTokClient, clock: Clock, call: str, answer: Answer
) -> None:
    tiktok.answers = [answer]
    ONCE[call](client)
    assert (len(tiktok.asked), clock.slept) == (2, [1.0])


@pytest.mark.parametrize("answer", LIMITS)
@pytest.mark.parametrize("call", [*REPEATED, *ONCE])
def test_a_limit_costs_a_second_and_then_five_minutes(
    tiktok: Scripted, client: TikTokClient, clock: Clock, call: str, answer: Answer
) -> None:
    tiktok.answers = [answer, answer]
    (REPEATED | ONCE)[call](client)
    assert clock.slept == [1.0, 300.0]
    tiktok.answers = [answer]
    (REPEATED | ONCE)[call](client)
    assert clock.slept == [1.0, 300.0, 1.0]


def test_a_limit_beyond_the_patience_says_when_to_go_on(
    tiktok: Scripted, client: TikTokClient, clock: Clock
) -> None:
    tiktok.usual = refusal(40100)
    with pytest.raises(DeliveryInterruptedError, match=r"busy \(code 40100.*run again in 5 minutes"):
        REPEATED["append"](client)
    assert clock.slept == [1.0, 300.0, 300.0]


@pytest.mark.parametrize("call", ["append", "remove", "replace"])
def test_a_busy_audience_is_for_the_sender_to_wait_for(
    tiktok: Scripted, client: TikTokClient, clock: Clock, call: str
) -> None:
    tiktok.usual = refusal(40002, "The audience is being processed")
    with pytest.raises(AudienceBusyError):
        (REPEATED | ONCE)[call](client)
    assert (len(tiktok.asked), clock.slept) == (1, [])


def test_no_answer_in_time_is_a_lost_answer(tiktok: Scripted, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        access = tiktok.access(
            base_url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.05, patience_seconds=0.0
        )
        with connect(access, sleep=clock.sleep, now=clock.now) as client:
            with pytest.raises(UnknownOutcomeError, match="ReadTimeout"):
                ONCE["create"](client)
            with pytest.raises(
                DeliveryInterruptedError, match=r"ReadTimeout.*run again, nothing is done twice"
            ):
                REPEATED["append"](client)


def test_a_refused_connection_is_tried_again_also_for_creating(tiktok: Scripted, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
    access = tiktok.access(base_url=nowhere, patience_seconds=3)
    with connect(access, sleep=clock.sleep, now=clock.now) as client:
        with pytest.raises(DeliveryInterruptedError, match="no connection") as error:
            ONCE["create"](client)
        assert not isinstance(error.value, UnknownOutcomeError)
    assert clock.slept == [1.0, 2.0]


def test_calls_keep_to_the_tier(tiktok: Scripted, clock: Clock) -> None:
    with connect(tiktok.access(tier="sandbox"), sleep=clock.sleep, now=clock.now) as client:
        for _ in range(31):
            client.audience("123")
    assert clock.slept == [1.0] * 29 + [31.0]
