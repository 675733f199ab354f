"""Asks a partner for one thing until there is an answer, and says in a sentence why there is none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from audience_assets.errors import DeliveryInterruptedError
from audience_assets.http.outcome import Done, Outcome, Refused, Retry, Unknown
from audience_assets.http.repeating import PassingError, Patience, repeating

Result = TypeVar("Result")
Twice = Literal["harmless", "wrong"]
"""Whether doing a thing twice is wrong; then it is asked for again only when the partner says that it did nothing."""

UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)


class UnknownOutcomeError(DeliveryInterruptedError):
    """The partner may have done it or not, and doing it twice is wrong: look before asking again."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of whom, for sentences such as "could not add batch 3 to audience 123"."""

    partner: str
    what: str
    twice: Twice


def ask(
    wish: Wish,
    attempt: Callable[[], Outcome],
    read: Callable[[Mapping[str, Any]], Result],
    patience: Patience,
) -> Result:
    """What `read` finds in the answer; an answer that it cannot read is no success.

    Raises:
        DestinationRefusedError: the partner will refuse again.
        UnknownOutcomeError: it may be done, and must not be done twice.
        DeliveryInterruptedError: the patience of this call is used up.
    """

    def once() -> Result:
        outcome = attempt()
        if isinstance(outcome, Done):
            try:
                return read(outcome.body)
            except UNREADABLE:
                outcome = Unknown("an answer without the fields that the API documents")
        error = _error(outcome, wish)
        raise error  # not inside the handler: nothing of the answer hangs on to it

    return repeating(once, patience)


def minutes(seconds: float) -> str:
    """A stretch of time in words."""
    number = max(1, round(seconds / 60))
    return "a minute" if number == 1 else f"{number} minutes"


def _error(outcome: Retry | Refused | Unknown, wish: Wish) -> Exception:
    """The error of an attempt that did not go well; a PassingError where it may be repeated."""
    if isinstance(outcome, Refused):
        return outcome.error
    if isinstance(outcome, Retry):
        when = "later" if outcome.seconds is None else f"in {minutes(outcome.seconds)}"
        return PassingError(
            f"could not {wish.what}: {wish.partner} or the way to it is busy ({outcome.said}); run again {when}",
            outcome.seconds,
        )
    if wish.twice == "wrong":
        return UnknownOutcomeError(
            f"it is not known whether {wish.partner} did {wish.what} ({outcome.said}): run again; it is looked up before it"
            " is asked for again"
        )
    return PassingError(
        f"could not {wish.what}: {wish.partner} or the way to it is failing ({outcome.said}); run again, nothing is done"
        " twice"
    )
