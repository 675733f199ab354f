"""A server on loopback that gives prepared answers and keeps what it was asked, and a clock that never really waits."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

from python_multipart import parse_form


@dataclass(frozen=True)
class Asked:
    """One request as it came in.

    `fields` is the form, `files` its files with their names, `query` what stood in the URL, `sent` a JSON body.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    fields: dict[str, str]
    target: str
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    sent: Any = None


@dataclass(frozen=True)
class Answer:
    """A JSON body, or a page that is not the API's, or nothing at all."""

    body: Any = None
    status: int = 200
    page: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    hang_up: bool = False


@dataclass
class Script:
    """Gives the next of `answers` to each request; `usual` when none is left."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    usual: Answer = field(default_factory=Answer)
    asked: list[Asked] = field(default_factory=list)

    def forget(self) -> None:
        """Begin anew, for another test."""
        self.answers.clear()
        self.asked.clear()
        self.usual = type(self)().usual


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


AnyScript = TypeVar("AnyScript", bound=Script)


@contextmanager
def serving(script: AnyScript) -> Iterator[AnyScript]:
    """Answer as the script says until the end of the block."""
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


def _multipart(kind: str, body: bytes) -> tuple[dict[str, str], dict[str, tuple[str, bytes]]]:
    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}

    def on_file(each: Any) -> None:
        each.file_object.seek(0)
        files[each.field_name.decode()] = (each.file_name.decode(), each.file_object.read())

    parse_form(
        {"Content-Type": kind.encode(), "Content-Length": str(len(body)).encode()},
        BytesIO(body),
        lambda each: fields.update({(each.field_name or b"").decode(): (each.value or b"").decode()}),
        on_file,
    )
    return fields, files


def _handler_of(script: Script) -> type[BaseHTTPRequestHandler]:
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
                    target=self.path,
                    **self._content(),
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

        def _content(self) -> dict[str, Any]:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kind = self.headers.get("Content-Type", "")
            if kind.startswith("multipart/"):
                fields, files = _multipart(kind, body)
                return {"fields": fields, "files": files}
            if kind.startswith("application/json"):
                return {"fields": {}, "sent": json.loads(body or b"null")}
            return {"fields": dict(parse_qsl(body.decode()))}

        def log_message(self, *_: object) -> None:
            pass

    return Handler
