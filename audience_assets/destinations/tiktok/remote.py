"""What TikTok's API tells of an advertiser or an audience, as typed values.

Each reader raises LookupError, TypeError or ValueError where the answer lacks what is needed. TikTok's own texts are kept
only where they cannot hold anything of a person.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from audience_assets.destinations.tiktok.codes import BUSY

LONGEST_TEXT = 200
MAYBE_A_PERSON = re.compile(r"@|[0-9A-Fa-f-]{12,}|\+?[0-9][0-9 ()-]{6,}")
NOT_TOLD = "a message that is not shown here: see the audience in TikTok Ads Manager"


@dataclass(frozen=True, slots=True)
class RemoteChange:
    """One change in the history of an audience: TikTok's word for it, and when, if TikTok tells."""

    action: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class RemoteAudience:
    """A custom audience at TikTok.

    Attributes:
        id: TikTok's id.
        name: Its name; two audiences may have one name.
        calculate_type: The kind of its identifiers; empty when TikTok does not tell.
        cover_num: How many people TikTok has matched; None when it does not tell.
        is_valid: Whether it can be used in an ad group.
        is_expiring: Whether it ends within 60 days.
        expires_at: When it ends.
        error_msg: Why the last change failed; empty when it did not.
        processing: Whether TikTok is still working on it.
        history: Its newest changes, where they were asked for.
    """

    id: str
    name: str
    calculate_type: str
    cover_num: int | None
    is_valid: bool
    is_expiring: bool
    expires_at: datetime | None
    error_msg: str
    processing: bool
    history: tuple[RemoteChange, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteAdvertiser:
    """An advertiser; `status` is TikTok's word, such as STATUS_ENABLE."""

    id: str
    name: str
    status: str


def read_details(data: Mapping[str, Any]) -> RemoteAudience | None:
    """The one audience that was asked for; None when TikTok knows none with this id."""
    entries = data["list"]
    if not entries:
        return None
    entry = entries[0]
    history = tuple(
        RemoteChange(_told(each.get("action")), _moment(each.get("opt_time")))
        for each in entry.get("audience_history") or []
    )
    return read_audience(entry["audience_details"], history)


def read_audience(body: Mapping[str, Any], history: tuple[RemoteChange, ...] = ()) -> RemoteAudience:
    """One audience. It is being processed when it is neither usable nor failed nor at its end, or when TikTok says so."""
    valid, error = body["is_valid"] is True, _told(body.get("error_msg"))
    expires_at = _moment(body.get("expired_time"))
    expired = expires_at is not None and expires_at <= datetime.now(UTC)
    return RemoteAudience(
        id=str(body["audience_id"]),
        name=str(body["name"]),
        calculate_type=str(body.get("calculate_type") or ""),
        cover_num=_count(body.get("cover_num")),
        is_valid=valid,
        is_expiring=body.get("is_expiring") is True,
        expires_at=expires_at,
        error_msg=error,
        processing=bool(BUSY.search(str(body.get("msg")))) or not (valid or error or expired),
        history=history,
    )


def read_advertiser(data: Mapping[str, Any]) -> RemoteAdvertiser | None:
    """The one advertiser that was asked for; None when the token sees none with this id."""
    if not data["list"]:
        return None
    body = data["list"][0]
    return RemoteAdvertiser(
        id=str(body["advertiser_id"]), name=str(body.get("name") or ""), status=str(body.get("status") or "")
    )


def _told(text: object) -> str:
    """TikTok's words, if nothing of a person can be among them."""
    said = str(text or "").strip()
    if len(said) > LONGEST_TEXT or not said.isprintable() or MAYBE_A_PERSON.search(said):
        return NOT_TOLD
    return said


def _moment(value: object) -> datetime | None:
    """TikTok writes moments of UTC, as 2026-01-31 23:59:59."""
    try:
        return datetime.fromisoformat(str(value)).replace(tzinfo=UTC)
    except ValueError:
        return None


def _count(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
