import pytest

from audience_assets.http.pace import CallWindows, TokenBucket


class Clock:
    moment = 50.0

    def now(self) -> float:
        return self.moment


def test_a_second_worth_of_calls_goes_at_once_and_then_one_after_another() -> None:
    bucket = TokenBucket(4.0, Clock().now)
    assert [bucket.take() for _ in range(7)] == [0, 0, 0, 0, 0.25, 0.5, 0.75]


def test_over_any_time_no_more_calls_are_made_than_agreed() -> None:
    clock = Clock()
    bucket = TokenBucket(10.0, clock.now)
    for _ in range(1000):
        clock.moment += bucket.take()
    assert clock.moment - 50.0 == pytest.approx(99.0)


def test_an_idle_bucket_holds_no_more_than_a_second() -> None:
    clock = Clock()
    bucket = TokenBucket(2.0, clock.now)
    clock.moment += 3600
    assert [bucket.take() for _ in range(3)] == [0, 0, 0.5]


def test_less_than_one_call_a_second_is_kept_too() -> None:
    clock = Clock()
    bucket = TokenBucket(0.5, clock.now)
    assert [bucket.take(), bucket.take()] == [0, 2.0]


def test_no_window_has_more_calls_than_agreed_wherever_it_begins() -> None:
    clock = Clock()
    windows = CallWindows(((3, 1.0), (5, 10.0)), clock.now)
    made = []
    for _ in range(12):
        clock.moment += windows.take()
        made.append(clock.moment - 50.0)
    assert made == [0, 0, 0, 1, 1, 10, 10, 10, 11, 11, 20, 20]


def test_an_idle_window_is_free_again() -> None:
    clock = Clock()
    windows = CallWindows(((2, 1.0),), clock.now)
    assert [windows.take() for _ in range(3)] == [0, 0, 1.0]
    clock.moment += 3600
    assert [windows.take() for _ in range(3)] == [0, 0, 1.0]
