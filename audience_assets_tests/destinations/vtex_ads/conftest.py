"""The sandbox's audience API, a client of it whose time only tests move, and a file to deliver."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from audience_assets.destinations.vtex_ads.newtail import Newtail, NewtailAccess, Uploaded, connect
from audience_assets.sandbox.newtail import EXPIRES_IN, MAX_BYTES, NewtailServer
from audience_assets.sandbox.s3 import S3Server

ROWS = b"PAR1 rows of customers PAR1"


@pytest.fixture(autouse=True)
def _no_proxy_on_the_way_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="package")
def running(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NewtailServer]:
    with NewtailServer(tmp_path_factory.mktemp("newtail"), s3_server) as server:
        yield server


@pytest.fixture
def server(running: NewtailServer) -> Iterator[NewtailServer]:
    before = running.clock.now()
    running.issued.clear()
    yield running
    running.clock.advance(before - running.clock.now())
    running.expires_in, running.max_bytes = EXPIRES_IN, MAX_BYTES
    running.faults.clear()


@dataclass
class Publisher:
    """Delivers one file, and remembers what it was told and how long it waited."""

    newtail: Newtail
    path: Path
    noted: list[str] = field(default_factory=list)

    def upload(self, *unknown_keys: str) -> Uploaded:
        return self.newtail.upload(self.path, note_key=self.noted.append, unknown_keys=unknown_keys)


@dataclass
class Time:
    """A clock that goes only when somebody waits, and the sandbox's clock with it."""

    server: NewtailServer
    seconds_per_pause: float | None = None
    now: float = 1000.0
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        passed = self.seconds_per_pause or seconds
        self.now += passed
        self.server.clock.advance(passed)


@pytest.fixture
def time(server: NewtailServer) -> Time:
    return Time(server)


@pytest.fixture
def access(server: NewtailServer) -> NewtailAccess:
    return NewtailAccess(server.base_url, server.app_id, server.api_key, timeout_seconds=10, max_attempts=5)


@pytest.fixture
def publisher(access: NewtailAccess, time: Time, tmp_path: Path) -> Iterator[Callable[..., Publisher]]:
    """A publisher with this access, the sandbox's when none is given."""
    path = tmp_path / "part-0001.parquet.snappy"
    path.write_bytes(ROWS)
    with ExitStack() as stack:

        def publisher(given: NewtailAccess = access) -> Publisher:
            newtail = stack.enter_context(connect(given, sleep=time.sleep, now=lambda: time.now))
            return Publisher(newtail, path)

        yield publisher
