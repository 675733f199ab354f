"""A server on loopback that gives prepared answers and keeps what it was asked, and a clock that never really waits."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from python_multipart import parse_form

from audience_assets.destinations.meta.client import Access, Session
from audience_assets.destinations.meta.payload import Payload

TOKEN, APP_SECRET = "EAAsecretTOKENvalue", "app-secret-value"
DIGEST = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"
PEOPLE = Payload(schema=("EMAIL",), rows=((DIGEST,),))
BATCH_3 = Session(session_id=9778993, batch_seq=3, last_batch=True, estimated_total=1)
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
AUDIENCE = {
    "id": "123",
    "name": "vip",
    "description": "best customers",
    "subtype": "CUSTOM",
    "is_value_based": False,
    "operation_status": {"code": 200, "description": "Normal"},
    "approximate_count_lower_bound": 1000,
    "approximate_count_upper_bound": 1200,
}
RECEIVED = {"audience_id": "123", "session_id": 9778993, "num_received": 1, "num_invalid_entries": 0}


@dataclass(frozen=True)
class Asked:
    """One request as it came in; `fields` is the form, `query` what stood in the URL."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    fields: dict[str, str]
    target: str


@dataclass(frozen=True)
class Answer:
    """A JSON body, or a page that is not the API's, or nothing at all."""

    body: Any = None
    status: int = 200
    page: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


def refusal(code: int, subcode: int | None = None, *, status: int = 400, **more: Any) -> Answer:
    """Meta's error JSON, with a message that repeats what was sent, as a partner's may."""
    error: dict[str, Any] = {
        "message": f"Bad value {DIGEST} for {TOKEN}",
        "type": "OAuthException",
        "code": code,
        "is_transient": False,
        "fbtrace_id": "A1b2C3",
        **more,
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return Answer({"error": error}, status)


@dataclass
class Scripted:
    """Gives the next of `answers` to each request; `usual` when none is left."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    usual: Answer = field(default_factory=lambda: Answer(RECEIVED))
    asked: list[Asked] = field(default_factory=list)

    def forget(self) -> None:
        """Begin anew, for another test."""
        self.answers.clear()
        self.asked.clear()
        self.usual = Answer(RECEIVED)

    def access(self, **more: Any) -> Access:
        given = {
            "account": "act_42",
            "access_token": TOKEN,
            "app_secret": APP_SECRET,
            "api_version": "v26.0",
            "base_url": self.url,
            "timeout_seconds": 5.0,
            "patience_seconds": 900.0,
            "calls_per_second": 1000.0,
        }
        return Access(**{**given, **more})


@dataclass
class Clock:
    """Time that passes only when somebody sleeps."""

    moment: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += seconds


@contextmanager
def scripted_server() -> Iterator[Scripted]:
    script = Scripted()
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(script)) as server:
        server.daemon_threads = False
        script.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield script
        finally:
            server.shutdown()
            thread.join(10)


def _multipart(kind: str, body: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    parse_form(
        {"Content-Type": kind.encode(), "Content-Length": str(len(body)).encode()},
        BytesIO(body),
        lambda each: found.update({(each.field_name or b"").decode(): (each.value or b"").decode()}),
        None,
    )
    return found


def _handler_of(script: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            script.asked.append(
                Asked(
                    method=self.command,
                    path=address.path,
                    query=dict(parse_qsl(address.query)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    fields=self._form(),
                    target=self.path,
                )
            )
            answer = script.answers.pop(0) if script.answers else script.usual
            self.close_connection = True
            if answer.hang_up:
                return
            body = (answer.page if answer.page is not None else json.dumps(answer.body)).encode()
            self.send_response(answer.status)
            for name, value in {
                **answer.headers,
                "Content-Length": str(len(body)),
                "Connection": "close",
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_DELETE = do_GET  # noqa: N815

        def _form(self) -> dict[str, str]:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.headers.get("Content-Type", "")
            return _multipart(kind, body) if kind.startswith("multipart/") else dict(parse_qsl(body.decode()))

        def log_message(self, *_: object) -> None:
            pass

    return Handler
