import json
import logging
import traceback
from collections.abc import Callable

import pytest

from audience_assets.destinations.meta.client import MetaClient, Operation, UsersAnswer, connect
from audience_assets.errors import AudienceAssetsError
from audience_assets_tests.destinations.meta.scripted import (
    APP_SECRET,
    AUDIENCE,
    BATCH_3,
    DIGEST,
    PEOPLE,
    PROOF,
    RECEIVED,
    TOKEN,
    Answer,
    Clock,
    Scripted,
    people_of,
    refusal,
)

SECRETS = (TOKEN, APP_SECRET, PROOF, DIGEST)
ECHO = f"{TOKEN} {APP_SECRET} {PROOF} {DIGEST}"
CALLS: dict[str, Callable[[MetaClient], object]] = {
    "add": lambda client: client.change_users("123", Operation.ADD, PEOPLE, BATCH_3),
    "remove": lambda client: client.change_users("123", Operation.REMOVE, PEOPLE, BATCH_3),
    "replace": lambda client: client.change_users("123", Operation.REPLACE, PEOPLE, BATCH_3),
    "erase": lambda client: client.remove_everywhere(PEOPLE, BATCH_3),
    "create": lambda client: client.create_audience(
        name="vip", description="", customer_file_source="USER_PROVIDED_ONLY", value_based=True
    ),
    "read": lambda client: client.audience("123"),
    "list": lambda client: client.audiences_named("vip"),
    "sessions": lambda client: client.sessions("123"),
    "account": lambda client: client.account(),
    "permissions": lambda client: client.permissions(),
}
ANSWERS = {
    "refusal": refusal(
        100, message=ECHO, error_user_msg=ECHO, error_user_title=f"{ECHO} {ECHO}", fbtrace_id=ECHO
    ),
    "limit": refusal(80003, message=ECHO, estimated_time_to_regain_access=60),
    "temporary": refusal(2, message=ECHO),
    "page": Answer(status=502, page=f"<html>{ECHO}</html>"),
    "proxy": Answer(status=403, page=f"<html>{ECHO}</html>"),
    "text": Answer(page=ECHO),
    "other object": Answer({ECHO: ECHO, "data": ECHO, "num_received": ECHO, "operation_status": ECHO}),
    "hang up": Answer(hang_up=True),
}


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("call", CALLS)
def test_no_error_and_no_log_repeats_a_secret_or_a_person(
    meta: Scripted, clock: Clock, caplog: pytest.LogCaptureFixture, call: str, answer: str
) -> None:
    caplog.set_level(logging.DEBUG)
    meta.usual = ANSWERS[answer]
    with (
        connect(meta.access(patience_seconds=3.0), sleep=clock.sleep, now=clock.now) as client,
        pytest.raises(AudienceAssetsError) as error,
    ):
        CALLS[call](client)
    told = f"{error.value!r} {''.join(traceback.format_exception(error.value))} {vars(error.value)}"
    assert error.value.__cause__ is None
    assert error.value.__context__ is None
    logged = f"{caplog.text} {[vars(record) for record in caplog.records]}"
    assert "httpx2" in logged or answer == "hang up"
    for secret in SECRETS:
        assert secret not in told
        assert secret not in logged


@pytest.mark.parametrize("call", ["read", "list"])
def test_the_proof_of_a_reading_stands_in_its_query_and_in_no_log(
    meta: Scripted, client: MetaClient, caplog: pytest.LogCaptureFixture, call: str
) -> None:
    caplog.set_level(logging.DEBUG)
    meta.usual = Answer({**AUDIENCE, "data": []})
    CALLS[call](client)
    assert meta.asked[0].query["appsecret_proof"] == PROOF
    assert TOKEN not in meta.asked[0].target
    assert "HTTP Request: GET http://127.0.0.1" in caplog.text
    assert "appsecret_proof" not in caplog.text


def test_what_is_passed_around_shows_no_secret_and_no_person(meta: Scripted, client: MetaClient) -> None:
    form = client.graph.post("123/users", {"payload": PEOPLE.encoded()})
    reading = client.graph.get("123", {})
    answer = UsersAnswer(received=1, invalid=1, samples=(DIGEST,))
    shown = repr([meta.access(), client, form, reading, PEOPLE, BATCH_3, answer])
    assert "act_42" in shown
    for secret in SECRETS:
        assert secret not in shown


def test_a_payload_is_never_in_a_url(meta: Scripted, client: MetaClient) -> None:
    many = people_of(("EMAIL",), *((f"{number:064x}",) for number in range(10_000)))
    for operation in Operation:
        client.change_users("123", operation, many, BATCH_3)
    client.remove_everywhere(many, BATCH_3)
    for asked in meta.asked:
        assert "?" not in asked.target
        assert len(json.loads(asked.fields["payload"])["data"]) == 10_000


def test_samples_of_badly_formed_values_are_given_and_not_shown(meta: Scripted, client: MetaClient) -> None:
    meta.usual = Answer({**RECEIVED, "num_invalid_entries": 1, "invalid_entry_samples": [DIGEST]})
    answer = client.change_users("123", Operation.ADD, PEOPLE, BATCH_3)
    assert answer.samples == (DIGEST,)
    assert DIGEST not in repr(answer)
