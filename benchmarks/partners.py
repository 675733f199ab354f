"""The partners' sandboxes, each in a process of its own, which says on request how many calls it answered.

`python -m benchmarks.partners NAME FOLDER` runs one until its standard input closes; a line there asks for the calls.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.server import TikTokServer
from benchmarks.measure import REPOSITORY

STATE = "state"
"""Besides the partners: an S3 server that holds our own state."""


@dataclass(frozen=True, slots=True)
class Partner:
    """A sandbox that runs.

    Attributes:
        settings: What a destination needs to reach it.
        process: Its process.
    """

    settings: dict[str, Any]
    process: "subprocess.Popen[str]"

    def calls(self) -> dict[str, int]:
        """Calls by operation since it started; none from S3, whose objects the ledger counts."""
        if self.process.stdin is None or self.process.stdout is None:
            raise ValueError("the sandbox was started without pipes")
        self.process.stdin.write("calls\n")
        self.process.stdin.flush()
        counted: dict[str, int] = json.loads(self.process.stdout.readline())
        return counted


@contextmanager
def running(names: tuple[str, ...], folder: Path) -> Iterator[dict[str, Partner]]:
    """The sandboxes of these destinations, until the end of the block."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(_started(name, folder / name)) for name in names}


@contextmanager
def _started(name: str, folder: Path) -> Iterator[Partner]:
    command = [sys.executable, "-m", "benchmarks.partners", name, str(folder)]
    with subprocess.Popen(
        command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            yield Partner(json.loads(line), process)
        finally:
            if process.stdin:
                process.stdin.close()


def _serve(name: str, folder: Path) -> None:
    with _server(name, folder) as server:
        _say(_settings(name, server))
        for _ in sys.stdin:
            _say(_calls(server))


def _server(name: str, folder: Path) -> S3Server | MetaServer | TikTokServer:
    match name:
        case "vtex_ads" | "state":
            return S3Server(folder)
        case "meta":
            return MetaServer(folder)
        case _:
            return TikTokServer(folder)


def _settings(name: str, server: S3Server | MetaServer | TikTokServer) -> dict[str, Any]:
    """What the settings say of it, secrets included; a state is read, too."""
    if isinstance(server, S3Server):
        user = server.administrator if name == STATE else server.write_only
        return {
            "bucket": server.bucket,
            "prefix": server.prefix,
            "endpoint_url": server.endpoint_url,
            "region": server.region,
            "access_key_id": user.access_key_id,
            "secret_access_key": user.secret_access_key,
        }
    return dict(server.ready())


def _calls(server: S3Server | MetaServer | TikTokServer) -> dict[str, int]:
    if isinstance(server, S3Server):
        return {}
    holder = server.account if isinstance(server, MetaServer) else server.advertiser
    return dict(Counter(call.operation for call in holder.calls))


def _say(what: object) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]))
