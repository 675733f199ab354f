"""What an audience and an ad account tell about themselves, field by field, and lists in pages."""

import base64
import binascii
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from audience_assets.sandbox.meta.answers import bad_parameter
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account

DEFAULT_PAGE, LARGEST_PAGE = 25, 500
FEWEST_TOLD = 20

STATUS_TEXTS = {
    0: "Status not available.",
    100: "The audience will be deleted soon because it has not been used.",
    200: "Normal",
    400: "Warning",
    410: "No upload was made.",
    411: "Low match rate",
    412: "High share of invalid entries",
    414: "Replace in progress",
    415: "Replace failed",
    441: "The audience is being filled.",
    450: "The audience needs attention.",
    470: "Flagged: the audience cannot be used.",
    471: "Flagged: the audience cannot be used.",
    500: "Error",
}
"""The texts are ours: programs go by the code."""


def asked_fields(given: object) -> list[str]:
    """The names in `fields`."""
    names = given if isinstance(given, list) else str(given or "").split(",")
    return [str(name).strip() for name in names if str(name).strip()]


def audience_fields(account: Account, audience: Audience, names: Sequence[str]) -> dict[str, object]:
    """The asked fields of an audience, and always its id."""
    known: Mapping[str, Callable[[], object]] = {
        "id": lambda: audience.id,
        "account_id": lambda: account.number,
        "name": lambda: audience.name,
        "description": lambda: audience.description,
        "subtype": lambda: audience.subtype,
        "customer_file_source": lambda: audience.customer_file_source,
        "is_value_based": lambda: audience.is_value_based,
        "retention_days": lambda: audience.retention_days,
        "operation_status": lambda: _status(audience.status),
        "delivery_status": lambda: {"code": 200, "description": "This audience is ready for use."},
        "approximate_count_lower_bound": lambda: _about(audience.told(), math.floor),
        "approximate_count_upper_bound": lambda: _about(audience.told(), math.ceil),
        "time_created": lambda: int(audience.created),
        "time_updated": lambda: int(audience.updated),
    }
    return _told(known, names)


def account_fields(account: Account, names: Sequence[str]) -> dict[str, object]:
    """The asked fields of an ad account, and always its id."""
    terms = {"custom_audience_tos": 1} if account.terms_accepted else {}
    known: Mapping[str, Callable[[], object]] = {
        "id": lambda: account.id,
        "account_id": lambda: account.number,
        "name": lambda: "Sandbox ad account",
        "account_status": lambda: account.account_status,
        "tos_accepted": lambda: {**terms, "web_custom_audience_tos": 1},
    }
    return _told(known, names)


def page(
    ids: Sequence[str], tell: Callable[[str], Mapping[str, object]], params: Mapping[str, Any], url: str
) -> dict[str, object]:
    """One page of a list, what `tell` says of each id in it, with the cursors to the next one.

    Source: Meta, Graph API, "Paginated results".
    """
    start = _after(ids, params.get("after"))
    limit = _limit(params.get("limit"))
    shown = ids[start : start + limit]
    answer: dict[str, object] = {"data": [tell(one) for one in shown]}
    if shown:
        paging: dict[str, object] = {"cursors": {"before": _cursor(shown[0]), "after": _cursor(shown[-1])}}
        if start + limit < len(ids):
            asked = {name: params[name] for name in ("fields", "limit") if name in params}
            paging["next"] = f"{url}?{urlencode({**asked, 'after': _cursor(shown[-1])})}"
        answer["paging"] = paging
    return answer


def _told(known: Mapping[str, Callable[[], object]], names: Sequence[str]) -> dict[str, object]:
    if not known.keys() >= set(names):
        raise bad_parameter("Tried accessing nonexisting field")
    return {name: known[name]() for name in dict.fromkeys([*names, "id"])}


def _status(code: int) -> dict[str, object]:
    return {"code": code, "description": STATUS_TEXTS.get(code, "Unknown")}


def _about(count: int, whole: Callable[[float], int]) -> int:
    """A count of two significant digits; -1 below the number that Meta tells."""
    if count < FEWEST_TOLD:
        return -1
    unit = int(10 ** (len(str(count)) - 2))
    return whole(count / unit) * unit


def _cursor(audience_id: str) -> str:
    return base64.urlsafe_b64encode(audience_id.encode()).decode()


def _after(ids: Sequence[str], cursor: object) -> int:
    if not cursor:
        return 0
    try:
        return ids.index(base64.urlsafe_b64decode(str(cursor)).decode()) + 1
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise bad_parameter("param after is not a cursor of this list") from error


def _limit(given: object) -> int:
    text = str(DEFAULT_PAGE if given is None else given)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise bad_parameter("param limit must be a positive number")
    return min(int(text), LARGEST_PAGE)
