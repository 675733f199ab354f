"""Our requests against those of Meta's own client, both taken down by the same server and brought to one form."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.customaudience import CustomAudience
from facebook_business.api import FacebookAdsApi, FacebookRequest
from facebook_business.session import FacebookSession

from audience_assets.destinations.meta.client import MetaClient, Operation, Session
from audience_assets_tests.destinations.meta.scripted import (
    APP_SECRET,
    AUDIENCE,
    DIGEST,
    RECEIVED,
    TOKEN,
    Answer,
    Asked,
    Scripted,
    people_of,
)

VERSION = "v26.0"
NAMES = ("FN", "EMAIL", "EXTERN_ID")
ROWS = [[DIGEST, DIGEST[::-1], "C-1"], ["", DIGEST, "C-2"]]
PEOPLE = people_of(NAMES, *ROWS)
SESSION = Session(session_id=9778993, batch_seq=1, last_batch=False, estimated_total=2)
THEIR_SESSION = {
    "session_id": 9778993,
    "batch_seq": 1,
    "last_batch_flag": False,
    "estimated_num_total": 2,
}
THEIR_PAYLOAD = {"schema": list(NAMES), "data": ROWS}
CREATION = {
    "name": "vip",
    "subtype": "CUSTOM",
    "description": "best",
    "customer_file_source": "USER_PROVIDED_ONLY",
    "is_value_based": True,
}
NOT_COMPARED = {"is_raw", "summary", "limit"}
"""Sent by one side only and without effect here: Meta's client sets no is_raw and asks edges for a summary."""


@pytest.fixture
def api(meta: Scripted, monkeypatch: pytest.MonkeyPatch) -> Iterator[FacebookAdsApi]:
    """Meta's own client, that takes the server on loopback for Meta."""
    monkeypatch.setattr(FacebookSession, "GRAPH", meta.url)
    session = FacebookSession(app_secret=APP_SECRET, access_token=TOKEN, timeout=5)
    yield FacebookAdsApi(session, api_version=VERSION)
    session.requests.close()


def canonical(asked: Asked) -> dict[str, Any]:
    """A request without its transport: where a parameter stood, how it was encoded, how the method was said."""
    given: dict[str, Any] = {**asked.query, **asked.fields}
    token = given.pop("access_token", None) or asked.headers["authorization"].removeprefix("Bearer ")
    method = given.pop("method", asked.method)
    for name in ("payload", "session", "is_value_based"):
        if name in given:
            given[name] = json.loads(given[name])
    if "payload" in given:
        payload = {name: value for name, value in given["payload"].items() if name not in NOT_COMPARED}
        if isinstance(payload["schema"], str):
            payload = {**payload, "schema": [payload["schema"]], "data": [[each] for each in payload["data"]]}
        given["payload"] = payload
    if "fields" in given:
        given["fields"] = sorted(given["fields"].split(","))
    kept = {name: value for name, value in given.items() if name not in NOT_COMPARED}
    return {"method": method, "path": asked.path.rstrip("/"), "token": token, **kept}


def fields_of(client: Scripted) -> list[str]:
    return client.asked[0].query["fields"].split(",")


def create(client: MetaClient) -> object:
    return client.create_audience(
        name="vip", description="best", customer_file_source="USER_PROVIDED_ONLY", value_based=True
    )


def change(operation: Operation) -> Callable[[MetaClient], object]:
    return lambda client: client.change_users("123", operation, PEOPLE, SESSION)


def theirs(api: FacebookAdsApi) -> CustomAudience:
    return CustomAudience("123", api=api)


CHANGES: dict[str, tuple[Callable[[MetaClient], object], Callable[[FacebookAdsApi], object]]] = {
    "create": (create, lambda api: AdAccount("act_42", api=api).create_custom_audience(params=CREATION)),
    "add": (
        change(Operation.ADD),
        lambda api: theirs(api).add_users(
            list(NAMES), ROWS, is_raw=True, pre_hashed=True, session=THEIR_SESSION
        ),
    ),
    "add by the generated method": (
        change(Operation.ADD),
        lambda api: theirs(api).create_user(params={"payload": THEIR_PAYLOAD, "session": THEIR_SESSION}),
    ),
    "add one key": (
        lambda client: client.change_users("123", Operation.ADD, people_of(("EMAIL",), (DIGEST,)), SESSION),
        lambda api: theirs(api).add_users("EMAIL", [DIGEST], pre_hashed=True, session=THEIR_SESSION),
    ),
    "remove": (
        change(Operation.REMOVE),
        lambda api: theirs(api).remove_users(
            list(NAMES), ROWS, is_raw=True, pre_hashed=True, session=THEIR_SESSION
        ),
    ),
    "remove by the generated method": (
        change(Operation.REMOVE),
        lambda api: theirs(api).delete_users(params={"payload": THEIR_PAYLOAD, "session": THEIR_SESSION}),
    ),
    "replace": (
        change(Operation.REPLACE),
        lambda api: theirs(api).create_users_replace(
            params={"payload": THEIR_PAYLOAD, "session": THEIR_SESSION}
        ),
    ),
    "remove everywhere": (
        lambda client: client.remove_everywhere(PEOPLE, SESSION),
        lambda api: AdAccount("act_42", api=api).delete_users_of_any_audience(
            params={"payload": THEIR_PAYLOAD, "session": THEIR_SESSION}
        ),
    ),
}
READINGS: dict[str, tuple[Callable[[MetaClient], object], Callable[[FacebookAdsApi, list[str]], object]]] = {
    "audience": (
        lambda client: client.audience("123"),
        lambda api, fields: theirs(api).api_get(fields=fields),
    ),
    "list": (
        lambda client: client.audiences_named("vip"),
        lambda api, fields: AdAccount("act_42", api=api).get_custom_audiences(fields=fields),
    ),
    "account": (
        lambda client: client.account(),
        lambda api, fields: AdAccount("act_42", api=api).api_get(fields=fields),
    ),
}


@pytest.mark.parametrize("call", CHANGES)
def test_a_change_is_the_official_clients(
    meta: Scripted, client: MetaClient, api: FacebookAdsApi, call: str
) -> None:
    meta.usual = Answer({**RECEIVED, "id": "777"})
    ours_call, their_call = CHANGES[call]
    ours_call(client)
    their_call(api)
    ours, official = map(canonical, meta.asked)
    assert ours == official


@pytest.mark.parametrize("call", READINGS)
def test_a_reading_is_the_official_clients(
    meta: Scripted, client: MetaClient, api: FacebookAdsApi, call: str
) -> None:
    meta.usual = Answer({**AUDIENCE, "data": []})
    ours_call, their_call = READINGS[call]
    ours_call(client)
    their_call(api, fields_of(meta))
    ours, official = map(canonical, meta.asked)
    assert ours == official


def test_the_list_of_sessions_is_the_official_clients(
    meta: Scripted, client: MetaClient, api: FacebookAdsApi
) -> None:
    meta.usual = Answer({"data": []})
    client.sessions("123")
    theirs(api).get_sessions()
    ours, official = map(canonical, meta.asked)
    assert ours == official


def pending(api: FacebookAdsApi) -> dict[str, FacebookRequest]:
    """The official client's requests before they are sent: each knows the parameters of its edge."""
    account = AdAccount("act_42", api=api)
    return {
        "create": account.create_custom_audience(pending=True),
        "add": theirs(api).create_user(pending=True),
        "remove": theirs(api).delete_users(pending=True),
        "replace": theirs(api).create_users_replace(pending=True),
        "remove everywhere": account.delete_users_of_any_audience(pending=True),
    }


@pytest.mark.parametrize("call", ["create", "add", "remove", "replace", "remove everywhere"])
def test_every_parameter_that_is_sent_is_one_that_the_official_client_knows(
    meta: Scripted, client: MetaClient, api: FacebookAdsApi, call: str
) -> None:
    meta.usual = Answer({**RECEIVED, "id": "777"})
    CHANGES[call][0](client)
    checker = pending(api)[call]._param_checker
    sent = canonical(meta.asked[0])
    for name in sent.keys() - {"method", "path", "token", "appsecret_proof"}:
        assert checker.is_valid_key(name)
        assert checker.is_valid_pair(name, sent[name])


def test_consent_is_the_one_parameter_that_only_the_page_names(
    meta: Scripted, client: MetaClient, api: FacebookAdsApi
) -> None:
    consenting = people_of(NAMES, *ROWS, customer_consent=True)
    client.change_users("123", Operation.ADD, consenting, SESSION)
    checker = pending(api)["add"]._param_checker
    known = {"payload", "session", "appsecret_proof"}
    assert meta.asked[0].fields.keys() - known == {"customer_consent"}
    assert not checker.is_valid_key("customer_consent")


def test_every_field_that_is_read_is_one_that_the_official_client_knows(
    meta: Scripted, client: MetaClient
) -> None:
    meta.usual = Answer(AUDIENCE)
    client.audience("123")
    assert set(fields_of(meta)) <= set(CustomAudience._field_types)
    meta.asked.clear()
    client.account()
    assert set(fields_of(meta)) <= set(AdAccount._field_types)
