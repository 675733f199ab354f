"""Faults at Meta's endpoint: the operations that they can hit, and the error that Meta words."""

from dataclasses import dataclass
from typing import Literal

from audience_assets.sandbox import faults
from audience_assets.sandbox.faults import FaultKind

__all__ = ["Fault", "FaultKind", "OperationName"]

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
class Fault(faults.Fault):
    """One fault, waiting for its call.

    Attributes:
        subcode: what a `code` answers besides.
        transient: whether a `code` says of itself that it will pass.
    """

    operation: OperationName | Literal["*"]
    code: int = 2
    subcode: int | None = None
    transient: bool = False
