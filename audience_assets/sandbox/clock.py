"""The sandbox's own time, which tests and rehearsals can move forward."""

import time


class Clock:
    """Real time plus what it was advanced by.

    `date_off` is by how many seconds the Date header of answers is wrong; nothing else goes by it.
    """

    def __init__(self) -> None:
        self._ahead = 0.0
        self.date_off = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self._ahead

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once."""
        self._ahead += seconds
