"""What Meta's API tells of an account, an audience, an upload session or a request, as typed values.

Each reader raises KeyError, TypeError or ValueError where the answer lacks what the API documents.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

AUDIENCE_FIELDS = (
    "id",
    "name",
    "description",
    "subtype",
    "is_value_based",
    "operation_status",
    "delivery_status",
    "approximate_count_lower_bound",
    "approximate_count_upper_bound",
)
ACCOUNT_FIELDS = ("id", "name", "account_status", "tos_accepted")


@dataclass(frozen=True, slots=True)
class UsersAnswer:
    """What Meta counted: people received in the session so far, and badly formed ones in this request.

    `samples` are up to 100 of the badly formed values as they were sent: for looking them up, never for a log.
    """

    received: int
    invalid: int
    samples: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RemoteAudience:
    """A custom audience at Meta.

    `status` is the number of operation_status: 200 normal, 414 replace in progress, 415 replace failed, 441 filling,
    400 to 412 warnings, 450 and above stopped. `delivery` is that of delivery_status: 200 ready, 300 too small, 400 and above
    not usable. It and the counts, which are Meta's estimates, are None where Meta tells none.
    """

    id: str
    name: str
    description: str
    subtype: str
    value_based: bool | None
    status: int
    status_text: str
    count_lower: int | None
    count_upper: int | None
    delivery: int | None = None


@dataclass(frozen=True, slots=True)
class RemoteSession:
    """An upload session of an audience, as far as Meta tells."""

    session_id: str
    stage: str
    progress: str
    received: int | None
    matched: int | None
    invalid: int | None
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """An ad account; whether its customer-list terms are accepted is None where Meta does not tell."""

    id: str
    name: str
    status: int | None
    terms_accepted: bool | None
    value_based_terms_accepted: bool | None


def read_users(body: Mapping[str, Any]) -> UsersAnswer:
    """The answer to adding, removing and replacing."""
    return UsersAnswer(
        received=int(body["num_received"]),
        invalid=int(body["num_invalid_entries"]),
        samples=tuple(_samples(body.get("invalid_entry_samples"))),
    )


def read_audience(body: Mapping[str, Any]) -> RemoteAudience:
    """One audience; an audience without an operation_status is not usable yet, so its number is needed."""
    status = body["operation_status"]
    return RemoteAudience(
        id=str(body["id"]),
        name=str(body["name"]),
        description=str(body.get("description") or ""),
        subtype=str(body.get("subtype") or ""),
        value_based=_flag(body.get("is_value_based")),
        status=int(status["code"]),
        status_text=str(status.get("description") or ""),
        count_lower=_count(body.get("approximate_count_lower_bound")),
        count_upper=_count(body.get("approximate_count_upper_bound")),
        delivery=_count((body.get("delivery_status") or {}).get("code")),
    )


def read_session(body: Mapping[str, Any]) -> RemoteSession:
    """One upload session; its figures come as texts."""
    return RemoteSession(
        session_id=str(body["session_id"]),
        stage=str(body.get("stage") or ""),
        progress=str(body.get("progress") or ""),
        received=_count(body.get("num_received")),
        matched=_count(body.get("num_matched")),
        invalid=_count(body.get("num_invalid_entries")),
        started_at=read_moment(body.get("start_time")),
        ended_at=read_moment(body.get("end_time")),
    )


def read_account(body: Mapping[str, Any]) -> RemoteAccount:
    """The ad account; `tos_accepted` holds 1 for each set of terms that a person accepted."""
    terms = body.get("tos_accepted")
    accepted = terms if isinstance(terms, Mapping) else None
    return RemoteAccount(
        id=str(body["id"]),
        name=str(body.get("name") or ""),
        status=_count(body.get("account_status")),
        terms_accepted=None if accepted is None else _flag(accepted.get("custom_audience_tos", 0)),
        value_based_terms_accepted=None
        if accepted is None
        else _flag(accepted.get("value_based_custom_audience_tos", 0)),
    )


def read_permissions(body: Mapping[str, Any]) -> dict[str, bool]:
    """Each permission of the token's user, and whether it is granted."""
    return {str(each["permission"]): each["status"] == "granted" for each in body["data"]}


def read_moment(value: object) -> datetime | None:
    """Seconds since 1970 or ISO 8601, as a number or a text; None for 0 ("never"), nothing, and what is neither."""
    text = str(value or "").strip()
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text), UTC) if int(text) else None
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _samples(given: object) -> list[str]:
    """The page allows a list of texts or a map of text to text: of a map, its names and its values are both samples."""
    if isinstance(given, Mapping):
        return [str(text) for pair in given.items() for text in pair]
    if isinstance(given, list):
        return [text for each in given for text in ([each] if isinstance(each, str) else _samples(each))]
    return []


def _flag(value: object) -> bool | None:
    if value is None:
        return None
    return value in {1, "1", "true"} if isinstance(value, bool | int | str) else None


def _count(value: object) -> int | None:
    """A figure that may come as text; Meta writes -1 for one that it does not tell."""
    try:
        number = int(str(value))
    except ValueError:
        return None
    return number if number >= 0 else None
