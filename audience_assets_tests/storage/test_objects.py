import base64
import hashlib
import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from audience_assets.errors import (
    DeliveryInterruptedError,
    DestinationRefusedError,
    SettingsError,
    StateError,
)
from audience_assets.sandbox.s3 import S3Server
from audience_assets.storage.objects import LARGEST_PUT, S3Objects, S3Target, connect

ROOT = Path(__file__).parents[2]
PARQUET = "application/vnd.apache.parquet"


def put(objects: S3Objects, key: str, path: Path, **metadata: str) -> Literal["created", "already there"]:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return objects.put_new(key, path, sha256=sha256, metadata=metadata, content_type=PARQUET)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "part.parquet"
    path.write_bytes(b"PAR1 the first bytes PAR1")
    return path


@pytest.fixture
def target(s3_server: S3Server) -> S3Target:
    """The bucket with the rights that a partner grants: create below a prefix."""
    return S3Target(
        bucket=s3_server.bucket,
        endpoint_url=s3_server.endpoint_url,
        region=s3_server.region,
        access_key_id=s3_server.write_only.access_key_id,
        secret_access_key=s3_server.write_only.secret_access_key,
        max_attempts=1,
    )


@pytest.fixture
def stored(s3_server: S3Server, administrator: Any) -> Callable[[str], dict[str, Any]]:
    """Reads an object back, as the partner does."""

    def read(key: str) -> dict[str, Any]:
        found: dict[str, Any] = administrator.get_object(
            Bucket=s3_server.bucket, Key=key, ChecksumMode="ENABLED"
        )
        with found["Body"] as body:
            return {**found, "bytes": body.read()}

    return read


def test_a_file_arrives_with_its_checksum_type_and_metadata(
    target: S3Target, bucket_prefix: str, file: Path, stored: Callable[[str], dict[str, Any]]
) -> None:
    with connect(target) as objects:
        assert put(objects, f"{bucket_prefix}/a", file, rows="1", run="today") == "created"
    found = stored(f"{bucket_prefix}/a")
    assert found["bytes"] == file.read_bytes()
    assert found["ChecksumSHA256"] == base64.b64encode(hashlib.sha256(file.read_bytes()).digest()).decode()
    assert found["ContentType"] == PARQUET
    assert found["Metadata"] == {"rows": "1", "run": "today"}


def test_a_second_put_leaves_the_first_bytes(
    target: S3Target, bucket_prefix: str, file: Path, stored: Callable[[str], dict[str, Any]]
) -> None:
    with connect(target) as objects:
        assert put(objects, f"{bucket_prefix}/a", file) == "created"
        first = file.read_bytes()
        file.write_bytes(b"other bytes")
        assert put(objects, f"{bucket_prefix}/a", file) == "already there"
    assert stored(f"{bucket_prefix}/a")["bytes"] == first


def test_without_the_condition_equal_bytes_are_written_again(
    target: S3Target, bucket_prefix: str, file: Path, stored: Callable[[str], dict[str, Any]]
) -> None:
    with connect(replace(target, conditional="off")) as objects:
        assert [put(objects, f"{bucket_prefix}/a", file) for _ in range(2)] == ["created", "created"]
    assert stored(f"{bucket_prefix}/a")["bytes"] == file.read_bytes()


def test_of_eight_racing_puts_exactly_one_creates(
    target: S3Target, bucket_prefix: str, tmp_path: Path, stored: Callable[[str], dict[str, Any]]
) -> None:
    files = [tmp_path / str(number) for number in range(8)]
    for number, path in enumerate(files):
        path.write_bytes(bytes([number]) * 1_000_000)
    together = threading.Barrier(len(files))

    def race(path: Path) -> str:
        together.wait()
        return put(objects, f"{bucket_prefix}/a", path)

    with connect(target) as objects, ThreadPoolExecutor(len(files)) as pool:
        outcomes = list(pool.map(race, files))
    assert sorted(outcomes) == ["already there"] * 7 + ["created"]
    assert stored(f"{bucket_prefix}/a")["bytes"] == files[outcomes.index("created")].read_bytes()


class RelayThatDropsAnswers(socketserver.ThreadingTCPServer):
    """A relay to `port` that closes the connection, `drops` times, in place of handing back a 200."""

    daemon_threads = False

    def __init__(self, port: int, *, drops: int) -> None:
        super().__init__(("127.0.0.1", 0), self.relay)  # type: ignore[arg-type]
        self.port, self.drops = port, drops
        self.open: list[socket.socket] = []

    def relay(self, client: socket.socket, _address: object, _server: object) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as server:
            self.open += [client, server]
            upward = threading.Thread(target=self.carry, args=(client, server), kwargs={"answers": False})
            upward.start()
            self.carry(server, client, answers=True)
            upward.join()

    def carry(self, source: socket.socket, sink: socket.socket, *, answers: bool) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if answers and self.drops and data.startswith(b"HTTP/1.1 200"):
                    self.drops -= 1
                    break
                sink.sendall(data)
        hang_up(source, sink)


def hang_up(*sides: socket.socket) -> None:
    for side in sides:
        with suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)


@contextmanager
def relay_that_drops_answers(port: int, *, drops: int) -> Iterator[int]:
    with RelayThatDropsAnswers(port, drops=drops) as relay:
        thread = threading.Thread(target=relay.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield relay.server_address[1]
        hang_up(*relay.open)
        relay.shutdown()
        thread.join()


@pytest.mark.parametrize("max_attempts", [1, 3])
def test_an_answer_lost_after_the_write_is_made_good_by_a_repeat(
    target: S3Target,
    bucket_prefix: str,
    file: Path,
    stored: Callable[[str], dict[str, Any]],
    max_attempts: int,
) -> None:
    port = int(str(target.endpoint_url).rsplit(":", 1)[1])
    with relay_that_drops_answers(port, drops=1) as relay:
        through = replace(target, endpoint_url=f"http://127.0.0.1:{relay}", max_attempts=max_attempts)
        with connect(through) as objects:
            if max_attempts == 1:  # otherwise botocore repeats by itself
                with pytest.raises(DeliveryInterruptedError, match="safe to run again"):
                    put(objects, f"{bucket_prefix}/a", file)
            assert put(objects, f"{bucket_prefix}/a", file) == "already there"
    assert stored(f"{bucket_prefix}/a")["bytes"] == file.read_bytes()


def test_bytes_that_are_not_those_promised_are_refused(
    target: S3Target, bucket_prefix: str, file: Path, stored: Callable[[str], dict[str, Any]]
) -> None:
    with connect(target) as objects, pytest.raises(DestinationRefusedError, match="another SHA-256"):
        objects.put_new(f"{bucket_prefix}/a", file, sha256="00" * 32, metadata={}, content_type=PARQUET)
    with pytest.raises(Exception, match="NoSuchKey"):
        stored(f"{bucket_prefix}/a")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"secret_access_key": "WRONG-SECRET"},
            "SignatureDoesNotMatch: the secret access key does not belong",
        ),
        ({"access_key_id": "NOBODY"}, "InvalidAccessKeyId: the access key id is unknown"),
        ({"bucket": "another-bucket"}, "AccessDenied: ask the partner to allow s3:PutObject"),
    ],
)
def test_what_a_person_must_mend_is_said(
    target: S3Target, bucket_prefix: str, file: Path, change: dict[str, str], says: str
) -> None:
    changed = replace(target, **change)  # type: ignore[arg-type]
    with connect(changed) as objects, pytest.raises(DestinationRefusedError, match=says) as error:
        put(objects, f"{bucket_prefix}/a", file)
    assert f"s3://{changed.bucket}/{bucket_prefix}/a" in str(error.value)
    assert str(changed.secret_access_key) not in f"{error.value} {error.value!r}"
    assert error.value.__cause__ is None
    assert error.value.__context__ is None


def test_an_unknown_bucket_is_said(s3_server: S3Server, target: S3Target, file: Path) -> None:
    administrator = replace(
        target,
        bucket="another-bucket",
        access_key_id=s3_server.administrator.access_key_id,
        secret_access_key=s3_server.administrator.secret_access_key,
    )
    with connect(administrator) as objects, pytest.raises(DestinationRefusedError, match="no such bucket"):
        put(objects, "a", file)


def test_a_key_outside_the_granted_prefix_is_refused(target: S3Target, file: Path) -> None:
    with (
        connect(target) as objects,
        pytest.raises(DestinationRefusedError, match="s3://partner-bucket/elsewhere"),
    ):
        put(objects, "elsewhere", file)


def test_a_missing_file_and_one_over_5_gb_are_never_sent(target: S3Target, tmp_path: Path) -> None:
    large = tmp_path / "large.parquet"
    with large.open("wb") as sparse:
        sparse.truncate(LARGEST_PUT + 1)
    with connect(target) as objects:
        with pytest.raises(SettingsError, match="fewer rows per file"):
            objects.put_new("a", large, sha256="00" * 32, metadata={}, content_type=PARQUET)
        with pytest.raises(StateError, match="is missing"):
            objects.put_new("a", tmp_path / "none", sha256="00" * 32, metadata={}, content_type=PARQUET)
    large.unlink()


def test_credentials_of_the_environment_and_of_a_profile_are_used(
    target: S3Target, bucket_prefix: str, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_keys = replace(target, access_key_id=None, secret_access_key=None)
    with monkeypatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", str(target.access_key_id))
        environment.setenv("AWS_SECRET_ACCESS_KEY", str(target.secret_access_key))
        with connect(without_keys) as objects:
            assert put(objects, f"{bucket_prefix}/environment", file) == "created"
    profiles = tmp_path / "credentials"
    profiles.write_text(
        f"[partner]\naws_access_key_id={target.access_key_id}\naws_secret_access_key={target.secret_access_key}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profiles))
    with connect(replace(without_keys, profile="partner")) as objects:
        assert put(objects, f"{bucket_prefix}/profile", file) == "created"
    with pytest.raises(DestinationRefusedError, match="ProfileNotFound"):
        connect(replace(without_keys, profile="nobody"))


def test_importing_is_quick_because_nothing_of_aws_is_imported() -> None:
    code = "import sys, audience_assets.storage.objects as o; print(*sorted(m.split('.')[0] for m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ}, check=True, capture_output=True, text=True
    )
    assert not {"boto3", "botocore", "dagster", "dagster_aws"} & set(done.stdout.split())
