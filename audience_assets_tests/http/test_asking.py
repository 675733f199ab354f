from collections.abc import Callable

import pytest

from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError
from audience_assets.http.asking import Twice, UnknownOutcomeError, Wish, ask, minutes
from audience_assets.http.outcome import Done, Outcome, Refused, Retry, Unknown
from audience_assets.http.repeating import Patience

DONE = Done({"id": "1"})


def script(*outcomes: Outcome) -> Callable[[], Outcome]:
    """An attempt that comes to each outcome in turn."""
    left = list(outcomes)
    return lambda: left.pop(0)


def asked(*outcomes: Outcome, twice: Twice = "harmless", seconds: float = 1000.0) -> tuple[str, list[float]]:
    """What came of it, and the pauses on the way."""
    slept: list[float] = []
    wish = Wish("Partner", "add batch 3", twice)
    found = ask(wish, script(*outcomes), lambda body: str(body["id"]), Patience(seconds, slept.append))
    return found, slept


def test_what_may_be_done_twice_is_asked_until_it_is_done() -> None:
    assert asked(Unknown("cut short"), Retry("busy", 30.0), Retry("busy"), DONE) == ("1", [1.0, 30.0, 2.0])


def test_what_must_not_be_done_twice_is_asked_again_only_where_nothing_was_done() -> None:
    assert asked(Retry("busy"), DONE, twice="wrong") == ("1", [1.0])
    with pytest.raises(
        UnknownOutcomeError, match=r"whether Partner did add batch 3 \(cut short\).*looked up"
    ):
        asked(Unknown("cut short"), DONE, twice="wrong")


def test_an_answer_that_cannot_be_read_is_no_success() -> None:
    assert asked(Done({}), DONE) == ("1", [1.0])
    with pytest.raises(UnknownOutcomeError, match="without the fields that the API documents") as error:
        asked(Done({}), twice="wrong")
    assert error.value.__context__ is None


def test_a_refusal_is_raised_as_it_is() -> None:
    with pytest.raises(DestinationRefusedError, match="no such audience"):
        asked(Refused(DestinationRefusedError("no such audience")))


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        (Retry("code 4", 301.0), r"Partner or the way to it is busy \(code 4\); run again in 5 minutes"),
        (Retry("code 4"), "run again later"),
        (Unknown("code 2"), r"is failing \(code 2\); run again, nothing is done twice"),
    ],
)
def test_when_the_patience_is_used_up_a_sentence_says_why(outcome: Outcome, says: str) -> None:
    with pytest.raises(DeliveryInterruptedError, match=f"could not add batch 3: .*{says}"):
        asked(outcome, seconds=0.0)


def test_a_stretch_of_time_is_said_in_minutes() -> None:
    assert [minutes(seconds) for seconds in (0.5, 89, 300)] == ["a minute", "a minute", "5 minutes"]
