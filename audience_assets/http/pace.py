"""How long to wait before the next call, so that a partner gets no more of them than agreed."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class TokenBucket:
    """Calls that may be made, with a second's worth of them at once, filled up with time; `now` is a clock in seconds that never goes back."""

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


@dataclass(slots=True)
class CallWindows:
    """No more calls than agreed within any stretch of so many seconds, for several pairs of calls and seconds.

    Exact where a partner punishes a breach; `now` is a clock in seconds that never goes back.
    """

    windows: tuple[tuple[int, float], ...]
    now: Callable[[], float] = field(repr=False)
    _made: deque[float] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Start with no calls made."""
        self._made = deque(maxlen=max(calls for calls, _ in self.windows))

    def take(self) -> float:
        """Take one call and return how many seconds to wait before making it."""
        moment = self.now()
        free = [self._made[-calls] + seconds for calls, seconds in self.windows if len(self._made) >= calls]
        at = max(moment, *free) if free else moment
        self._made.append(at)
        return at - moment
