"""Faults at TikTok's endpoint: the operations that they can hit."""

from dataclasses import dataclass
from typing import Literal

from audience_assets.sandbox import faults
from audience_assets.sandbox.tiktok.answers import SYSTEM

OperationName = Literal[
    "upload",
    "create",
    "update_details",
    "update_append",
    "update_remove",
    "update_replace",
    "delete",
    "get",
    "list",
    "advertiser",
]


@dataclass
class Fault(faults.Fault):
    """One fault, waiting for its call; a `code` stands in an answer whose status is 200."""

    operation: OperationName | Literal["*"]
    code: int = SYSTEM
