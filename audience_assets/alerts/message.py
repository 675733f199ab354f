"""The message about a run: what failed, why, and what to do. Pure text; the sentences are those of the failures and checks."""

from collections.abc import Sequence
from dataclasses import dataclass

LISTED = 20
"""How many causes a message lists; the run has all."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that went wrong in a run.

    Attributes:
        place: The asset, or the check and its asset.
        cause: Says in sentences of this package what happened and what to do; never a traceback.
    """

    place: str
    cause: str


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, without the marks of any channel."""

    subject: str
    text: str


def compose(what: str, problems: Sequence[Problem], link: str, *, failed: bool) -> Message:
    """The message about a run that failed, or that went through although checks failed.

    Args:
        what: The run's job, and its day or days if it has any.
        problems: The steps and checks that failed.
        link: Where the run is to be seen.
        failed: Whether the run failed.
    """
    number = _number(len(problems))
    outcome = "failed." if failed else f"went through, but {number}."
    places = ", ".join(dict.fromkeys(each.place for each in problems))
    subject = f"{what} failed: {places}" if failed else f"{what}: {number}"
    lines = [f"- {each.place}: {_without_its_place(each)}" for each in problems[:LISTED]]
    more = [f"- and {len(problems) - LISTED} more"] if len(problems) > LISTED else []
    return Message(subject, "\n".join([f"{what} {outcome}", "", *lines, *more, "", f"Run: {link}"]))


def _number(checks: int) -> str:
    return "1 check failed" if checks == 1 else f"{checks} checks failed"


def _without_its_place(problem: Problem) -> str:
    """Failures begin with the asset's name, which stands before them already."""
    return " ".join(problem.cause.split()).removeprefix(problem.place).lstrip(": ") or "failed"
