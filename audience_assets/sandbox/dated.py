"""Puts a Date header on every answer of an endpoint, which may be as wrong as a test or a rehearsal wants it."""

import time
from email.utils import formatdate

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from audience_assets.sandbox.clock import Clock


class Dated:
    """An application whose answers carry the date, `clock.date_off` seconds wrong."""

    def __init__(self, application: ASGIApp, clock: Clock) -> None:
        self._application = application
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on, and add the header to the beginning of an answer."""

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = formatdate(time.time() + self._clock.date_off, usegmt=True)
                message = {**message, "headers": [*message["headers"], (b"date", date.encode())]}
            await send(message)

        await self._application(scope, receive, dated)
