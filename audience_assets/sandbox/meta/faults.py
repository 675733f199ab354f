"""Faults that are asked for: which call they hit, and what becomes of it."""

from dataclasses import dataclass
from typing import Literal

FaultKind = Literal["drop_before", "drop_after", "delay", "error", "code", "truncated"]
OperationName = Literal[
    "account",
    "create",
    "list",
    "remove_everywhere",
    "get",
    "update",
    "delete",
    "users_add",
    "users_remove",
    "users_replace",
    "sessions",
    "permissions",
    "debug_token",
]


@dataclass
class Fault:
    """One fault, waiting for its call.

    Attributes:
        operation: the operation that it hits, or `*` for every one.
        kind: `drop_before` and `drop_after` close the connection without an answer, before the call takes effect or
            after it; `delay` waits `seconds`; `error` answers `status` with `body`; `code` answers Meta's error
            `code` and `subcode`; `truncated` sends half of the real answer.
        times: how many calls it still hits.
        after: how many matching calls it still lets through first.
        applied: whether a call that gets an `error` or a `code` takes effect all the same.
    """

    operation: OperationName | Literal["*"]
    kind: FaultKind
    times: int = 1
    after: int = 0
    seconds: float = 0.0
    status: int = 500
    body: str = "<html><body>Sorry, something went wrong.</body></html>"
    content_type: str = "text/html; charset=utf-8"
    code: int = 2
    subcode: int | None = None
    transient: bool = False
    applied: bool = False

    @property
    def takes_effect(self) -> bool:
        """Whether the call is carried out although its answer is lost or replaced."""
        if self.kind in {"error", "code"}:
            return self.applied
        return self.kind != "drop_before"


def next_fault(faults: list[Fault], operation: OperationName) -> Fault | None:
    """The fault that hits this call, if any; one that has hit its last call leaves the list."""
    hit: Fault | None = None
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
