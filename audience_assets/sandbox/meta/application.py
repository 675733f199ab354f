"""The HTTP side: from a request to Meta's answer, with the faults that were asked for in between."""

import asyncio
import logging
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from audience_assets.sandbox.connection import NoAnswer
from audience_assets.sandbox.faults import next_fault, spoilt
from audience_assets.sandbox.meta import control
from audience_assets.sandbox.meta.access import account_of_call
from audience_assets.sandbox.meta.answers import GraphError, GraphJSON
from audience_assets.sandbox.meta.faults import Fault
from audience_assets.sandbox.meta.graph import Operation, carry_out, operation_of
from audience_assets.sandbox.meta.platform import Account, Platform
from audience_assets.sandbox.meta.reading import Call, read_call
from audience_assets.sandbox.meta.request_line import is_too_long
from audience_assets.sandbox.meta.scene import Scene
from audience_assets.sandbox.recorded_call import RecordedCall

REFUSED = 400


def build(platform: Platform, base_url: str, log: logging.Logger) -> Starlette:
    """The application: the sandbox's own controls below `/sandbox`, and Meta's API everywhere else."""
    graph = Graph(platform, Scene(platform.clock, base_url), log)
    methods = ["GET", "POST", "DELETE"]
    return Starlette(
        routes=[*control.routes(platform), Route("/{path:path}", graph.handle, methods=methods)],
    )


class Graph:
    """Answers Meta's calls. Everything between reading a body and answering happens in one step of the server."""

    def __init__(self, platform: Platform, scene: Scene, log: logging.Logger) -> None:
        self._platform = platform
        self._scene = scene
        self._log = log

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        if is_too_long(request):
            self._log.info("%s: the request line is too long, connection closed", request.method)
            return NoAnswer()
        try:
            call = await read_call(request)
            account = account_of_call(self._platform, call)
            operation = operation_of(account, call)
        except GraphError as error:
            self._log.info("%s refused: %s", request.method, error.message)
            return GraphJSON(error.body(), REFUSED)
        _record(account, operation, call)
        fault = next_fault(account.faults, operation.name)
        if fault is not None and fault.kind == "delay":
            await asyncio.sleep(fault.seconds)
        status, body = self._answer(account, operation, call, fault)
        if fault is not None and fault.kind == "code":
            status, body = REFUSED, _injected(fault).body()
        self._log.info("%s %d%s", operation.name, status, f", fault {fault.kind}" if fault else "")
        headers = account.usage.headers(account.quota, self._platform.clock.now(), account.usage_percent)
        return spoilt(fault, GraphJSON(body, status, headers), headers)

    def _answer(
        self, account: Account, operation: Operation, call: Call, fault: Fault | None
    ) -> tuple[int, Mapping[str, object]]:
        try:
            account.usage.count(account.quota, self._platform.clock.now())
            if fault is not None and not fault.takes_effect:
                return REFUSED, {}
            return 200, carry_out(operation, self._scene, account, call)
        except GraphError as error:
            self._log.info("%s refused: %s", operation.name, error.message)
            return REFUSED, error.body()


def _record(account: Account, operation: Operation, call: Call) -> None:
    params = {
        name: value
        for name, value in call.params.items()
        if name != "input_token" and (account.record or name != "payload")
    }
    account.record_call(
        RecordedCall(operation.name, call.method, call.path, params, rows=call.rows, size=call.size)
    )


def _injected(fault: Fault) -> GraphError:
    return GraphError(fault.code, "An injected error", subcode=fault.subcode, transient=fault.transient)
