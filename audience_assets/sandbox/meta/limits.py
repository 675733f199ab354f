"""The hourly limit of an ad account, and the headers in which Meta says how much of it is used."""

import json
import math
from collections import deque
from collections.abc import Mapping

from audience_assets.sandbox.meta.answers import GraphError

HOUR = 3600.0
FULL = 100


class Usage:
    """The calls of the last hour of one ad account."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._moments: deque[float] = deque()

    def count(self, quota: int | None, now: float) -> None:
        """Count one call.

        Raises:
            GraphError: The quota is used up (80003); such a call is not counted.
        """
        self._forget(now)
        if quota is None:
            return
        if len(self._moments) >= quota:
            raise GraphError(
                80003,
                "There have been too many calls to this ad account. Wait a bit and try again.",
                transient=True,
            )
        self._moments.append(now)

    def headers(self, quota: int | None, now: float, others: int = 0) -> Mapping[str, str]:
        """The usage headers, in per cent of the quota, `others` or more; the time to regain access is in minutes.

        Source: Meta, Graph API, "Rate limits", business use case rate limits.
        """
        self._forget(now)
        percent = max(others, FULL * len(self._moments) // quota if quota else 0)
        waiting = self._moments[0] + HOUR - now if percent >= FULL and self._moments else 0.0
        business = {
            "type": "custom_audience",
            "call_count": percent,
            "total_cputime": percent // 2,
            "total_time": percent // 2,
            "estimated_time_to_regain_access": math.ceil(waiting / 60),
        }
        return {
            "x-business-use-case-usage": json.dumps({self._account_id: [business]}),
            "x-ad-account-usage": json.dumps({"acc_id_util_pct": percent}),
            "x-app-usage": json.dumps({"call_count": percent, "total_cputime": 0, "total_time": 0}),
        }

    def _forget(self, now: float) -> None:
        while self._moments and self._moments[0] <= now - HOUR:
            self._moments.popleft()
