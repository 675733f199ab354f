"""Faults that are asked for at an endpoint that lives over HTTP: which call they hit, and what becomes of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from starlette.responses import Response

from audience_assets.sandbox.connection import NoAnswer

FaultKind = Literal["drop_before", "drop_after", "delay", "error", "code", "truncated"]


@dataclass
class Fault:
    """One fault, waiting for its call.

    Attributes:
        operation: the operation that it hits, or `*` for every one.
        kind: `drop_before` and `drop_after` close the connection without an answer, before the call takes effect or
            after it; `delay` waits `seconds`; `error` answers `status` with `body`; `code` answers the partner's error
            `code`; `truncated` sends half of the real answer.
        times: how many calls it still hits.
        after: how many matching calls it still lets through first.
        applied: whether a call that gets an `error` or a `code` takes effect all the same.
    """

    operation: str
    kind: FaultKind
    times: int = 1
    after: int = 0
    seconds: float = 0.0
    status: int = 500
    body: str = "<html><body>Sorry, something went wrong.</body></html>"
    content_type: str = "text/html; charset=utf-8"
    code: int = 0
    applied: bool = False

    @property
    def takes_effect(self) -> bool:
        """Whether the call is carried out although its answer is lost or replaced."""
        if self.kind in {"error", "code"}:
            return self.applied
        return self.kind != "drop_before"


AnyFault = TypeVar("AnyFault", bound=Fault)


def next_fault(faults: list[AnyFault], operation: str) -> AnyFault | None:
    """The fault that hits this call, if any; one that has hit its last call leaves the list."""
    hit: AnyFault | None = None
    for fault in tuple(faults):
        if fault.operation not in {operation, "*"}:
            continue
        if fault.after > 0:
            fault.after -= 1
        elif hit is None:
            hit = fault
            fault.times -= 1
            if fault.times <= 0:
                faults.remove(fault)
    return hit


def spoilt(fault: Fault | None, answer: Response, headers: Mapping[str, str] | None = None) -> Response:
    """What becomes of an answer; one whose fault is a `code` is made by the partner's own side and stays."""
    match fault:
        case Fault(kind="drop_before" | "drop_after"):
            return NoAnswer()
        case Fault(kind="error"):
            return Response(fault.body, fault.status, headers, media_type=fault.content_type)
        case Fault(kind="truncated"):
            half = bytes(answer.body)[: len(answer.body) // 2]
            return Response(half, answer.status_code, media_type="application/json")
    return answer
