"""A real S3 server on this machine: SeaweedFS as one process, on 127.0.0.1 only.

It holds one bucket as a partner would, with an administrator and a user who may only write below a prefix.
"""

import json
import secrets
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from audience_assets.errors import SettingsError
from audience_assets.sandbox import weed
from audience_assets.sandbox.child_process import ChildProcess
from audience_assets.sandbox.private_file import write_private_json

START_SECONDS = 30.0
POLL_SECONDS = 0.05
PORT_ATTEMPTS = 4
WRITE_ONLY_USER = "delivery"


@dataclass(frozen=True)
class Credentials:
    """One access key of the sandbox."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


class S3Server:
    """An S3 server that runs inside a `with` block and keeps its objects and credentials in `directory`."""

    region = "us-east-1"

    def __init__(
        self, directory: Path, *, bucket: str = "partner-bucket", prefix: str = "your-account"
    ) -> None:
        self.directory = directory.absolute()
        self.bucket = bucket
        self.prefix = prefix
        self.log_path = self.directory / "weed.log"
        self.endpoint_url = ""
        self._credentials_path = self.directory / "credentials.json"

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.directory / "data").mkdir(exist_ok=True, mode=0o700)
        known = self._read_credentials()
        self.administrator = known.get("administrator") or _random_credentials()
        self._start()
        try:
            self.write_only = self._grant_write_only(known.get("write_only"))
            write_private_json(
                self._credentials_path,
                {"administrator": asdict(self.administrator), "write_only": asdict(self.write_only)},
            )
            self._wait_for_write_only()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def pid(self) -> int:
        """The process id of the server itself."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the server has not ended by itself."""
        return self._process.running

    def ready(self) -> Mapping[str, object]:
        """What a program needs to know to use this endpoint."""
        return {
            "endpoint_url": self.endpoint_url,
            **asdict(self.administrator),
            "bucket": self.bucket,
            "prefix": self.prefix,
            "region": self.region,
            "write_only": asdict(self.write_only),
        }

    def client(self, service: str, credentials: Credentials, *, patience: float = 20.0) -> Any:
        """A boto3 client of this server that waits `patience` seconds, does not repeat and goes through no proxy."""
        import boto3  # noqa: PLC0415 (slow, and needed only where a server runs)
        from botocore.config import Config  # noqa: PLC0415

        return boto3.session.Session().client(
            service,
            endpoint_url=self.endpoint_url,
            region_name=self.region,
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            config=Config(
                connect_timeout=patience,
                read_timeout=patience,
                proxies={},
                retries={"total_max_attempts": 1, "mode": "standard"},
            ),
        )

    def _start(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        for _ in range(PORT_ATTEMPTS):
            if self._start_at(weed.free_ports(), deadline):
                return
            if not weed.lost_a_port(self.log_path):
                break
        raise SettingsError(f"the sandbox's S3 server did not start; its output in {self.log_path} says why")

    def _start_at(self, ports: weed.Ports, deadline: float) -> bool:
        """Start once; False, with nothing left running, when the server ends or does not answer in time."""
        self._ports = ports
        self.endpoint_url = f"http://{weed.LOOPBACK}:{ports.s3}"
        self._process = ChildProcess(
            weed.command(self.directory / "data", self.bucket, ports),
            log=self.log_path,
            cwd=self.directory,
            env={
                "HOME": str(self.directory),  # so that no configuration of another SeaweedFS is read
                "AWS_ACCESS_KEY_ID": self.administrator.access_key_id,
                "AWS_SECRET_ACCESS_KEY": self.administrator.secret_access_key,
            },
        )
        answers = False
        try:
            answers = self._answers(deadline)
        finally:
            if not answers:
                self._stop()
        return answers

    def _answers(self, deadline: float) -> bool:
        """Wait for the bucket to answer a signed request; False when the process ended or time is up."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        with closing(self.client("s3", self.administrator, patience=1.0)) as client:
            while self._process.running and time.monotonic() < deadline:
                try:
                    client.head_bucket(Bucket=self.bucket)
                except (BotoCoreError, ClientError):
                    time.sleep(POLL_SECONDS)
                else:
                    return True
        return False

    def _grant_write_only(self, known: Credentials | None) -> Credentials:
        """Let the second user create objects below the prefix, and nothing else, as a partner would."""
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["s3:PutObject", "s3:AbortMultipartUpload"],
                    "Resource": [f"arn:aws:s3:::{self.bucket}/{self.prefix}/*"],
                }
            ],
        }
        with closing(self.client("iam", self.administrator)) as iam:
            with suppress(iam.exceptions.EntityAlreadyExistsException):
                iam.create_user(UserName=WRITE_ONLY_USER)
            if known is None:  # the first start, or one that was killed before it could keep the key
                key = iam.create_access_key(UserName=WRITE_ONLY_USER)["AccessKey"]
                known = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
            iam.put_user_policy(
                UserName=WRITE_ONLY_USER, PolicyName="write-only", PolicyDocument=json.dumps(policy)
            )
        return known

    def _wait_for_write_only(self) -> None:
        """Wait until the second user may write, asked by an abort of nothing, which leaves no object behind."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        deadline = time.monotonic() + START_SECONDS
        with closing(self.client("s3", self.write_only)) as client:
            while time.monotonic() < deadline:
                try:
                    client.abort_multipart_upload(
                        Bucket=self.bucket, Key=f"{self.prefix}/probe", UploadId="none"
                    )
                except ClientError as error:
                    if error.response["Error"]["Code"] == "NoSuchUpload":
                        return
                else:
                    return
                time.sleep(POLL_SECONDS)
        raise SettingsError(
            f"the sandbox's write-only user is not accepted: remove {self.directory} to start anew"
        )

    def _read_credentials(self) -> dict[str, Credentials]:
        try:
            kept = json.loads(self._credentials_path.read_text(encoding="utf-8"))
            return {who: Credentials(**keys) for who, keys in kept.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError) as error:
            raise SettingsError(
                f"{self._credentials_path} is damaged: remove {self.directory} to start anew"
            ) from error

    def _stop(self) -> None:
        self._process.stop()
        weed.remove_sockets(self._ports)


def _random_credentials() -> Credentials:
    return Credentials(secrets.token_hex(10).upper(), secrets.token_urlsafe(30))
