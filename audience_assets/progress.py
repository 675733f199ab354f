"""How far long work is: a step says what it does, and whoever wants to know is told now and then. Counts, never a value.

Who is told stands beside the call and is not handed through it: a step's tasks are plain functions that may as well run
in other processes, where nobody listens. Where nobody does, nothing of this costs anything; and nothing of it can fail a
step.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import TypeVar

import duckdb
import pyarrow as pa

Item = TypeVar("Item")

FIRST_LOOK, NEXT_LOOK = 1.0, 0.5
"""Seconds until a listener is told for the first time, and from then on: of a step that is quicker, nobody hears."""

ALMOST = 0.99
"""What is shown at most before the end: DuckDB says 100 % when all is read, and then still writes."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage of a step is.

    Attributes:
        doing: What is being done, as a word for people.
        share: How much of it is done, from 0 to 1; None where that is not known.
        done: How many rows are done; None where that is not known.
        rows: How many rows there are in all; None where that is not known.
        ended: Whether this is the last that is told of the stage.
    """

    doing: str
    share: float | None = None
    done: int | None = None
    rows: int | None = None
    ended: bool = False

    def __str__(self) -> str:
        """In one line: normalizing, 3,200,000 of 10,000,000 rows (32 %)."""
        counted = f"{self.done:,} rows" if self.done is not None else ""
        if self.rows is not None:
            counted = f"{self.rows:,} rows" if self.done is None else f"{self.done:,} of {self.rows:,} rows"
        percent = "" if self.share is None else f"{int(100 * self.share)} %"
        return ", ".join(
            filter(
                None, (self.doing, f"{counted} ({percent})" if counted and percent else counted or percent)
            )
        )


Listener = Callable[[Progress], None]


class Stage:
    """A piece of a step that is watched while it runs: everything in it may be set while it does."""

    def __init__(self, doing: str, rows: int | Callable[[], int | None] | None) -> None:
        self.doing = doing
        self.rows = rows
        self.done: int | None = None
        self.part = (0, 1)
        self.query: tuple[duckdb.DuckDBPyConnection, float, float] | None = None
        self.told = False
        self._reached = 0.0

    def advance(self, rows: int) -> None:
        """So many rows more are done."""
        self.done = (self.done or 0) + rows

    def now(self) -> Progress:
        """How far it is; never less than it was."""
        rows = self._rows()
        if rows and self.done is not None:
            reached = self.done / rows
        else:
            number, parts = self.part
            reached = (number + self._of_the_query()) / parts
        self._reached = max(self._reached, min(reached, ALMOST))
        done = self.done
        if done is None and rows is not None and self._reached:
            done = int(rows * self._reached)
        elif done is not None and rows is not None:
            done = min(done, rows)
        return Progress(self.doing, self._reached or None, done, rows)

    def end(self) -> Progress:
        """What is told when all of it is done."""
        rows = self._rows()
        return Progress(self.doing, 1.0, self.done if rows is None else rows, rows, ended=True)

    def _rows(self) -> int | None:
        if callable(self.rows):
            count, self.rows = self.rows, None
            with suppress(Exception):
                self.rows = count()
        return self.rows

    def _of_the_query(self) -> float:
        """How much of the part under way is done, as far as DuckDB knows: it says -1 where it does not."""
        if self.query is None:
            return 0.0
        connection, first, last = self.query
        percent = 0.0
        with suppress(Exception):
            percent = connection.query_progress()
        return first + (last - first) * min(max(percent, 0.0), 100.0) / 100


class _Watch:
    """Looks at the innermost stage now and then, from a thread of its own, and tells the listeners."""

    def __init__(self, listeners: tuple[Listener, ...]) -> None:
        self.listeners = listeners
        self.lock = Lock()
        self.stages: list[Stage] = []
        self._over = Event()
        self._thread: Thread | None = None

    @contextmanager
    def watching(self, stage: Stage) -> Iterator[None]:
        """Watch a stage until it ends; the end is told only of one that was told of."""
        with self.lock:
            self.stages.append(stage)
        if self._thread is None:
            self._thread = Thread(target=self._look_now_and_then, name="progress", daemon=True)
            self._thread.start()
        try:
            yield
        except BaseException:
            self._leave()
            raise
        self._leave(ended=True)

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _leave(self, *, ended: bool = False) -> None:
        with self.lock:
            stage = self.stages.pop()
            if ended and stage.told:
                self._tell(stage.end())

    def _look_now_and_then(self) -> None:
        pause = FIRST_LOOK
        while not self._over.wait(pause):
            pause = NEXT_LOOK
            with self.lock:  # a stage ends, and a connection closes, before or after a look and never within
                if self.stages:
                    self.stages[-1].told = True
                    self._tell(self.stages[-1].now())

    def _tell(self, progress: Progress) -> None:
        for listener in self.listeners:
            with suppress(Exception):
                listener(progress)


_watch: ContextVar[_Watch | None] = ContextVar("watch", default=None)


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Tell a listener, besides those who are told already, how far the steps are that run within."""
    before = _watch.get()
    watch = _Watch((*(before.listeners if before else ()), listener))
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)
        watch.close()


@contextmanager
def stage(doing: str, rows: int | Callable[[], int | None] | None = None) -> Iterator[Stage]:
    """Work that takes long for many customers.

    Args:
        doing: What is being done.
        rows: How many rows there are; where finding out takes time, a function that is asked once it pays.
    """
    entered, watch = Stage(doing, rows), _watch.get()
    if watch is None:
        yield entered
        return
    with watch.watching(entered):
        yield entered


@contextmanager
def query(connection: duckdb.DuckDBPyConnection, first: float = 0.0, last: float = 1.0) -> Iterator[None]:
    """A long query of a stage, or of one part of it, that takes it from one share of the work to another."""
    watch, current = _watch.get(), _current()
    if watch is None or current is None:
        yield
        return
    with suppress(duckdb.Error):
        connection.execute("set enable_progress_bar_print = false")
        connection.execute("set enable_progress_bar = true")  # else DuckDB does not keep count
    with watch.lock:
        current.query = (connection, first, last)
    try:
        yield
    finally:
        with watch.lock:
            current.query = None


def each(items: Iterable[Item], of: int) -> Iterator[Item]:
    """The parts of a stage, one after the other, or the results of its parts as they come; each is as much work."""
    current = _current()
    for number, item in enumerate(items, start=1):
        yield item
        if current is not None:
            current.part = (number, of)


def counted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of rows, which count as done when the next one is asked for."""
    current = _current()
    for batch in batches:
        yield batch
        if current is not None:
            current.advance(batch.num_rows)


def _current() -> Stage | None:
    watch = _watch.get()
    return watch.stages[-1] if watch is not None and watch.stages else None
