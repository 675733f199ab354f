"""The sandbox's audience API: documented replies, forms that the real S3 server behind it enforces, and faults on demand."""

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

from audience_assets.errors import SettingsError
from audience_assets.sandbox.newtail import EXPIRES_IN, MAX_BYTES, Fault, NewtailServer
from audience_assets.sandbox.s3 import S3Server

Fields = dict[str, str]
KEY = re.compile(r"[0-9a-f-]{36}/audiences/\d{4}/\d\d/\d\d/\d\d/\d{10}\.parquet\.snappy")


@pytest.fixture(scope="module")
def running(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewtailServer]:
    with NewtailServer(tmp_path_factory.mktemp("newtail"), s3_server) as server:
        yield server


@pytest.fixture
def newtail(running: NewtailServer) -> Iterator[NewtailServer]:
    ahead = running.clock.now()
    yield running
    running.clock.advance(ahead - running.clock.now())
    running.expires_in, running.max_bytes = EXPIRES_IN, MAX_BYTES
    running.faults.clear()


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    with httpx2.Client(trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture
def ask(newtail: NewtailServer, client: httpx2.Client) -> Callable[..., httpx2.Response]:
    """Ask for a form, with headers changed or left out (None)."""

    def ask(**changed: str | None) -> httpx2.Response:
        headers = {"X-App-Id": newtail.app_id, "X-Api-Key": newtail.api_key, "Accept": "application/json"}
        given = {**headers, **{name.replace("_", "-"): value for name, value in changed.items()}}
        sent = {name: value for name, value in given.items() if value is not None}
        return client.post(f"{newtail.base_url}/audience/upload-url", headers=sent)

    return ask


@pytest.fixture
def form(ask: Callable[..., httpx2.Response]) -> dict[str, Any]:
    reply: dict[str, Any] = ask().json()
    return reply


def post(
    client: httpx2.Client, url: str, fields: Mapping[str, str], file: bytes = b"rows"
) -> httpx2.Response:
    return client.post(url, data=dict(fields), files={"file": ("f.parquet", file)})


def code(response: httpx2.Response) -> str:
    found = re.search("<Code>(.*)</Code>", response.text)
    return found[1] if found else ""


def test_a_form_is_as_the_guide_shows_it(newtail: NewtailServer, form: dict[str, Any]) -> None:
    assert set(form) == {"url", "fields", "key", "bucket", "expires_in", "max_bytes", "upload"}
    assert form["fields"].keys() >= {
        *(
            "key",
            "Content-Type",
            "Policy",
            "X-Amz-Algorithm",
            "X-Amz-Credential",
            "X-Amz-Date",
            "X-Amz-Signature",
        )
    }
    assert (form["expires_in"], form["max_bytes"]) == (900, 2_147_483_648)
    assert form["upload"] == {"method": "POST", "content_type": "multipart/form-data"}
    assert form["fields"]["key"] == form["key"]
    assert newtail.issued[-1].key == form["key"]


def test_a_key_tells_the_hour_in_utc(newtail: NewtailServer, ask: Callable[..., httpx2.Response]) -> None:
    newtail.clock.advance(4_000_000_000 - newtail.clock.now())
    key = ask().json()["key"]
    assert KEY.fullmatch(key)
    assert key.startswith(f"{newtail.publisher}/audiences/2096/10/02/07/40000000")


def test_no_key_is_given_twice_even_after_a_restart(
    s3_server: S3Server, tmp_path: Path, client: httpx2.Client
) -> None:
    keys: list[str] = []
    for _ in range(2):
        with NewtailServer(tmp_path, s3_server) as server:
            headers = {"X-App-Id": server.app_id, "X-Api-Key": server.api_key}
            url = f"{server.base_url}/audience/upload-url"
            keys += [client.post(url, headers=headers).json()["key"] for _ in range(4)]
    assert len(set(keys)) == 8


@pytest.mark.parametrize(
    "changed", [{"X_App_Id": "x"}, {"X_Api_Key": "x"}, {"X_Api_Key": None}, {"X_App_Id": None}]
)
def test_bad_credentials_get_401_and_no_form(
    newtail: NewtailServer, ask: Callable[..., httpx2.Response], changed: dict[str, str | None]
) -> None:
    before = len(newtail.issued)
    assert ask(**changed).status_code == 401
    assert len(newtail.issued) == before


def test_a_posted_file_is_an_object_in_s3(
    newtail: NewtailServer, client: httpx2.Client, form: dict[str, Any]
) -> None:
    reply = post(client, form["url"], form["fields"], b"PAR1" * 1_000_000)
    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["ETag"]
    assert newtail.stored()[form["key"]] == b"PAR1" * 1_000_000


def test_posting_the_same_form_again_leaves_one_object(
    newtail: NewtailServer, client: httpx2.Client, form: dict[str, Any]
) -> None:
    for _ in range(2):
        assert post(client, form["url"], form["fields"]).status_code == 204
    assert newtail.stored()[form["key"]] == b"rows"


def wrong_signature(fields: Fields) -> Fields:
    return {**fields, "X-Amz-Signature": "0" * 64}


def longer_life(fields: Fields) -> Fields:
    policy = {**json.loads(base64.b64decode(fields["Policy"])), "expiration": "2099-01-01T00:00:00Z"}
    return {**fields, "Policy": base64.b64encode(json.dumps(policy).encode()).decode()}


TAMPERED: dict[str, tuple[Callable[[Fields], Fields], int, str]] = {
    "another signature": (wrong_signature, 403, "SignatureDoesNotMatch"),
    "a longer life": (longer_life, 403, "SignatureDoesNotMatch"),
    "another key": (lambda fields: {**fields, "key": f"{fields['key']}x"}, 403, "AccessDenied"),
    "another content type": (lambda fields: {**fields, "Content-Type": "text/html"}, 403, "AccessDenied"),
}
"""What the S3 server behind the sandbox finds out by itself."""

MALFORMED: dict[str, tuple[Callable[[Fields], Fields], int, str]] = {
    "a field beyond the policy": (lambda fields: {**fields, "acl": "public-read"}, 403, "AccessDenied"),
    "no key": (
        lambda fields: {name: fields[name] for name in fields if name != "key"},
        400,
        "InvalidArgument",
    ),
}


@pytest.mark.parametrize("what", [*TAMPERED, *MALFORMED])
def test_a_form_that_was_changed_is_refused(
    newtail: NewtailServer, client: httpx2.Client, form: dict[str, Any], what: str
) -> None:
    change, status, name = {**TAMPERED, **MALFORMED}[what]
    reply = post(client, form["url"], change(form["fields"]))
    assert (reply.status_code, code(reply)) == (status, name)
    assert form["key"] not in newtail.stored()


@pytest.mark.parametrize("what", TAMPERED)
def test_the_real_s3_server_itself_refuses_what_was_changed(
    newtail: NewtailServer, client: httpx2.Client, form: dict[str, Any], what: str
) -> None:
    change, status, name = TAMPERED[what]
    reply = post(client, f"{newtail.s3.endpoint_url}/{newtail.s3.bucket}", change(form["fields"]))
    assert (reply.status_code, code(reply)) == (status, name)


def test_the_real_s3_server_itself_refuses_a_form_that_ran_out(
    newtail: NewtailServer, client: httpx2.Client, ask: Callable[..., httpx2.Response]
) -> None:
    newtail.expires_in = -5
    reply = post(client, f"{newtail.s3.endpoint_url}/{newtail.s3.bucket}", ask().json()["fields"])
    assert (reply.status_code, code(reply)) == (403, "AccessDenied")
    assert "Policy expired" in reply.text


def test_a_form_runs_out_by_the_sandboxs_clock(
    newtail: NewtailServer, client: httpx2.Client, ask: Callable[..., httpx2.Response], form: dict[str, Any]
) -> None:
    newtail.clock.advance(EXPIRES_IN + 1)
    reply = post(client, form["url"], form["fields"])
    assert (reply.status_code, code(reply)) == (403, "AccessDenied")
    assert "Policy expired" in reply.text
    fresh = ask().json()
    assert post(client, fresh["url"], fresh["fields"]).status_code == 204


def test_a_file_above_max_bytes_is_refused_by_s3(
    newtail: NewtailServer, client: httpx2.Client, ask: Callable[..., httpx2.Response]
) -> None:
    newtail.max_bytes = 3
    form = ask().json()
    assert form["max_bytes"] == 3
    reply = post(client, form["url"], form["fields"], b"four")
    assert (reply.status_code, code(reply)) == (400, "EntityTooLarge")
    assert post(client, form["url"], form["fields"], b"thr").status_code == 204


def test_the_file_must_come_last(newtail: NewtailServer, client: httpx2.Client, form: dict[str, Any]) -> None:
    parts = [
        ("file", ("f.parquet", b"rows")),
        *((name, (None, value)) for name, value in form["fields"].items()),
    ]
    reply = client.post(form["url"], files=parts)
    assert (reply.status_code, code(reply)) == (400, "InvalidArgument")
    assert form["key"] not in newtail.stored()


def test_a_post_without_one_file_is_refused(client: httpx2.Client, form: dict[str, Any]) -> None:
    none = client.post(form["url"], files=[(name, (None, value)) for name, value in form["fields"].items()])
    assert (none.status_code, code(none)) == (400, "IncorrectNumberOfFilesInPostRequest")
    urlencoded = client.post(form["url"], data=form["fields"])
    assert (urlencoded.status_code, code(urlencoded)) == (400, "MalformedPOSTRequest")


def test_a_lost_connection_leaves_the_object_or_not_as_ordered(
    newtail: NewtailServer, client: httpx2.Client, ask: Callable[..., httpx2.Response]
) -> None:
    before, after = ask().json(), ask().json()
    newtail.faults += [Fault("upload", "drop before"), Fault("upload", "drop after")]
    for form in (before, after):
        with pytest.raises(httpx2.TransportError):
            post(client, form["url"], form["fields"])
    assert before["key"] not in newtail.stored()
    assert newtail.stored()[after["key"]] == b"rows"
    assert newtail.faults == []


def test_a_fault_is_another_answer_or_a_delay_and_happens_once(
    newtail: NewtailServer, client: httpx2.Client, ask: Callable[..., httpx2.Response], form: dict[str, Any]
) -> None:
    newtail.faults += [
        Fault("form", "answer", status=429, headers={"Retry-After": "7"}),
        Fault("upload", "answer", status=502, body="<html>"),
        Fault("form", "delay", seconds=0.3),
    ]
    busy = ask()
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
    failing = post(client, form["url"], form["fields"])
    assert (failing.status_code, failing.text) == (502, "<html>")
    with pytest.raises(httpx2.ReadTimeout):
        client.post(f"{newtail.base_url}/audience/upload-url", timeout=0.1)
    assert ask().status_code == 200
    assert post(client, form["url"], form["fields"]).status_code == 204


def test_credentials_are_kept_private_and_out_of_the_log(
    s3_server: S3Server, tmp_path: Path, client: httpx2.Client
) -> None:
    with NewtailServer(tmp_path, s3_server) as first:
        ready = dict(first.ready())
        headers = {"X-App-Id": first.app_id, "X-Api-Key": first.api_key}
        fields = client.post(f"{first.base_url}/audience/upload-url", headers=headers).json()["fields"]
    assert set(ready) == {"base_url", "app_id", "api_key"}
    assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600
    log = first.log_path.read_text(encoding="utf-8")
    assert "form 200" in log
    assert not any(secret in log for secret in (first.api_key, fields["X-Amz-Signature"], fields["Policy"]))
    with NewtailServer(tmp_path, s3_server) as second:
        assert (second.app_id, second.api_key) == (ready["app_id"], ready["api_key"])


def test_it_is_gone_after_its_block(s3_server: S3Server, tmp_path: Path) -> None:
    threads = threading.active_count()
    with NewtailServer(tmp_path, s3_server) as server:
        inside = server.running
        assert server.base_url.startswith("http://127.0.0.1:")
    assert (inside, server.running) == (True, False)
    assert threading.active_count() == threads
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(server.base_url, trust_env=False)


@pytest.mark.parametrize("name", ["credentials.json", "last_key.json"])
@pytest.mark.parametrize("damage", ["{", "[]", '{"epoch": "soon"}'])
def test_damaged_files_are_told(s3_server: S3Server, tmp_path: Path, name: str, damage: str) -> None:
    (tmp_path / name).write_text(damage, encoding="utf-8")
    with pytest.raises(SettingsError, match=f"{name} is damaged: remove"), NewtailServer(tmp_path, s3_server):
        pass
