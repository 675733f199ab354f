"""A token bucket: no more calls a second than agreed, with a second's worth of them at once."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class TokenBucket:
    """Calls that may be made, filled up with time; `now` is a clock in seconds that never goes back."""

    calls_per_second: float
    now: Callable[[], float] = field(repr=False)
    _calls: float = field(init=False)
    _filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Start with a full bucket."""
        self._calls = self._most
        self._filled_at = self.now()

    @property
    def _most(self) -> float:
        return max(1.0, self.calls_per_second)

    def take(self) -> float:
        """Take one call out and return how many seconds to wait before making it."""
        moment = self.now()
        self._calls = min(self._most, self._calls + (moment - self._filled_at) * self.calls_per_second) - 1
        self._filled_at = moment
        return max(0.0, -self._calls / self.calls_per_second)
