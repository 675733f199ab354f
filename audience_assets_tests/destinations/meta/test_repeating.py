import socket
from dataclasses import replace

import pytest

from audience_assets.destinations.meta.answers import MetaRefusedError, ReplaceError
from audience_assets.destinations.meta.client import MetaClient, Operation, UsersAnswer, connect
from audience_assets.errors import DeliveryInterruptedError
from audience_assets.http.asking import UnknownOutcomeError
from audience_assets_tests.destinations.meta.scripted import (
    AUDIENCE,
    BATCH_3,
    PEOPLE,
    Answer,
    Clock,
    Scripted,
    refusal,
)

LOST = [
    Answer(hang_up=True),
    Answer(status=502, page="<html>Bad Gateway</html>"),
    Answer(page="null"),
    Answer(page="<html>Sign in to the guest network</html>"),
    Answer(page='{"num_received": 1, "num_inv'),
    Answer({}),
    Answer({"num_received": None, "num_invalid_entries": 0}),
    refusal(1),
    refusal(2, status=500),
    refusal(987654, is_transient=True),
]
LIMITS = [
    refusal(4),
    refusal(17, 2446079),
    refusal(341),
    refusal(613, 5044001),
    refusal(80004),
    Answer(status=429),
]


def add(client: MetaClient) -> UsersAnswer:
    return client.change_users("123", Operation.ADD, PEOPLE, BATCH_3)


def create(client: MetaClient) -> str:
    return client.create_audience(
        name="vip", description="", customer_file_source="USER_PROVIDED_ONLY", value_based=False
    )


@pytest.mark.parametrize("answer", [*LOST, *LIMITS])
def test_a_batch_is_sent_again_with_the_same_bytes_until_it_is_answered(
    meta: Scripted, client: MetaClient, clock: Clock, answer: Answer
) -> None:
    meta.answers = [answer, answer]
    assert add(client).received == 1
    assert len(meta.asked) == 3
    assert meta.asked[0].fields == meta.asked[1].fields == meta.asked[2].fields
    assert clock.slept == [1.0, 2.0]


@pytest.mark.parametrize("answer", LOST)
def test_creating_is_never_repeated_when_it_is_not_known_what_was_done(
    meta: Scripted, client: MetaClient, clock: Clock, answer: Answer
) -> None:
    meta.answers = [answer]
    with pytest.raises(
        UnknownOutcomeError, match=r"create the audience 'vip' in act_42.*it is looked up before"
    ):
        create(client)
    assert len(meta.asked) == 1
    assert clock.slept == []


@pytest.mark.parametrize("answer", LOST)
def test_a_replacings_first_batch_is_never_sent_twice_when_it_is_not_known_what_was_done(
    meta: Scripted, client: MetaClient, answer: Answer
) -> None:
    meta.answers = [answer]
    with pytest.raises(UnknownOutcomeError, match="replace batch 1 of audience 123"):
        client.change_users("123", Operation.REPLACE, PEOPLE, replace(BATCH_3, batch_seq=1))
    assert len(meta.asked) == 1


@pytest.mark.parametrize("answer", [*LOST, *LIMITS])
def test_a_replacings_later_batches_are_sent_again(
    meta: Scripted, client: MetaClient, answer: Answer
) -> None:
    meta.answers = [answer]
    assert client.change_users("123", Operation.REPLACE, PEOPLE, BATCH_3).received == 1
    assert len(meta.asked) == 2


@pytest.mark.parametrize("answer", LIMITS)
def test_creating_is_repeated_only_after_a_limit_since_nothing_was_done(
    meta: Scripted, client: MetaClient, clock: Clock, answer: Answer
) -> None:
    meta.answers = [answer, Answer({"id": "777"})]
    assert create(client) == "777"
    assert clock.slept == [1.0]


def test_no_answer_in_time_is_a_lost_answer(meta: Scripted, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        access = meta.access(
            base_url=f"http://127.0.0.1:{silent.getsockname()[1]}", timeout_seconds=0.05, patience_seconds=0.0
        )
        with connect(access, sleep=clock.sleep, now=clock.now) as client:
            with pytest.raises(UnknownOutcomeError, match="ReadTimeout"):
                create(client)
            with pytest.raises(DeliveryInterruptedError, match=r"ReadTimeout.*run again"):
                add(client)


def test_a_refused_connection_is_tried_again_also_for_creating(meta: Scripted, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with connect(
        meta.access(base_url=nowhere, patience_seconds=3), sleep=clock.sleep, now=clock.now
    ) as client:
        with pytest.raises(DeliveryInterruptedError, match="no connection") as error:
            create(client)
        assert not isinstance(error.value, UnknownOutcomeError)
    assert clock.slept == [1.0, 2.0]


def test_pauses_grow_up_to_two_minutes_and_end_with_the_patience(
    meta: Scripted, client: MetaClient, clock: Clock
) -> None:
    meta.usual = refusal(17)
    with pytest.raises(DeliveryInterruptedError, match=r"code 17.*run again later"):
        add(client)
    assert clock.slept == [1, 2, 4, 8, 16, 32, 64, 120, 120, 120, 120, 120, 120]
    assert sum(clock.slept) <= 900


def test_the_custom_audience_limit_is_waited_for_as_named(
    meta: Scripted, client: MetaClient, clock: Clock
) -> None:
    meta.answers = [refusal(80003, estimated_time_to_regain_access=10)]
    add(client)
    assert clock.slept == [600.0]


def test_a_limit_beyond_the_patience_is_said_at_once_with_the_time_to_run_again(
    meta: Scripted, client: MetaClient, clock: Clock
) -> None:
    meta.answers = [refusal(80003, estimated_time_to_regain_access=25)]
    with pytest.raises(DeliveryInterruptedError, match=r"code 80003.*run again in 25 minutes"):
        add(client)
    assert clock.slept == []
    assert len(meta.asked) == 1


def test_each_call_has_a_patience_of_its_own(meta: Scripted, client: MetaClient, clock: Clock) -> None:
    for _ in range(3):
        meta.answers = [refusal(80003, estimated_time_to_regain_access=14)]
        add(client)
    assert clock.slept == [840.0] * 3


@pytest.mark.parametrize("answer", [refusal(190), refusal(105), Answer(status=404), Answer(status=414)])
def test_a_refusal_is_not_repeated(meta: Scripted, client: MetaClient, clock: Clock, answer: Answer) -> None:
    meta.usual = answer
    with pytest.raises(MetaRefusedError):
        add(client)
    assert len(meta.asked) == 1
    assert clock.slept == []


def test_a_replacing_that_cannot_go_on_is_left_to_the_sender(meta: Scripted, client: MetaClient) -> None:
    meta.usual = refusal(2650, 1870145)
    with pytest.raises(ReplaceError) as error:
        client.change_users("123", Operation.REPLACE, PEOPLE, BATCH_3)
    assert error.value.subcode == 1870145
    assert len(meta.asked) == 1


def test_a_new_audience_may_take_a_moment_to_be_found(
    meta: Scripted, client: MetaClient, clock: Clock
) -> None:
    meta.answers = [refusal(803), refusal(803), Answer(AUDIENCE)]
    assert client.audience("123", just_created=True).id == "123"
    assert clock.slept == [1.0, 2.0]


def test_an_old_audience_that_is_not_found_is_gone(meta: Scripted, client: MetaClient) -> None:
    meta.usual = refusal(803)
    with pytest.raises(MetaRefusedError, match="there is no such object"):
        client.audience("123")
    assert len(meta.asked) == 1


def test_without_patience_nothing_is_repeated_and_the_pace_is_still_kept(
    meta: Scripted, clock: Clock
) -> None:
    impatient = replace(meta.access(), patience_seconds=0.0, calls_per_second=2.0)
    with connect(impatient, sleep=clock.sleep, now=clock.now) as client:
        for _ in range(4):
            add(client)
        assert clock.slept == [0.5, 0.5]
        meta.answers = [refusal(2)]
        with pytest.raises(DeliveryInterruptedError, match="code 2"):
            add(client)
