import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets_tests.sandbox.meta.caller import Caller, answer_of, batch, digest, digests, emails

PAYLOAD = {"schema": ["EMAIL"], "data": [[digest("a")]], "is_raw": True}
SESSION = batch(7, 1, last=True)

Send = Callable[[httpx2.Client, str], httpx2.Response]

TEXTS = {"payload": json.dumps(PAYLOAD), "session": json.dumps(SESSION)}
ADDITIONS: dict[str, Send] = {
    "form": lambda http, url: http.post(url, data=TEXTS),
    "multipart form": lambda http, url: http.post(
        url, files={name: (None, text) for name, text in TEXTS.items()}
    ),
    "JSON": lambda http, url: http.post(url, json={"payload": PAYLOAD, "session": SESSION}),
    "JSON with texts": lambda http, url: http.post(url, json=TEXTS),
    "query": lambda http, url: http.post(url, params=TEXTS),
    "trailing slash": lambda http, url: http.post(f"{url}/", data=TEXTS),
    "session in the query": lambda http, url: http.post(
        url, params={"session": TEXTS["session"]}, data={"payload": TEXTS["payload"]}
    ),
}
REMOVALS: dict[str, Send] = {
    "DELETE with a query": lambda http, url: http.delete(url, params=TEXTS),
    "DELETE with a form": lambda http, url: http.request("DELETE", url, data=TEXTS),
    "POST with method=DELETE": lambda http, url: http.post(url, data={**TEXTS, "method": "DELETE"}),
    "POST with method=delete": lambda http, url: http.post(url, data={**TEXTS, "method": "delete"}),
    "POST with method in the query": lambda http, url: http.post(
        url, params={"method": "DELETE"}, data=TEXTS
    ),
}


@pytest.mark.parametrize("way", ADDITIONS)
def test_an_addition_is_read_in_every_form_that_meta_takes(
    way: str, caller: Caller, account: Account, audience: Audience
) -> None:
    account.record = True
    answer = answer_of(ADDITIONS[way](caller.http, caller.url(f"{audience.id}/users")))
    assert answer.refusal is None
    assert emails(audience) == digests("a")
    call = account.calls[-1]
    assert (call.operation, call.method, call.path) == ("users_add", "POST", f"{audience.id}/users")
    assert call.params == {"payload": PAYLOAD, "session": SESSION}


@pytest.mark.parametrize("way", REMOVALS)
def test_a_removal_is_read_in_every_form_that_meta_takes(
    way: str, caller: Caller, account: Account, audience: Audience
) -> None:
    caller.add(audience, "a", "b")
    account.record = True
    answer = answer_of(REMOVALS[way](caller.http, caller.url(f"{audience.id}/users")))
    assert answer.refusal is None
    assert emails(audience) == digests("b")
    call = account.calls[-1]
    assert (call.operation, call.method, call.path) == ("users_remove", "DELETE", f"{audience.id}/users")
    assert call.params == {"payload": PAYLOAD, "session": SESSION}


def test_without_being_asked_only_the_size_of_a_payload_is_recorded(
    caller: Caller, account: Account, audience: Audience
) -> None:
    caller.add(audience, "a", "b", session=SESSION)
    call = account.calls[-1]
    assert call.params == {"session": SESSION}
    assert call.rows == 2
    assert call.size > 2 * 64


def test_token_and_proof_are_not_recorded(caller: Caller, account: Account) -> None:
    caller.http.headers.pop("Authorization")
    caller.get(account.id, access_token=account.access_token, fields="name")
    caller.get("debug_token", access_token=account.access_token, input_token=account.access_token)
    assert [call.params for call in account.calls] == [{"fields": "name"}, {}]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"name=%FF", "application/x-www-form-urlencoded"),
        (b"name=\xff", "application/x-www-form-urlencoded"),
        (b"nothing", "multipart/form-data; boundary=x"),
        (b"nothing", "multipart/form-data"),
        (b"name=Buyers", "text/plain"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    body: bytes, kind: str, caller: Caller, account: Account
) -> None:
    answer = caller.http.post(
        caller.url(f"{account.id}/customaudiences"), content=body, headers={"Content-Type": kind}
    )
    assert answer_of(answer).refusal == (100, None)


def test_a_request_line_of_more_than_20_kb_is_cut_off_without_an_answer(
    caller: Caller, account: Account, audience: Audience
) -> None:
    def remove(rows: int) -> httpx2.Response:
        data: list[Any] = [[digest(str(row))] for row in range(rows)]
        params = {"payload": json.dumps({"schema": ["EMAIL"], "data": data})}
        return caller.http.delete(caller.url(f"{audience.id}/users"), params=params)

    assert answer_of(remove(200)).refusal is None
    for rows in (300, 700):
        with pytest.raises(httpx2.RemoteProtocolError):
            remove(rows)
    assert [call.operation for call in account.calls] == ["create", "users_remove"]


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("v26.0/1", (100, 33)),
        ("v26.0/act_1", (100, 33)),
        ("v26.0/act_1/customaudiences", (100, 33)),
        ("v26.0/nobody", (100, 33)),
        ("v26.0/1/nothing", (100, None)),
        ("v26.0/me/permissions/nothing", (100, None)),
        ("v26.0/", (2500, None)),
        ("me/permissions", (2500, None)),
        ("v26/me/permissions", (2500, None)),
    ],
)
def test_a_path_that_leads_nowhere_is_refused(
    path: str, refusal: tuple[int, int | None], caller: Caller
) -> None:
    assert answer_of(caller.http.get(f"{caller.base_url}/{path}")).refusal == refusal


def test_a_method_or_parameter_that_an_operation_does_not_know_is_refused(
    caller: Caller, account: Account, audience: Audience
) -> None:
    assert caller.post("me/permissions").refusal == (100, None)
    assert answer_of(caller.http.delete(caller.url(account.id))).refusal == (100, None)
    assert caller.post(audience.id, name="Others", method="PATCH").refusal == (100, None)
    assert caller.get(audience.id, colour="red").refusal == (100, None)
    assert caller.add(audience, "a", params={"colour": "red"}).refusal == (100, None)
