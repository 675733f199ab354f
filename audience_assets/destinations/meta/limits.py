"""Slows down before Meta's limits are reached: by an agreed number of calls a second and by what its answers say of use.

Source: Meta, Marketing API rate limiting, the headers X-Business-Use-Case-Usage, X-Ad-Account-Usage and X-App-Usage.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2

from audience_assets.http.pace import TokenBucket

HEADERS = ("x-business-use-case-usage", "x-ad-account-usage", "x-app-usage")
SHARES = ("call_count", "total_cputime", "total_time", "acc_id_util_pct")
EASY, NEARLY_FULL = 75.0, 95.0  # per cent of a limit
LONGEST_SPREAD = 30.0  # seconds between two calls shortly before the limit
UNTIL_EASED = (
    300.0  # seconds until the sliding hour has let go of some calls, where Meta does not say how long
)


@dataclass(frozen=True, slots=True)
class Usage:
    """How much of a limit is used, in per cent, and how long Meta says to wait, in seconds (0: it does not say)."""

    per_cent: float = 0.0
    regain_seconds: float = 0.0


def usage_in(headers: httpx2.Headers) -> Usage:
    """The worst that the usage headers of one answer tell; headers that cannot be read tell nothing."""
    entries = [entry for name in HEADERS for entry in _entries(headers.get(name, ""))]
    shares = [_number(entry.get(share)) for entry in entries for share in SHARES]
    minutes = [_number(entry.get("estimated_time_to_regain_access")) for entry in entries]
    return Usage(max(shares, default=0.0), max(minutes, default=0.0) * 60)


@dataclass(slots=True)
class Pace:
    """How long to wait before the next call of one ad account."""

    calls_per_second: float
    now: Callable[[], float] = field(repr=False)
    _bucket: TokenBucket = field(init=False)
    _resume_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Start with nothing known of the account's use."""
        self._bucket = TokenBucket(self.calls_per_second, self.now)
        self._resume_at = self.now()

    def seconds_of_the_rate(self) -> float:
        """Take one call out of the agreed rate: at most about a second's wait."""
        return self._bucket.take()

    def seconds_of_the_limit(self) -> float:
        """What is left of the wait that the last answer's use of the limit asked for."""
        return max(0.0, self._resume_at - self.now())

    def saw(self, headers: httpx2.Headers) -> None:
        """Read the use of the limits from an answer."""
        self._resume_at = self.now() + _rest(usage_in(headers))


def _rest(usage: Usage) -> float:
    """Nothing up to 75 per cent, then a wait that grows so that the remaining calls spread out, then a long one."""
    if usage.per_cent < EASY:
        return 0.0
    if usage.per_cent >= NEARLY_FULL:
        return usage.regain_seconds or UNTIL_EASED
    return LONGEST_SPREAD * (usage.per_cent - EASY) / (NEARLY_FULL - EASY)


def _entries(header: str) -> Iterator[Mapping[str, Any]]:
    """Objects with figures, either the header itself or the lists that it holds for each business or account."""
    try:
        content = json.loads(header)
    except ValueError:
        return
    if not isinstance(content, dict):
        return
    yield content
    for listed in content.values():
        if isinstance(listed, list):
            yield from (entry for entry in listed if isinstance(entry, dict))


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
