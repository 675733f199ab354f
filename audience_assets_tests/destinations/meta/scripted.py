"""What answers in Meta's place: its answers, its refusals, and how to reach it."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from audience_assets.destinations.meta.client import Access, Session
from audience_assets.destinations.meta.payload import Payload, payload_of
from audience_assets_tests.destinations.scripted import Answer, Asked, Clock, Script

__all__ = ["Answer", "Asked", "Clock", "Scripted", "refusal"]

TOKEN, APP_SECRET = "EAAsecretTOKENvalue", "app-secret-value"
DIGEST = "f1904cf1a9d73a55fa5de0ac823c4403ded71afd4c3248d00bdcd0866552bb79"


def people_of(schema: Sequence[str], *rows: Sequence[object], **more: Any) -> Payload:
    """People by their cells."""
    columns = zip(*rows, strict=True)
    return payload_of(pa.table(dict(zip(schema, map(list, columns), strict=True))), **more)


PEOPLE = people_of(("EMAIL",), (DIGEST,))
BATCH_3 = Session(session_id=9778993, batch_seq=3, last_batch=True, estimated_total=1)
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
AUDIENCE = {
    "id": "123",
    "name": "vip",
    "description": "best customers",
    "subtype": "CUSTOM",
    "is_value_based": False,
    "operation_status": {"code": 200, "description": "Normal"},
    "delivery_status": {"code": 300, "description": "Too small"},
    "approximate_count_lower_bound": 1000,
    "approximate_count_upper_bound": 1200,
}
RECEIVED = {"audience_id": "123", "session_id": 9778993, "num_received": 1, "num_invalid_entries": 0}


def refusal(code: int, subcode: int | None = None, *, status: int = 400, **more: Any) -> Answer:
    """Meta's error JSON, with a message that repeats what was sent, as a partner's may."""
    error: dict[str, Any] = {
        "message": f"Bad value {DIGEST} for {TOKEN}",
        "type": "OAuthException",
        "code": code,
        "is_transient": False,
        "fbtrace_id": "A1b2C3",
        **more,
    }
    if subcode is not None:
        error["error_subcode"] = subcode
    return Answer({"error": error}, status)


@dataclass
class Scripted(Script):
    """What answers in Meta's place."""

    usual: Answer = field(default_factory=lambda: Answer(RECEIVED))

    def access(self, **more: Any) -> Access:
        given = {
            "account": "act_42",
            "access_token": TOKEN,
            "app_secret": APP_SECRET,
            "api_version": "v26.0",
            "base_url": self.url,
            "timeout_seconds": 5.0,
            "patience_seconds": 900.0,
            "calls_per_second": 1000.0,
        }
        return Access(**{**given, **more})
