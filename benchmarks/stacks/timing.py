"""Adds up the time that named functions of ours take, in the benchmark's process only."""

from collections import defaultdict
from collections.abc import Callable
from contextlib import contextmanager
from functools import wraps
from inspect import isfunction
from time import perf_counter, process_time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stopwatch:
    """Seconds by label; a call inside a call of the same label counts once."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.cpu_seconds: dict[str, float] = defaultdict(float)
        self._under_way: set[str] = set()

    def watch(self, owner: Any, name: str, label: str) -> None:
        """Time a function of a module, or a method of a class, from now on."""
        found = vars(owner)[name]
        function = found.__func__ if isinstance(found, classmethod) else found
        timed = self._timed(function, label)
        setattr(owner, name, classmethod(timed) if isinstance(found, classmethod) else timed)

    def watch_all(self, owner: type, label: str) -> None:
        """Time every public method of a class."""
        for name, found in list(vars(owner).items()):
            if not name.startswith("_") and (isfunction(found) or isinstance(found, classmethod)):
                self.watch(owner, name, label)

    def totals(self) -> dict[str, dict[str, float]]:
        """Seconds and processor seconds of this process by label."""
        return {
            label: {"seconds": self.seconds[label], "cpu_seconds": self.cpu_seconds[label]}
            for label in self.seconds
        }

    def _timed(self, function: Callable[..., Any], label: str) -> Callable[..., Any]:
        @wraps(function)
        def timed(*arguments: Any, **named: Any) -> Any:
            with self._running(label):
                return function(*arguments, **named)

        return timed

    @contextmanager
    def _running(self, label: str) -> "Iterator[None]":
        if label in self._under_way:
            yield
            return
        self._under_way.add(label)
        began, used = perf_counter(), process_time()
        try:
            yield
        finally:
            self._under_way.discard(label)
            self.seconds[label] += perf_counter() - began
            self.cpu_seconds[label] += process_time() - used
