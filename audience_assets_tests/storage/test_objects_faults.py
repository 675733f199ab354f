import hashlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import boto3
import pytest
from botocore.config import Config

from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError, SettingsError
from audience_assets.storage import objects as module
from audience_assets.storage.objects import S3Objects, S3Target, connect

SECRET, TOKEN, BODY = "very-secret-key", "very-secret-token", b"customer rows"
ROLE_KEYS = (
    '<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>'
    "<AccessKeyId>TEMPORARY</AccessKeyId><SecretAccessKey>temporary-secret</SecretAccessKey>"
    "<SessionToken>temporary-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    "</Credentials></AssumeRoleResult></AssumeRoleResponse>"
)


@dataclass(frozen=True)
class Answer:
    """What the server does with one request; as S3 it repeats in errors what it was sent."""

    status: int = 200
    code: str = ""
    hang_up: bool = False
    seconds: float = 0.0
    page: str = ""
    etag: str = '"0"'


@dataclass
class Scripted:
    """A server on loopback that gives the next answer of `answers` to each request, then 200."""

    port: int
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)

    def target(self, **more: Any) -> S3Target:
        return S3Target(
            **{
                "bucket": "bucket",
                "endpoint_url": f"http://127.0.0.1:{self.port}",
                "region": "us-east-1",
                "access_key_id": "KEY",
                "secret_access_key": SECRET,
                "session_token": TOKEN,
                "max_attempts": 1,
                **more,
            }
        )


def handler_of(scripted: Scripted) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            scripted.requests.append(
                {**{k.lower(): v for k, v in self.headers.items()}, "body": sent.decode()}
            )
            answer = scripted.answers.pop(0) if scripted.answers else Answer()
            time.sleep(answer.seconds)
            if answer.hang_up:
                self.close_connection = True
                return
            said = f"{self.headers.get('Authorization')} {TOKEN} {SECRET} {escape(sent.decode())}"
            page = answer.page or (
                f"<Error><Code>{answer.code}</Code><Message>{said}</Message></Error>" if answer.code else ""
            )
            self.send_response(answer.status)
            self.send_header("Content-Type", "application/xml")
            self.send_header("ETag", answer.etag)
            self.send_header("Content-Length", str(len(page)))
            self.send_header(
                "Connection", "close"
            )  # botocore may keep an idle one until the garbage is collected
            self.end_headers()
            self.wfile.write(page.encode())

        do_POST = do_PUT  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    state = Scripted(0)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(state)) as server:
        server.daemon_threads = False
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
def put(tmp_path: Path) -> Callable[[S3Objects], str]:
    path = tmp_path / "part.parquet"
    path.write_bytes(BODY)

    def put_one(objects: S3Objects) -> str:
        return objects.put_new(
            "some/key", path, sha256=hashlib.sha256(BODY).hexdigest(), metadata={}, content_type="text/plain"
        )

    return put_one


def assert_tells_nothing(error: pytest.ExceptionInfo[Exception]) -> None:
    assert error.value.__cause__ is None
    assert error.value.__context__ is None
    for secret in (SECRET, TOKEN, BODY.decode(), "AWS4-HMAC", "temporary-secret", "temporary-token"):
        assert secret not in str(error.value)
        assert secret not in repr(error.value)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(403, "AccessDenied"), "403 AccessDenied: ask the partner to allow s3:PutObject"),
        (Answer(403, "InvalidAccessKeyId"), "the access key id is unknown there"),
        (Answer(403, "SignatureDoesNotMatch"), "does not belong to the access key id"),
        (Answer(403, "RequestTimeTooSkewed"), "this machine's clock is wrong"),
        (Answer(400, "ExpiredToken"), "the temporary credentials are out of date"),
        (Answer(400, "InvalidToken"), "the session token is not valid"),
        (Answer(400, "InvalidRequest"), "400 InvalidRequest: mend the destination's settings"),
        (Answer(400, "AuthorizationHeaderMalformed"), "mend the region"),
        (Answer(400, "BadDigest"), "another SHA-256"),
        (Answer(404, "NoSuchBucket"), "there is no such bucket"),
        (Answer(405, "MethodNotAllowed"), "405 MethodNotAllowed"),
        (Answer(501, "NotImplemented"), 'set `conditional = "off"`'),
        (Answer(418, page="<html>very-secret-token</html>"), "the answer was 418: mend"),
    ],
)
def test_refusals_say_what_to_do_and_are_not_repeated(
    scripted: Scripted, put: Callable[[S3Objects], str], answer: Answer, says: str
) -> None:
    scripted.answers = [answer]
    with (
        connect(scripted.target(max_attempts=3)) as objects,
        pytest.raises(DestinationRefusedError, match=re.escape(says)) as error,
    ):
        put(objects)
    assert "s3://bucket/some/key" in str(error.value)
    assert_tells_nothing(error)
    assert len(scripted.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, "InternalError"),
        Answer(502, page="<html>bad gateway</html>"),
        Answer(503, "SlowDown"),
        Answer(429, "TooManyRequests"),
        Answer(400, "RequestTimeout"),
        Answer(hang_up=True),
        Answer(200, page="<html>a proxy asks for your name</html>", etag=""),
    ],
)
def test_what_passes_may_be_run_again(
    scripted: Scripted, put: Callable[[S3Objects], str], answer: Answer
) -> None:
    scripted.answers = [answer]
    with connect(scripted.target()) as objects:
        with pytest.raises(DeliveryInterruptedError, match="safe to run again") as error:
            put(objects)
        assert_tells_nothing(error)
        assert put(objects) == "created"


def test_botocore_repeats_what_passes_before_a_person_hears_of_it(
    scripted: Scripted, put: Callable[[S3Objects], str]
) -> None:
    scripted.answers = [Answer(503, "SlowDown")]
    with connect(scripted.target(max_attempts=2)) as objects:
        assert put(objects) == "created"
    assert [request["body"] for request in scripted.requests] == [BODY.decode()] * 2


def test_attempts_are_counted_with_the_first_one(scripted: Scripted, put: Callable[[S3Objects], str]) -> None:
    scripted.answers = [Answer(500, "InternalError")] * 5
    with connect(scripted.target(max_attempts=2)) as objects, pytest.raises(DeliveryInterruptedError):
        put(objects)
    assert len(scripted.requests) == 2


def test_a_lost_answer_and_then_412_is_a_success(scripted: Scripted, put: Callable[[S3Objects], str]) -> None:
    scripted.answers = [Answer(hang_up=True), Answer(412, "PreconditionFailed")]
    with connect(scripted.target(max_attempts=2)) as objects:
        assert put(objects) == "already there"


def test_412_without_our_condition_is_no_success(scripted: Scripted, put: Callable[[S3Objects], str]) -> None:
    scripted.answers = [Answer(412, "PreconditionFailed")]
    with connect(scripted.target(conditional="off")) as objects, pytest.raises(DestinationRefusedError):
        put(objects)


def test_a_racing_write_is_tried_again(
    scripted: Scripted, put: Callable[[S3Objects], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RACE_PAUSES", (0.01, 0.01))
    conflict = Answer(409, "ConditionalRequestConflict")
    with connect(scripted.target()) as objects:
        scripted.answers = [conflict, conflict, Answer(412, "PreconditionFailed")]
        assert put(objects) == "already there"
        scripted.answers = [conflict] * 3
        with pytest.raises(DeliveryInterruptedError, match="another write of the same key") as error:
            put(objects)
    assert_tells_nothing(error)
    assert len(scripted.requests) == 6


def test_a_slow_answer_is_given_up(scripted: Scripted, put: Callable[[S3Objects], str]) -> None:
    scripted.answers = [Answer(seconds=0.6)]
    client = boto3.session.Session().client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{scripted.port}",
        aws_access_key_id="KEY",
        aws_secret_access_key=SECRET,
        config=Config(read_timeout=0.2, retries={"total_max_attempts": 1}, proxies={}),
    )
    with closing(client), pytest.raises(DeliveryInterruptedError, match="ReadTimeoutError") as error:
        put(S3Objects(scripted.target(), client))
    assert_tells_nothing(error)


def test_nobody_listening_may_be_run_again(scripted: Scripted, put: Callable[[S3Objects], str]) -> None:
    nowhere = scripted.target(endpoint_url="http://127.0.0.1:9")
    with (
        connect(nowhere) as objects,
        pytest.raises(DeliveryInterruptedError, match="EndpointConnectionError"),
    ):
        put(objects)


def test_one_request_carries_everything_that_was_asked_for(
    scripted: Scripted, put: Callable[[S3Objects], str]
) -> None:
    asked = {"acl": "bucket-owner-full-control", "server_side_encryption": "aws:kms", "kms_key_id": "the-key"}
    with connect(scripted.target(**asked)) as objects:
        assert put(objects) == "created"
    [request] = scripted.requests
    assert request["if-none-match"] == "*"
    assert request["x-amz-acl"] == "bucket-owner-full-control"
    assert request["x-amz-server-side-encryption"] == "aws:kms"
    assert request["x-amz-server-side-encryption-aws-kms-key-id"] == "the-key"
    assert request["x-amz-security-token"] == TOKEN
    assert request["body"] == BODY.decode()


def test_a_role_is_assumed_and_its_keys_are_used(scripted: Scripted, put: Callable[[S3Objects], str]) -> None:
    scripted.answers = [Answer(page=ROLE_KEYS)]
    role = scripted.target(role_arn="arn:aws:iam::123456789012:role/partner", external_id="external")
    with connect(role) as objects:
        assert put(objects) == "created"
        scripted.answers = [Answer(400, "ExpiredToken")]
        with pytest.raises(DeliveryInterruptedError, match="run it again for new ones") as error:
            put(objects)
    assert_tells_nothing(error)
    asked, sent, _ = scripted.requests
    assert "Action=AssumeRole" in asked["body"]
    assert "ExternalId=external" in asked["body"]
    assert "Credential=TEMPORARY/" in sent["authorization"]
    assert sent["x-amz-security-token"] == "temporary-token"


def test_a_refused_role_is_said(scripted: Scripted) -> None:
    scripted.answers = [Answer(403, "AccessDenied")]
    with pytest.raises(DestinationRefusedError, match=r"role/partner.*assume the role") as error:
        connect(scripted.target(role_arn="arn:aws:iam::123456789012:role/partner"))
    assert_tells_nothing(error)


def test_a_page_that_answers_for_the_role_is_not_repeated(scripted: Scripted) -> None:
    scripted.answers = [Answer(403, page=f"<html>{TOKEN}<br></html>")]
    with pytest.raises(DeliveryInterruptedError, match="the answer was not S3's") as error:
        connect(scripted.target(role_arn="arn:aws:iam::123456789012:role/partner"))
    assert_tells_nothing(error)


def test_missing_credentials_are_said(
    scripted: Scripted, put: Callable[[S3Objects], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    keyless = scripted.target(access_key_id=None, secret_access_key=None, session_token=None)
    with (
        connect(keyless) as objects,
        pytest.raises(DestinationRefusedError, match="no AWS credentials were found"),
    ):
        put(objects)
    assert scripted.requests == []


def test_an_endpoint_that_is_no_address_is_said(scripted: Scripted) -> None:
    with pytest.raises(SettingsError, match="endpoint_url or region is not valid"):
        connect(scripted.target(endpoint_url="not an address"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret_access_key": None},
        {"session_token": f"{TOKEN}\n"},
        {"access_key_id": "A B"},
        {"max_attempts": 0},
    ],
)
def test_settings_that_cannot_work_are_refused_before_any_request(
    scripted: Scripted, wrong: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError) as error:
        scripted.target(**wrong)
    assert_tells_nothing(error)


def test_no_secret_is_shown_by_repr(scripted: Scripted) -> None:
    target = replace(scripted.target(), external_id="external-id")
    with connect(target) as objects:
        for shown in (repr(target), repr(objects), str(objects)):
            assert not [secret for secret in (SECRET, TOKEN, "external-id") if secret in shown]
