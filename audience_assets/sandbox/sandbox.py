"""Starts every partner endpoint of the sandbox, says in one file how to reach them, and stops them together."""

import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, Self

from audience_assets.errors import AudienceAssetsError
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.newtail import NewtailServer
from audience_assets.sandbox.private_file import write_private_json
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.server import TikTokServer

WATCH_SECONDS = 0.2


class Endpoint(Protocol):
    """One partner's endpoint: once entered it answers, and it is gone after leaving."""

    log_path: Path

    def __enter__(self) -> Self:
        """Start, and return only when requests are answered."""

    def __exit__(self, *_: object) -> None:
        """Stop and wait until everything is gone."""

    @property
    def running(self) -> bool:
        """Whether it has not ended by itself."""

    def ready(self) -> Mapping[str, object]:
        """Its section of the ready file."""


Started = Mapping[str, Any]

# A new partner's endpoint is one more module and one more line here; each keeps its files in a directory of its own, and
# may build on those before it.
ENDPOINTS: Mapping[str, Callable[[Path, Started], Endpoint]] = {
    "s3": lambda home, _: S3Server(home),
    "newtail": lambda home, started: NewtailServer(home, started["s3"]),
    "meta": lambda home, _: MetaServer(home),
    "tiktok": lambda home, _: TikTokServer(home),
}


def run(ready: Path, directory: Path | None) -> None:
    """Run all endpoints until SIGINT or SIGTERM; `ready` exists only while they all answer.

    Args:
        ready: where to write, as JSON, how each endpoint is reached and with which credentials.
        directory: where objects and credentials are kept from one run to the next; None for a temporary one.
    """
    ready.unlink(missing_ok=True)  # one that a killed run left would mislead whoever waits for it
    with ExitStack() as stack:
        asked_to_stop = stack.enter_context(_stop_signals())
        home = Path(stack.enter_context(_home(directory)))
        started: dict[str, Endpoint] = {}
        for name, make in ENDPOINTS.items():
            started[name] = stack.enter_context(make(home / name, started))
            if asked_to_stop:
                return
        stack.callback(ready.unlink, missing_ok=True)
        write_private_json(ready, {name: endpoint.ready() for name, endpoint in started.items()})
        while not asked_to_stop:
            time.sleep(WATCH_SECONDS)
            for name, endpoint in started.items():
                if not endpoint.running:
                    raise AudienceAssetsError(
                        f"the sandbox's {name} endpoint ended by itself: see {endpoint.log_path}"
                    )


@contextmanager
def _stop_signals() -> Iterator[list[int]]:
    """A list that is empty until SIGINT or SIGTERM arrives, which then do not cut a start or a stop in two.

    Not a `threading.Event`: setting one in a signal handler can wait for ever for the lock that its own thread holds.
    """
    arrived: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        arrived.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield arrived
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _home(directory: Path | None) -> AbstractContextManager[Path | str]:
    if directory is not None:
        return nullcontext(directory)
    return tempfile.TemporaryDirectory(prefix="audience-assets-sandbox-", ignore_cleanup_errors=True)
