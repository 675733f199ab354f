"""A partner's API as one of the sandbox's endpoints: its folder, its web server, and what is kept from one start to the next."""

import logging
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import ClassVar, Self

from starlette.types import ASGIApp

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.dated import Dated
from audience_assets.sandbox.web_server import WebServer


class ApiServer(ABC):
    """One partner's API inside a `with` block; what outlives it is kept in `directory`.

    Attributes:
        name: Of its log, and of its thread.
        longest_head: Bytes of request line and headers that are read; None for the web server's own limit.
    """

    name: ClassVar[str]
    longest_head: ClassVar[int | None] = None

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.log_path = self.directory / f"{self.name}.log"
        self._web = WebServer(self.name, self._dated, self.log_path, longest_head=self.longest_head)

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ExitStack() as stack:
            self.begin(stack)
            stack.enter_context(self._web)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @abstractmethod
    def begin(self, stack: ExitStack) -> None:
        """Read what was kept; the stack is closed when the server has ended."""

    @abstractmethod
    def application(self, base_url: str, log: logging.Logger) -> ASGIApp:
        """The API, which will be reached at this address and may write to this log."""

    @property
    @abstractmethod
    def time(self) -> Clock:
        """The endpoint's own clock."""

    @abstractmethod
    def ready(self) -> Mapping[str, object]:
        """What a program needs to know to use this endpoint."""

    @property
    def base_url(self) -> str:
        """Stands for the address of the partner's API."""
        return self._web.base_url

    @property
    def running(self) -> bool:
        """Whether the server has not ended by itself."""
        return self._web.running

    def _dated(self, base_url: str, log: logging.Logger) -> ASGIApp:
        return Dated(self.application(base_url, log), self.time)
