"""Progress in a log: few lines, none for what is quick."""

from collections.abc import Callable
from time import monotonic

from audience_assets.progress import Progress


class Lines:
    """A listener that says few lines: the first after some seconds, the next ones at a pace, and the end of what was said."""

    def __init__(
        self,
        say: Callable[[str], None],
        *,
        first: float = 5.0,
        every: float = 10.0,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._say = say
        self._every = every
        self._clock = clock
        self._next = clock() + first
        self._open: set[str] = set()

    def __call__(self, progress: Progress) -> None:
        """Say it, if it is time."""
        now = self._clock()
        if progress.ended:
            if progress.doing not in self._open:
                return
            self._open.discard(progress.doing)
        elif now < self._next:
            return
        else:
            self._next = now + self._every
            self._open.add(progress.doing)
        self._say(str(progress))
