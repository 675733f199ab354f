"""Counts the calls that reach a partner: every client tells each call that it makes, and whoever wants to know listens.

Who counts stands beside the call and is not handed through the clients, as with audience_assets.progress.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Calls:
    """Calls of one delivery, so far.

    Attributes:
        needed: Calls without which it cannot be delivered, however quick the partner is; a forecast says their number.
        waiting: All others, which nobody can foretell: looks that find the partner not ready, repeats of a call, further
            pages of a list, and asking whom of a batch a partner refused.
        sent_bytes: Bytes of the bodies of all of them.
    """

    needed: int = 0
    waiting: int = 0
    sent_bytes: int = 0
    _last: object = field(default=None, repr=False)


_calls: ContextVar[Calls | None] = ContextVar("calls", default=None)
_unforetold: ContextVar[bool] = ContextVar("unforetold", default=False)


@contextmanager
def counted() -> Iterator[Calls]:
    """Count the calls that are made within."""
    token = _calls.set(calls := Calls())
    try:
        yield calls
    finally:
        _calls.reset(token)


@contextmanager
def unforetold(*, when: bool = True) -> Iterator[None]:
    """What is called within is waiting, or comes of it; nothing changes where `when` does not hold."""
    token = _unforetold.set(when or _unforetold.get())
    try:
        yield
    finally:
        _unforetold.reset(token)


def made(request: object, sent_bytes: int) -> None:
    """A call is about to leave; the same request object once more is a repeat."""
    calls = _calls.get()
    if calls is None:
        return
    if _unforetold.get() or request is calls._last:  # noqa: SLF001 - our own
        calls.waiting += 1
    else:
        calls.needed += 1
    calls.sent_bytes += sent_bytes
    calls._last = request  # noqa: SLF001


def repeated(times: int) -> None:
    """What a library of ours repeated by itself."""
    if (calls := _calls.get()) is not None:
        calls.waiting += times


def found_it_busy() -> None:
    """The call that was just answered only found that the partner is not ready."""
    calls = _calls.get()
    if calls is not None and not _unforetold.get():
        calls.needed -= 1
        calls.waiting += 1
