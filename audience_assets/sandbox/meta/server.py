"""Serves the sandbox's Meta on 127.0.0.1 from a thread of this process, for as long as a `with` block lasts."""

import logging
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import uvicorn

from audience_assets.errors import SettingsError
from audience_assets.sandbox.meta import application
from audience_assets.sandbox.meta.connection import LONGEST_HEAD, Connection
from audience_assets.sandbox.meta.keeping import keep_audiences, kept_credentials, restore_audiences
from audience_assets.sandbox.meta.platform import Platform

LOOPBACK = "127.0.0.1"
START_SECONDS = 10.0
STOP_SECONDS = 10.0
POLL_SECONDS = 0.005


class MetaServer:
    """Meta's API inside a `with` block; credentials and audiences are kept in `directory`.

    `base_url` stands for https://graph.facebook.com. `platform` is what the server holds, for a test to look at and
    to set; more accounts than the first one live only as long as the server.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.log_path = self.directory / "meta.log"
        self.base_url = ""

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        credentials = kept_credentials(self.directory / "credentials.json")
        self.access_token = credentials["access_token"]
        self.app_secret = credentials["app_secret"]
        self.ad_account = credentials["ad_account"]
        self.platform = Platform()
        self.account = self.platform.add_account(credentials)
        restore_audiences(self._audiences_path, self.account, self.platform.clock)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()
        keep_audiences(self._audiences_path, self.account)

    @property
    def running(self) -> bool:
        """Whether the server has not ended by itself."""
        return self._thread.is_alive()

    def ready(self) -> Mapping[str, object]:
        """What a program needs to know to use this endpoint."""
        return {
            "base_url": self.base_url,
            "access_token": self.access_token,
            "app_secret": self.app_secret,
            "ad_account": self.ad_account,
        }

    @property
    def _audiences_path(self) -> Path:
        return self.directory / "audiences.json"

    def _start(self) -> None:
        self._log_handler = _log_to(self.log_path)
        # Not in the tree of loggers, because each server has a file of its own.
        log = logging.Logger("audience_assets.sandbox.meta", logging.INFO)  # noqa: LOG001
        log.addHandler(self._log_handler)
        self._socket = _listening_socket()
        self.base_url = f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                application.build(self.platform, self.base_url, log),
                http=Connection,
                h11_max_incomplete_event_size=LONGEST_HEAD,
                ws="none",
                lifespan="off",
                loop="asyncio",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="sandbox-meta", daemon=True
        )
        self._log_handler.addFilter(self._is_ours)
        logging.getLogger("uvicorn.error").addHandler(self._log_handler)
        self._thread.start()
        self._wait_until_started()

    def _is_ours(self, record: logging.LogRecord) -> bool:
        """Whether a record comes from this server's thread; uvicorn has one logger for all servers."""
        return record.thread == self._thread.ident

    def _wait_until_started(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._stop()
                raise SettingsError(f"the sandbox's Meta server did not start; {self.log_path} says why")
            time.sleep(POLL_SECONDS)

    def _stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(STOP_SECONDS)
        self._socket.close()
        logging.getLogger("uvicorn.error").removeHandler(self._log_handler)
        self._log_handler.close()


def _listening_socket() -> socket.socket:
    """A socket on a free port, said to be TCP: otherwise asyncio leaves Nagle's delay of 40 ms on."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind((LOOPBACK, 0))
    return listening


def _log_to(path: Path) -> logging.Handler:
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    return handler
