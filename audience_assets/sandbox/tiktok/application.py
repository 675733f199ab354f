"""The HTTP side: from a request to TikTok's answer, with the faults that were asked for in between."""

import asyncio
import logging

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from audience_assets.sandbox.faults import next_fault, spoilt
from audience_assets.sandbox.recorded_call import RecordedCall
from audience_assets.sandbox.tiktok import control
from audience_assets.sandbox.tiktok.access import advertiser_of_token
from audience_assets.sandbox.tiktok.answers import TikTokError, no_such_page, refusal, success
from audience_assets.sandbox.tiktok.faults import Fault, OperationName
from audience_assets.sandbox.tiktok.operations import OPERATIONS, ROOT, Operation, carry_out, name_of
from audience_assets.sandbox.tiktok.platform import Advertiser, Platform
from audience_assets.sandbox.tiktok.reading import Call, read_call


def build(platform: Platform, log: logging.Logger) -> Starlette:
    """The application: the sandbox's own controls below `/sandbox`, and TikTok's API everywhere else."""
    api = BusinessApi(platform, log)
    return Starlette(
        routes=[*control.routes(platform), Route("/{path:path}", api.handle, methods=["GET", "POST"])]
    )


class BusinessApi:
    """Answers TikTok's calls. Everything between reading a body and answering happens in one step of the server."""

    def __init__(self, platform: Platform, log: logging.Logger) -> None:
        self._platform = platform
        self._log = log

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        await request.body()  # answering with bytes unread could take the answer from its reader
        operation = OPERATIONS.get((request.method, request.url.path))
        if operation is None:
            self._log.info("%s: no such page", request.method)
            return no_such_page()
        try:
            advertiser = advertiser_of_token(self._platform, request.headers)
            call = await read_call(request)
            name = name_of(operation, call)
        except TikTokError as error:
            self._log.info("%s refused: %d %s", operation.name, error.code, error.message)
            return refusal(error)
        _record(advertiser, name, call)
        fault = next_fault(advertiser.faults, name)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        answer = self._answer(advertiser, operation, call, fault)
        self._log.info("%s answered%s", name, f", fault {fault.kind}" if fault else "")
        if fault is not None and fault.kind == "code":
            return refusal(TikTokError(fault.code, "An injected error"))
        return spoilt(fault, answer)

    def _answer(
        self, advertiser: Advertiser, operation: Operation, call: Call, fault: Fault | None
    ) -> JSONResponse:
        clock = self._platform.clock
        try:
            advertiser.usage.count(advertiser, clock.now())
            if fault is not None and not fault.takes_effect:
                return success({})
            return success(carry_out(operation, clock, advertiser, call))
        except TikTokError as error:
            self._log.info("%s refused: %d %s", operation.name, error.code, error.message)
            return refusal(error)


def _record(advertiser: Advertiser, name: OperationName, call: Call) -> None:
    params = dict(call.params)
    if call.file is not None and advertiser.record:
        params["file"] = call.file.content
    advertiser.record_call(
        RecordedCall(
            name,
            call.method,
            call.path.removeprefix(ROOT).strip("/"),
            params,
            rows=call.rows,
            size=call.size,
        )
    )
