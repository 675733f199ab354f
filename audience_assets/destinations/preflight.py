"""What a preflight is made of: named checks that only look, each with one finding, in the order in which they need each other."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

from audience_assets.errors import (
    AudienceAssetsError,
    DeliveryInterruptedError,
    DestinationRefusedError,
    StateError,
)

Severity = Literal["error", "warning"]
Subject = TypeVar("Subject")

SLIGHTLY_WRONG, WRONG = 60.0, 300.0
"""Seconds between our clock and a partner's, above which it is worth a word, and above which signatures are at risk."""


PATIENCE_SECONDS, TIMEOUT_SECONDS = 5.0, 20.0
"""What one reading may wait at most."""


class _Waits(Protocol):
    """What a client's access says of waiting."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def patience_seconds(self) -> float: ...

    @property
    def timeout_seconds(self) -> float: ...


Access = TypeVar("Access", bound=_Waits)


class ConcernError(AudienceAssetsError):
    """Worth a person's look soon; it holds nothing back."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check came to.

    Attributes:
        check: Its name.
        passed: None where it was not looked at, because something before it failed.
        sentence: What was seen and what to do. Never a secret, never a value of a customer.
        severity: Of one that did not pass; an error holds a delivery back.
    """

    check: str
    passed: bool | None
    sentence: str
    severity: Severity = "error"

    @property
    def holds_back(self) -> bool:
        """Whether nothing should be sent before a person has acted."""
        return self.passed is False and self.severity == "error"


@dataclass(frozen=True, slots=True)
class Check(Generic[Subject]):
    """One thing to look at.

    Attributes:
        name: As the table, the JSON and the Dagster UI show it.
        proves: What it proves when it passes, for people.
        look: Says what was seen; raises one of our errors where that is not well.
        after: Checks without which there is nothing to see.
        blocking: Whether it holds back the whole delivery, and not only one audience, which the sender refuses by itself.
    """

    name: str
    proves: str
    look: Callable[[Subject], str]
    after: tuple[str, ...] = ()
    blocking: bool = True


@dataclass(frozen=True, slots=True)
class Preflight:
    """What a kind of destination looks at before its first byte.

    Attributes:
        checks: In the order in which they are looked at.
        opened: What the checks look at, given the partner's ids of the audiences that matter, by our name for each.
    """

    checks: tuple[Check[Any], ...]
    opened: Callable[[Mapping[str, str]], AbstractContextManager[Any]]


def opening(
    checks: tuple[Check[Subject], ...], make: Callable[[Mapping[str, str], ExitStack], Subject]
) -> Preflight:
    """A preflight whose subject opens what it needs on a stack, which is closed when the preflight is over."""

    @contextmanager
    def opened(audiences: Mapping[str, str]) -> Iterator[Subject]:
        with ExitStack() as stack:
            yield make(audiences, stack)

    return Preflight(checks, opened)


def hurried(access: Access) -> Access:
    """The same access with little patience: a preflight is for finding out, not for getting through."""
    return replace(
        access,
        patience_seconds=min(access.patience_seconds, PATIENCE_SECONDS),
        timeout_seconds=min(access.timeout_seconds, TIMEOUT_SECONDS),
    )


def nothing_to_look_at(_name: str, _settings: object) -> Preflight:
    """The preflight of a partner at whom there is nothing to prove."""
    return Preflight((), lambda _: nullcontext())


def findings(
    checks: Iterable[Check[Subject]], subject: Subject, unmet: dict[str, str] | None = None
) -> Iterator[Finding]:
    """Look at everything in order; what needs a check that failed is not looked at.

    Args:
        checks: What to look at.
        subject: What the checks look at.
        unmet: Names of checks that failed before, each with the one that is to blame; it is continued here.
    """
    unmet = {} if unmet is None else unmet
    for check in checks:
        if blame := next((unmet[name] for name in check.after if name in unmet), None):
            unmet[check.name] = blame
            said = f"not looked at: {blame} failed"
            yield Finding(check.name, passed=None, sentence=said, severity="warning")
            continue
        found, error = _look(check, subject)
        if error is not None and not isinstance(error, ConcernError):
            unmet[check.name] = check.name
        yield found


def clock_sentence(seconds_ahead: float | None) -> str:
    """What to say of a partner's clock that is so many seconds ahead of ours.

    Raises:
        ConcernError: The clocks differ by more than a minute, or the partner does not tell its time.
        DestinationRefusedError: They differ by more than five minutes, which breaks signatures with a time in them.
    """
    if seconds_ahead is None:
        raise ConcernError("the partner does not tell its time, so this machine's clock was not compared")
    apart = f"this machine's clock is {abs(seconds_ahead):.0f} s {'behind' if seconds_ahead > 0 else 'ahead of'} the partner's"
    if abs(seconds_ahead) > WRONG:
        raise DestinationRefusedError(f"{apart}: set it, best from a time server")
    if abs(seconds_ahead) > SLIGHTLY_WRONG:
        raise ConcernError(f"{apart}: set it before signatures are refused, above {WRONG:.0f} s")
    return f"this machine's clock is within {SLIGHTLY_WRONG:.0f} s of the partner's"


def _look(check: Check[Subject], subject: Subject) -> tuple[Finding, AudienceAssetsError | None]:
    """One finding, and its error. What passes by itself is a warning: the delivery tries again by itself."""
    try:
        return Finding(check.name, passed=True, sentence=check.look(subject)), None
    except AudienceAssetsError as error:
        passing = isinstance(error, ConcernError | DeliveryInterruptedError)
        severity: Severity = "warning" if passing else "error"
        return Finding(check.name, passed=False, sentence=str(error), severity=severity), error
    except OSError as error:
        what = f"{error.strerror}: {error.filename}" if error.filename else type(error).__name__
        refused = StateError(f"{what}; mend the file, the disk or its rights")
        return Finding(check.name, passed=False, sentence=str(refused)), refused
