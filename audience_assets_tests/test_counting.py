"""Calls are counted where they leave: those that are needed, and apart from them those that nobody can foretell."""

from audience_assets import counting
from audience_assets.counting import Calls


def told(calls: Calls) -> tuple[int, int, int]:
    return calls.needed, calls.waiting, calls.sent_bytes


def test_the_same_request_once_more_is_a_repeat_and_its_bytes_count() -> None:
    request, another = object(), object()
    with counting.counted() as calls:
        for each in (request, request, another):
            counting.made(each, 10)
        counting.repeated(2)
    assert told(calls) == (2, 3, 30)


def test_what_comes_of_waiting_is_counted_apart_unless_it_does_not_hold() -> None:
    with counting.counted() as calls:
        with counting.unforetold():
            with counting.unforetold(when=False):
                counting.made(object(), 1)
            counting.found_it_busy()
        with counting.unforetold(when=False):
            counting.made(object(), 1)
    assert told(calls) == (1, 1, 2)


def test_a_look_that_found_the_partner_busy_was_waiting_after_all() -> None:
    with counting.counted() as calls:
        counting.made(object(), 0)
        counting.found_it_busy()
        counting.made(object(), 0)
    assert told(calls) == (1, 1, 0)


def test_nothing_is_counted_where_nobody_listens_or_no_longer() -> None:
    counting.made(object(), 1)
    counting.found_it_busy()
    with counting.counted() as calls:
        pass
    counting.made(object(), 1)
    assert told(calls) == (0, 0, 0)
