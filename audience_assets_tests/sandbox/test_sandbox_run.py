import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from audience_assets.sandbox import weed
from audience_assets.sandbox.s3 import S3Server

ROOT = Path(__file__).parents[2]
RUN = """
import sys
from pathlib import Path
from audience_assets.sandbox.sandbox import run
run(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
"""


def start(ready: Path, *directory: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TMPDIR": str(ready.parent)}
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(ready), *map(str, directory)], cwd=ROOT, env=environment
    )


def wait_for(ready: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + 40
    while not ready.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    content: dict[str, Any] = json.loads(ready.read_text(encoding="utf-8"))
    return content


def weed_of(process: subprocess.Popen[bytes]) -> int:
    """The `weed` whose guard is our child's child, read from /proc."""
    guard = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()[0]
    return int(Path(f"/proc/{guard}/task/{guard}/children").read_text(encoding="ascii").split()[0])


def s3_client(section: dict[str, Any]) -> Any:
    return boto3.session.Session().client(
        "s3",
        endpoint_url=section["endpoint_url"],
        region_name=section["region"],
        aws_access_key_id=section["access_key_id"],
        aws_secret_access_key=section["secret_access_key"],
        config=Config(proxies={}),
    )


@pytest.mark.skipif(
    sys.platform != "linux", reason="finds the server's process in /proc, which only Linux has"
)
@pytest.mark.timeout(120)
def test_a_kept_directory_serves_the_same_objects_to_the_same_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready, directory = tmp_path / "ready.json", tmp_path / "kept"
    ready.write_text("left by a killed run", encoding="utf-8")
    with start(ready, directory) as process:
        while ready.exists() and "left" in ready.read_text(encoding="utf-8"):
            time.sleep(0.01)
        section = wait_for(ready, process)["s3"]
        assert ready.stat().st_mode & 0o777 == 0o600
        assert set(section) == {
            *(
                "endpoint_url",
                "access_key_id",
                "secret_access_key",
                "bucket",
                "prefix",
                "region",
                "write_only",
            )
        }
        assert set(section["write_only"]) == {"access_key_id", "secret_access_key"}
        assert section["endpoint_url"].startswith("http://127.0.0.1:")
        key = f"{section['prefix']}/kept"
        with closing(s3_client({**section, **section["write_only"]})) as client:
            client.put_object(Bucket=section["bucket"], Key=key, Body=b"kept")
        pid = weed_of(process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
    assert not ready.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

    # The next start loses a port to somebody else first, and takes other ports then.
    free_ports, asked = weed.free_ports, []
    with socket.socket() as squatter:
        taken = free_ports().s3
        squatter.bind(("127.0.0.1", taken))
        squatter.listen()

        def first_a_taken_port() -> weed.Ports:
            asked.append(free_ports())
            return asked[0]._replace(s3=taken) if len(asked) == 1 else asked[-1]

        monkeypatch.setattr(weed, "free_ports", first_a_taken_port)
        with S3Server(directory / "s3") as server:
            assert len(asked) == 2
            assert (server.administrator.access_key_id, server.write_only.secret_access_key) == (
                section["access_key_id"],
                section["write_only"]["secret_access_key"],
            )
            with closing(server.client("s3", server.administrator)) as client:
                with client.get_object(Bucket=server.bucket, Key=key)["Body"] as body:
                    assert body.read() == b"kept"
                client.put_object(Bucket=server.bucket, Key=f"{key}-too", Body=b"new after a restart")


@pytest.mark.timeout(120)
def test_without_a_directory_nothing_is_left(tmp_path: Path) -> None:
    ready = tmp_path / "a" / "ready.json"
    ready.parent.mkdir()
    with start(ready) as process:
        section = wait_for(ready, process)["s3"]
        assert any(path.name.startswith("audience-assets-sandbox-") for path in ready.parent.iterdir())
        with closing(s3_client(section)) as client:
            assert client.list_objects_v2(Bucket=section["bucket"])["KeyCount"] == 0
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
    assert list(ready.parent.iterdir()) == []


@pytest.mark.timeout(120)
@pytest.mark.skipif(
    sys.platform != "linux", reason="finds the server's process in /proc, which only Linux has"
)
def test_an_endpoint_that_ends_by_itself_ends_the_run_with_its_reason(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    with start(ready) as process:
        wait_for(ready, process)
        os.kill(weed_of(process), signal.SIGKILL)
        assert process.wait(timeout=20) != 0
    assert not ready.exists()
