"""What answers in TikTok's place: its answers, its refusals, and how to reach it."""

from dataclasses import dataclass, field
from hashlib import md5
from typing import Any

from audience_assets.destinations.tiktok.client import Access
from audience_assets_tests.destinations.scripted import Answer, Asked, Clock, Script

__all__ = ["Answer", "Asked", "Clock", "Scripted", "refusal", "told"]

TOKEN = "tiktok-secret-TOKEN-value"
ADVERTISER = "7000000000000000001"
DIGEST = "8d771c407c5ac0a6d864156f7f3018b8f3b6f5ce3a6ab66ed8da18a6903f8978"
FILE = f"{DIGEST}\n".encode()
MD5 = md5(FILE, usedforsecurity=False).hexdigest()
FILE_PATH = "0123456789abcdef"
REQUEST = "20261122000000ABCDEF0123456789"
DETAILS = {
    "audience_id": "123",
    "name": "vip",
    "calculate_type": "EMAIL_SHA256",
    "cover_num": 1500,
    "is_valid": True,
    "is_expiring": False,
    "error_msg": "",
    "expired_time": "2099-01-31 23:59:59",
}
HISTORY = [{"action": "create", "editor": "open_api", "opt_time": "2026-11-01 06:52:56"}]
ANYTHING = {
    "file_path": FILE_PATH,
    "custom_audience_id": "777",
    "list": [
        {
            **DETAILS,
            "audience_details": DETAILS,
            "audience_history": HISTORY,
            "advertiser_id": ADVERTISER,
            "status": "STATUS_ENABLE",
        }
    ],
    "page_info": {"page": 1, "page_size": 100, "total_number": 1, "total_page": 1},
}
"""Data that answers every call."""


def told(data: Any = None, **more: Any) -> Answer:
    """A success."""
    return Answer(
        {"code": 0, "message": "OK", "request_id": REQUEST, "data": {} if data is None else data, **more}
    )


def refusal(code: int, message: str | None = None, **more: Any) -> Answer:
    """TikTok's refusal, with status 200 and a message that repeats what was sent, as a partner's may."""
    said = f"Bad value {DIGEST} for {TOKEN}" if message is None else message
    return Answer({"code": code, "message": said, "request_id": REQUEST, "data": {}, **more})


@dataclass
class Scripted(Script):
    """What answers in TikTok's place."""

    usual: Answer = field(default_factory=lambda: told(ANYTHING))

    def access(self, **more: Any) -> Access:
        given = {
            "advertiser_id": ADVERTISER,
            "access_token": TOKEN,
            "base_url": self.url,
            "tier": "ultimate",
            "timeout_seconds": 5.0,
            "patience_seconds": 900.0,
        }
        return Access(**{**given, **more})
