"""How many calls TikTok takes, by the tier of the app, and how long it wants to be left alone after too many."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from audience_assets.http.pace import CallWindows

Tier = Literal["basic", "advanced", "premium", "ultimate", "sandbox"]
"""What TikTok calls an app's level of calls; `sandbox` is TikTok's own."""

CALLS: dict[Tier, tuple[int, int]] = {
    "basic": (10, 600),
    "advanced": (20, 1200),
    "premium": (30, 1800),
    "ultimate": (50, 3000),
    "sandbox": (1, 30),
}
"""Calls a second and calls a minute."""

SECOND, MINUTE = 1.0, 60.0
SUSPENSION = 300.0
"""How long TikTok refuses everything after too many calls a minute, in seconds."""


@dataclass(slots=True)
class Pace:
    """How long to wait before the next call of one advertiser."""

    tier: Tier
    now: Callable[[], float] = field(repr=False)
    _windows: CallWindows = field(init=False)
    _limited: bool = False

    def __post_init__(self) -> None:
        """Start with no calls made."""
        a_second, a_minute = CALLS[self.tier]
        self._windows = CallWindows(((a_second, SECOND), (a_minute, MINUTE)), self.now)

    def seconds_of_the_rate(self) -> float:
        """Take one call out of the tier's, and say how long to wait before making it."""
        return self._windows.take()

    def seconds_of_the_limit(self) -> float:
        """How long to pause after TikTok has said that there were too many calls.

        It does not say of which limit: a second clears the one of a second, and whoever is refused again is suspended.
        """
        seconds = SUSPENSION if self._limited else SECOND
        self._limited = True
        return seconds

    def went_well(self) -> None:
        """TikTok takes calls again."""
        self._limited = False
