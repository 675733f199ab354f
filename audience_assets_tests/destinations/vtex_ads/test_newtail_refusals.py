"""Every refusal is one sentence with its mend, and no message, log or request holds what it must not."""

import logging
import socket
import threading
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pytest

from audience_assets.destinations.vtex_ads.newtail import NewtailAccess, connect
from audience_assets.destinations.vtex_ads.upload_form import UploadForm, read_form
from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError, SettingsError
from audience_assets.http.outcome import Done
from audience_assets.sandbox.newtail import Fault, NewtailServer
from audience_assets_tests.destinations.vtex_ads.conftest import ROWS, Publisher, Time

Make = Callable[..., Publisher]

REFUSALS: list[tuple[Literal["form", "upload"], int, str, str]] = [
    (
        "form",
        401,
        "",
        "401: Newtail does not accept the credentials: mend the variables that app_id and api_key name",
    ),
    ("form", 403, "", "403: these credentials may not deliver audiences: ask your Newtail contact"),
    ("form", 404, "", "404: there is no such API at this address: mend upload_url"),
    ("form", 405, "", "405: there is no such API at this address: mend upload_url"),
    (
        "form",
        422,
        "",
        "422: Newtail did not hand out an upload form: ask your Newtail contact about this status",
    ),
    ("form", 302, "", "302: Newtail did not hand out an upload form"),
    (
        "form",
        200,
        "{}",
        "not as documented, see its url, fields, key, expires_in, max_bytes; ask your Newtail contact",
    ),
    (
        "upload",
        400,
        "EntityTooLarge",
        "400 EntityTooLarge: the file is too large; set a smaller rows_per_file",
    ),
    ("upload", 403, "SignatureDoesNotMatch", "403 SignatureDoesNotMatch: the store does not take the form"),
    (
        "upload",
        403,
        "AccessDenied",
        "403 AccessDenied: the store does not take the form that Newtail handed out",
    ),
    ("upload", 404, "NoSuchBucket", "404 NoSuchBucket: the store does not take the form"),
    ("upload", 307, "TemporaryRedirect", "307 TemporaryRedirect: the store does not take the form"),
    ("upload", 403, "", "the store's answer was 403: the store does not take the form"),
]


def page(step: str, text: str) -> str:
    """What a server answers; as S3 it repeats what it was sent."""
    return (
        f"<Error><Code>{text}</Code><Message>hunter2</Message></Error>" if step == "upload" and text else text
    )


@pytest.mark.parametrize(("step", "status", "text", "sentence"), REFUSALS)
def test_a_refusal_says_what_to_do_and_is_not_repeated(
    server: NewtailServer,
    publisher: Make,
    time: Time,
    step: Literal["form", "upload"],
    status: int,
    text: str,
    sentence: str,
) -> None:
    server.faults.append(Fault(step, "answer", status=status, body=page(step, text)))
    with pytest.raises(DestinationRefusedError) as caught:
        publisher().upload()
    assert str(caught.value).startswith("part-0001.parquet.snappy was not delivered to VTEX Ads")
    assert sentence in str(caught.value)
    assert "hunter2" not in str(caught.value)
    assert time.pauses == []


def test_wrong_credentials_are_refused_by_the_sandbox_as_by_the_partner(
    server: NewtailServer, publisher: Make, access: NewtailAccess
) -> None:
    with pytest.raises(DestinationRefusedError, match="401: Newtail does not accept the credentials"):
        publisher(replace(access, api_key="another")).upload()
    assert server.issued == []


def test_nobody_at_the_address_is_an_interruption(publisher: Make, access: NewtailAccess, time: Time) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    one = publisher(replace(access, base_url=f"http://127.0.0.1:{closed}"))
    with pytest.raises(DeliveryInterruptedError, match=r"no connection \(ConnectError\): run it again"):
        one.upload()
    assert len(time.pauses) == 4


def test_no_secret_is_in_a_message_a_log_or_a_repr(
    server: NewtailServer, publisher: Make, access: NewtailAccess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.faults += [
        Fault("upload", "drop after"),
        *[Fault("upload", "answer", status=403, body="<Code>No</Code>")],
    ]
    one = publisher()
    with pytest.raises(DestinationRefusedError) as caught:
        one.upload()
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(access) + repr(one.newtail)
    fields = server.issued[0].fields
    assert "upload-url" in caplog.text
    for secret in (server.api_key, fields["X-Amz-Signature"], fields["Policy"], ROWS.decode()):
        assert secret not in told


@pytest.mark.parametrize("name", ["app_id", "api_key"])
@pytest.mark.parametrize("value", ["hunter2\n", "hunter 2", "hunter2é"])
def test_a_secret_that_no_header_can_carry_is_refused_and_not_repeated(
    access: NewtailAccess, name: str, value: str
) -> None:
    with pytest.raises(
        SettingsError, match=f"{name} of VTEX Ads holds a space, a line end or an accent"
    ) as caught:
        replace(access, **{name: value})  # type: ignore[arg-type]
    assert "hunter" not in str(caught.value)


GOOD_FORM: dict[str, Any] = {
    "url": "https://bucket.s3.example.com/",
    "fields": {"key": "k", "Policy": "p"},
    "key": "k",
    "expires_in": 900,
    "max_bytes": 2_147_483_648,
}


def test_a_form_as_documented_is_read() -> None:
    form = read_form({**GOOD_FORM, "bucket": "b", "upload": {}}, "x")
    assert form == UploadForm(
        "https://bucket.s3.example.com/", {"key": "k", "Policy": "p"}, "k", 900, 2_147_483_648
    )
    assert "Policy" not in repr(form)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("url", "http://bucket.s3.example.com/"),
        ("url", "ftp://bucket"),
        ("url", "https://[bucket"),
        ("url", None),
        ("fields", None),
        ("fields", {}),
        ("fields", {"key": "k", "Policy": 1}),
        ("key", "another"),
        ("key", 1),
        ("expires_in", 0),
        ("expires_in", "900"),
        ("expires_in", True),
        ("max_bytes", None),
        ("max_bytes", -1),
    ],
)
def test_a_form_that_is_not_as_documented_is_named_and_not_used(name: str, value: object) -> None:
    with pytest.raises(
        DestinationRefusedError,
        match=rf"x: Newtail's upload form is not as documented, see its [^;]*\b{name}\b",
    ):
        read_form({**GOOD_FORM, name: value}, "x")


def test_a_form_whose_fields_have_another_key_is_not_used() -> None:
    with pytest.raises(DestinationRefusedError, match="see its key;"):
        read_form({**GOOD_FORM, "fields": {"key": "another", "Policy": "p"}}, "x")


@dataclass
class Store:
    """A store on loopback that reads one request without keeping it, and answers 204."""

    port: int
    head: bytes = b""
    first: bytes = b""
    last: bytes = b""
    received: int = 0
    thread: threading.Thread | None = field(default=None, repr=False)


@contextmanager
def store() -> Iterator[Store]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        state = Store(listening.getsockname()[1])
        thread = threading.Thread(target=serve_one, args=(listening, state))
        thread.start()
        yield state
        thread.join(timeout=20)
        assert not thread.is_alive()


def serve_one(listening: socket.socket, state: Store) -> None:
    listening.settimeout(20)
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(20)
        given = b""
        while b"\r\n\r\n" not in given:
            given += connection.recv(65536)
        state.head, _, body = given.partition(b"\r\n\r\n")
        length = int(state.head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        state.received = len(body)
        while state.received < length:
            chunk = connection.recv(65536)
            state.received += len(chunk)
            body = body if len(body) > 4000 else body + chunk
            state.last = (state.last + chunk)[-200:]
        state.first = body[:4000]
        connection.sendall(b'HTTP/1.1 204 No Content\r\nETag: "0"\r\nConnection: close\r\n\r\n')


def test_the_fields_go_first_the_file_last_from_disk_and_no_credential_at_all(
    access: NewtailAccess, tmp_path: Path
) -> None:
    large = tmp_path / "large.parquet.snappy"
    with large.open("wb") as file:
        file.truncate(64_000_000)
    with store() as sink, connect(access) as newtail:
        fields = {"key": "a/b.parquet.snappy", "Policy": "p", "X-Amz-Signature": "s"}
        form = UploadForm(f"http://127.0.0.1:{sink.port}/bucket", fields, fields["key"], 900, 2**31)
        tracemalloc.start()
        try:
            assert newtail.post(form, large, "x") == Done({})
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert sink.received > 64_000_000
    assert peak < 4_000_000
    names = [part.split(b'"')[1] for part in sink.first.split(b"Content-Disposition: form-data; name=")[1:]]
    assert names == [b"key", b"Policy", b"X-Amz-Signature", b"file"]
    assert sink.last.rstrip().endswith(b"--")
    assert b"x-api-key" not in sink.head.lower()
    assert access.api_key.encode() not in sink.head
