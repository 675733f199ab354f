from collections.abc import Callable

import pytest

from audience_assets.errors import DestinationRefusedError
from audience_assets.http.repeating import PassingError, Patience, repeating


def script(*errors: Exception | None) -> Callable[[], str]:
    """A call that fails with each error in turn and then goes well."""
    left = list(errors)

    def call() -> str:
        if left and (error := left.pop(0)):
            raise error
        return "done"

    return call


def test_a_call_is_repeated_after_named_and_growing_pauses() -> None:
    slept: list[float] = []
    call = script(PassingError("a"), PassingError("b", 30.0), PassingError("c"), PassingError("d", 0.0))
    assert repeating(call, Patience(100.0, slept.append)) == "done"
    assert slept == [1.0, 30.0, 2.0]


def test_the_last_error_is_raised_when_the_next_pause_is_beyond_the_patience() -> None:
    slept: list[float] = []
    with pytest.raises(PassingError, match="second"):
        repeating(
            script(PassingError("first", 6.0), PassingError("second", 6.0)), Patience(10.0, slept.append)
        )
    assert slept == [6.0]


def test_any_other_error_is_raised_at_once() -> None:
    with pytest.raises(DestinationRefusedError, match="no"):
        repeating(script(DestinationRefusedError("no")), Patience(10.0, lambda _: pytest.fail("slept")))
