"""Serves a web application on 127.0.0.1 from a thread of this process, for exactly as long as a `with` block."""

import socket
import threading
import time
from typing import Self

import uvicorn
from starlette.requests import Request
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from audience_assets.errors import SettingsError
from audience_assets.sandbox.weed import LOOPBACK

START_SECONDS = 10.0
STOP_SECONDS = 2
POLL_SECONDS = 0.005


class WebServer:
    """One application under uvicorn, on a port of its own that is free at the start."""

    def __init__(self, application: ASGIApp) -> None:
        self._application = application
        self.base_url = ""

    def __enter__(self) -> Self:
        listening = _listening_socket()  # uvicorn closes it when it ends
        self.base_url = f"http://{LOOPBACK}:{listening.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._application,
                http=H11Protocol,
                loop="asyncio",
                ws="none",
                lifespan="off",
                log_config=None,  # logging belongs to the program that we run in
                access_log=False,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listening]}, name="sandbox-web-server", daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._stop()
                listening.close()
                raise SettingsError(f"the sandbox's web server did not start at {self.base_url}")
            time.sleep(POLL_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    @property
    def running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._thread.is_alive()

    async def drop(self, request: Request) -> None:
        """Close the connection of a request that is being answered, so that its sender gets no answer at all."""
        assert request.client is not None  # noqa: S101 (always there on TCP)
        for connection in list(self._server.server_state.connections):
            if isinstance(connection, H11Protocol) and connection.client == tuple(request.client):
                connection.transport.abort()
        while (await request.receive())["type"] != "http.disconnect":
            pass  # what had been received already

    def _stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=START_SECONDS)


def _listening_socket() -> socket.socket:
    """A socket on a free port, said to be TCP: otherwise asyncio leaves Nagle's delay of 40 ms on."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind((LOOPBACK, 0))
    return listening
