"""uvicorn's HTTP connection, with its transport within reach: a lost connection must be lost on the wire too."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connection(H11Protocol):
    """A connection whose requests find its transport in `request.state`."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Remember the transport beside what every request is told."""
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class NoAnswer(Response):
    """Closes the connection in place of an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (nothing is sent)
        """Close, and return when the server knows that the other side is gone."""
        scope["state"]["transport"].close()
        while (await receive())["type"] != "http.disconnect":
            pass
