"""Serves a web application on 127.0.0.1 from a thread of this process, for exactly as long as a `with` block."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from audience_assets.errors import SettingsError
from audience_assets.sandbox.connection import Connection
from audience_assets.sandbox.weed import LOOPBACK

START_SECONDS = 10.0
STOP_SECONDS = 10.0
ANSWER_SECONDS = 2
POLL_SECONDS = 0.005

Build = Callable[[str, logging.Logger], ASGIApp]
"""Makes the application, given the address at which it will be reached and the log that it may write to."""


class WebServer:
    """One application under uvicorn, on a port of its own that is free at the start.

    Args:
        name: of the thread and the log.
        build: makes the application at the start.
        log_path: the file that gets what the application logs and what uvicorn says about it; headers and bodies
            are never in it.
        longest_head: bytes of request line and headers that are read; None for uvicorn's limit.
    """

    def __init__(self, name: str, build: Build, log_path: Path, *, longest_head: int | None = None) -> None:
        self.base_url = ""
        self._name = name
        self._build = build
        self._log_path = log_path
        self._longest_head = longest_head

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            listening = stack.enter_context(closing(_listening_socket()))
            self.base_url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
            handler = stack.enter_context(closing(_log_to(self._log_path)))
            # Not in the tree of loggers, because each server has a file of its own.
            log = logging.Logger(self._name, logging.INFO)  # noqa: LOG001
            log.addHandler(handler)
            self._server = uvicorn.Server(self._configuration(self._build(self.base_url, log)))
            self._thread = threading.Thread(
                target=self._server.run, args=([listening],), name=f"sandbox-{self._name}", daemon=True
            )
            handler.addFilter(self._is_ours)
            uvicorns = logging.getLogger("uvicorn.error")
            uvicorns.addHandler(handler)
            stack.callback(uvicorns.removeHandler, handler)
            self._thread.start()
            stack.callback(self._stop)
            self._wait_until_started()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._thread.is_alive()

    def _configuration(self, application: ASGIApp) -> uvicorn.Config:
        return uvicorn.Config(
            application,
            http=Connection,
            h11_max_incomplete_event_size=self._longest_head,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,  # logging belongs to the program that we run in
            access_log=False,
            server_header=False,
            date_header=False,  # the application has its own, which may be wrong
            proxy_headers=False,
            timeout_graceful_shutdown=ANSWER_SECONDS,
        )

    def _is_ours(self, record: logging.LogRecord) -> bool:
        """Whether a record comes from this server's thread; uvicorn has one logger for all servers."""
        return record.thread == self._thread.ident

    def _wait_until_started(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise SettingsError(
                    f"the sandbox's {self._name} server did not start; {self._log_path} says why"
                )
            time.sleep(POLL_SECONDS)

    def _stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(STOP_SECONDS)


def _listening_socket() -> socket.socket:
    """A socket on a free port, said to be TCP: otherwise asyncio leaves Nagle's delay of 40 ms on."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind((LOOPBACK, 0))
    return listening


def _log_to(path: Path) -> logging.Handler:
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    return handler
