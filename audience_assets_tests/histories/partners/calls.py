"""Watches each call on its way to a partner: it may be the end of the run, and time may pass before it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from audience_assets_tests.histories.faults import Faults


@dataclass(frozen=True)
class WatchedHttp:
    """A client that is shared by all lives, each call an effect; looked at once it was made, answered or not."""

    http: httpx2.Client
    life: Faults
    before: Callable[[], None]
    after: Callable[[], None]

    def request(self, method: str, url: str, **given: Any) -> httpx2.Response:
        def act() -> httpx2.Response:
            try:
                return self.http.request(method, url, **given)
            finally:
                self.after()

        self.before()
        return self.life.effect(f"call {method} {_edge(url)}", act)

    def close(self) -> None:
        """It stays open for the next life."""


def _edge(url: str) -> str:
    last = url.rstrip("/").rpartition("/")[2]
    return "audience" if last.isdigit() else last
