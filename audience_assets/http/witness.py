"""Listens to a partner's answers beside whoever asked for them: the last one, and by how much the partner's clock differs."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from audience_assets.http.outcome import json_object

HALF_A_SECOND = 0.5
"""A Date header is cut to whole seconds."""


@dataclass(slots=True)
class Witness:
    """What was seen of a connection's answers; `now` is this machine's clock in seconds since 1970.

    `seconds_ahead` is how far the partner's clock is ahead of ours, None where no answer told its date.
    """

    now: Callable[[], float] = field(default=time.time, repr=False)
    last: httpx2.Response | None = field(default=None, repr=False)
    seconds_ahead: float | None = None

    def listen(self, connection: httpx2.Client) -> None:
        """Hear of every answer of a connection from now on."""
        connection.event_hooks = {"response": [self._saw]}

    def last_object(self) -> Mapping[str, Any]:
        """The JSON object of the last answer; an empty one where it was none, or broke off."""
        try:
            found = None if self.last is None else json_object(self.last)
        except httpx2.StreamError:
            return {}
        return found or {}

    def _saw(self, response: httpx2.Response) -> None:
        self.last = response
        self.seconds_ahead = seconds_ahead(response.headers.get("Date"), self.now())


def seconds_ahead(date: str | None, now: float) -> float | None:
    """By how much a Date header is ahead of a moment in seconds since 1970; None where it is no date."""
    try:
        moment = parsedate_to_datetime(date or "")
    except ValueError:
        return None
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (known - datetime.fromtimestamp(now, UTC)).total_seconds() + HALF_A_SECOND
