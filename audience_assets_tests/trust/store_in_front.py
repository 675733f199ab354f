"""A server on loopback between the pipeline and the real S3 store: it passes every request on, unless it is told to spoil one."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import SplitResult, urlsplit


@dataclass(frozen=True)
class Spoilt:
    """What becomes of a PUT.

    Attributes:
        kind: It is answered with `status` and `code`; it is `cut` off in the middle of its body; it gets no answer, `before`
            or `after` the store has it.
    """

    kind: Literal["answer", "cut", "before", "after"]
    status: int = 0
    code: str = ""


@dataclass
class Front:
    """The server in front, and what becomes of the next PUTs; nothing where it is None."""

    endpoint_url: str
    spoilt: list[Spoilt | None] = field(default_factory=list)
    puts: int = 0

    def next(self) -> Spoilt | None:
        """What becomes of this PUT."""
        self.puts += 1
        return self.spoilt.pop(0) if self.spoilt else None


@contextmanager
def store_in_front(real: str) -> Iterator[Front]:
    """Serve in front of a real endpoint."""
    front = Front("")
    with ThreadingHTTPServer(("127.0.0.1", 0), _handler(front, urlsplit(real))) as server:
        server.daemon_threads = False
        front.endpoint_url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield front
        finally:
            server.shutdown()
            thread.join()


def _handler(front: Front, real: SplitResult) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            spoilt = front.next()
            length = int(self.headers.get("Content-Length", 0))
            cut = spoilt is not None and spoilt.kind == "cut"
            put = Put(self.path, list(self.headers.items()), self.rfile.read(length // 2 if cut else length))
            if spoilt is None:
                self._answer(*put.pass_on(real))
            elif spoilt.kind == "answer":
                page = f"<Error><Code>{spoilt.code}</Code><Message>{spoilt.code}</Message></Error>"
                self._answer(spoilt.status, page.encode())
            else:
                self.close_connection = True
                if spoilt.kind != "before":
                    put.pass_on(real, wait=not cut)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"0"')
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@dataclass(frozen=True)
class Put:
    """A PUT as it came."""

    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def pass_on(self, real: SplitResult, *, wait: bool = True) -> tuple[int, bytes]:
        """Send it to the store as it is, its signature too; without waiting the connection is closed at once."""
        with closing(HTTPConnection(str(real.hostname), real.port, timeout=20)) as connection:
            connection.putrequest("PUT", self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers:
                connection.putheader(name, value)
            connection.endheaders(self.body)
            if not wait:
                return 0, b""
            answer = connection.getresponse()
            return answer.status, answer.read()
