"""A mail server and a Slack, both real servers on loopback, that keep what they are sent."""

import json
import ssl
from asyncio import Server
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session

from audience_assets.alerts.settings import EmailSettings, SlackSettings
from audience_assets_tests.self_signed import self_signed

HOST = "127.0.0.1"
USER, PASSWORD, PASSWORD_VARIABLE = "alerts", "mail-hunter2", "ALERTS_TESTS_SMTP_PASSWORD"
TOKEN, TOKEN_VARIABLE = "xoxb-hunter2", "ALERTS_TESTS_SLACK_TOKEN"
GONE = "gone@example.com"


@dataclass
class Mailbox:
    """What the mail server took, and how to reach it."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    room: int = 100

    def settings(self, **given: Any) -> EmailSettings:
        """Settings that reach it, bent as a test wants."""
        known = {
            "sender": "audiences@example.com",
            "recipients": ["data@example.com", "crm@example.com"],
            "host": HOST,
            "port": self.port,
            "user": USER,
            "password": {"env": PASSWORD_VARIABLE},
        }
        return EmailSettings.model_validate(known | given)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address == GONE:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        if len(self.mails) >= self.room:
            return "452 no room"
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


class OnAnyPort(Controller):
    """A mail server on a port that the system chose."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def _login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    right = LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=given == right, handled=False)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The mail server's; nobody trusts it unless told to."""
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def mailbox(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that wants STARTTLS and a login; its certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    box = Mailbox()
    server = OnAnyPort(
        box,
        hostname=HOST,
        port=0,
        tls_context=context,
        require_starttls=True,
        authenticator=_login,
        auth_required=True,
    )
    server.start()
    try:
        box.port = server.port
        yield box
    finally:
        server.stop()


class Slack(ThreadingHTTPServer):
    """Takes `chat.postMessage` with the right token, and refuses as Slack does."""

    class Handler(BaseHTTPRequestHandler):
        """One call."""

        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            slack = self.server
            assert isinstance(slack, Slack)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.close_connection = True
            error = slack.refusal
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                error = "invalid_auth"
            if error is None:
                slack.posts.append((self.path, body))
            answer = json.dumps({"ok": error is None, **({"error": error} if error else {})}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *_: Any) -> None:  # noqa: A002 - the base's name
            """Quiet."""

    def __init__(self) -> None:
        super().__init__((HOST, 0), self.Handler)
        self.posts: list[tuple[str, dict[str, Any]]] = []
        self.refusal: str | None = None

    def settings(self, **given: Any) -> SlackSettings:
        """Settings that reach it, bent as a test wants."""
        address = f"http://{HOST}:{self.server_port}/api"
        known = {"token": {"env": TOKEN_VARIABLE}, "channel": "#audiences", "base_url": address}
        return SlackSettings.model_validate(known | given)


@pytest.fixture
def slack_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Slack]:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    with Slack() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
