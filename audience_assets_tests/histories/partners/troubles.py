"""What befalls one run: faults of the partner's, hours that pass, and the end of the process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from audience_assets.sandbox.clock import Clock
from audience_assets_tests.histories.faults import Kill

WINDOW = 90 * 60
EFFECTS = (12, 40, 120)
"""A kill comes among the first so many effects of a run."""


@dataclass
class Troubles:
    """The troubles of one run.

    Attributes:
        kill: At which effect the process ends.
        faults: What the partner's answers suffer.
        leaps: Seconds that pass before the call of a number.
        may_refuse: Whether a person may be told to act.
    """

    kill: Kill | None = None
    faults: list[Any] = field(default_factory=list)
    leaps: dict[int, float] = field(default_factory=dict)
    may_refuse: bool = False
    _calls: int = 0
    _advance: Callable[[float], None] = lambda _seconds: None

    def begin(self, account: Any, clock: Clock) -> None:
        """Let them come over an account."""
        account.faults[:] = self.faults
        self._advance = clock.advance

    def end(self, account: Any) -> None:
        """They pass."""
        account.faults.clear()

    def before_call(self) -> None:
        """Time may pass."""
        self._calls += 1
        self.sleep(self.leaps.get(self._calls, 0.0))

    def sleep(self, seconds: float) -> None:
        """Wait, by the partner's clock and by ours."""
        self._advance(seconds)


def random_kill(rng: Random) -> Kill | None:
    """The end of the process, in nearly half of all runs."""
    if rng.random() > 0.45:
        return None
    return rng.randrange(rng.choice(EFFECTS)), rng.choice(("before", "after"))


def random_leaps(rng: Random) -> dict[int, float]:
    """Minutes or hours that pass in the middle of a delivery."""
    if rng.random() > 0.3:
        return {}
    pauses = (600.0, 0.5 * WINDOW, WINDOW - 120, WINDOW + 60, 100 * 60.0, 3 * WINDOW)
    return {rng.randrange(1, 25): rng.choice(pauses) for _ in range(rng.choice((1, 2, 3)))}
