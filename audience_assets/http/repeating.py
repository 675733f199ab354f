"""Repeats a call after the pauses that the partner's answers ask for, until the patience of that one call is used up."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import stamina

from audience_assets.errors import DeliveryInterruptedError

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 120.0  # seconds, doubled from one attempt to the next

Result = TypeVar("Result")
logger = logging.getLogger(__name__)


class PassingError(DeliveryInterruptedError):
    """It may go well a moment later: after `seconds`, or after a growing pause when the partner named none."""

    def __init__(self, message: str, seconds: float | None = None) -> None:
        super().__init__(message)
        self.seconds = seconds


@dataclass(slots=True)
class Patience:
    """What all pauses of one call may take together, in seconds."""

    seconds: float
    sleep: Callable[[float], None] = field(repr=False)
    _spent: float = 0.0
    _growing: float = FIRST_PAUSE

    def pause(self, seconds: float, reason: object) -> bool:
        """Wait, or say at once that the patience does not reach that far."""
        if self._spent + seconds > self.seconds:
            return False
        if seconds > 0:
            logger.info("waiting %.0f s: %s", seconds, reason)
            self.sleep(seconds)
            self._spent += seconds
        return True

    def before_repeating(self, error: Exception) -> bool | float:
        """Stamina's hook: whether to repeat. The pause is taken here, so that tests can have their own clock."""
        if not isinstance(error, PassingError):
            return False
        seconds = error.seconds
        if seconds is None:
            seconds, self._growing = self._growing, min(self._growing * 2, LONGEST_PAUSE)
        return 0.0 if self.pause(seconds, error) else False


def repeating(attempt_once: Callable[[], Result], patience: Patience) -> Result:
    """Call until it goes well.

    Raises:
        PassingError: the last one, when the patience was used up.
        Exception: whatever else the call raises, at once.
    """
    for attempt in stamina.retry_context(on=patience.before_repeating, attempts=None, timeout=None):
        with attempt:
            return attempt_once()
    raise AssertionError("stamina returned without a result or an error")
