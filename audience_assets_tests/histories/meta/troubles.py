"""What befalls one run: faults of Meta's, hours that pass, audiences that stay busy, and the end of the process."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.faults import Fault, OperationName
from audience_assets.sandbox.meta.platform import Account
from audience_assets_tests.histories.faults import Kill

OPERATIONS: tuple[OperationName, ...] = (
    "create",
    "list",
    "get",
    "users_add",
    "users_remove",
    "users_replace",
)
WINDOW = 90 * 60
EFFECTS = (12, 40, 120)
"""A kill comes among the first so many effects of a run."""


@dataclass
class Troubles:
    """The troubles of one run.

    Attributes:
        kill: At which effect the process ends.
        faults: What Meta's answers suffer.
        leaps: Seconds that pass before the call of a number.
        busy: The operation status of every audience until the clock has gone on by so many seconds.
        may_refuse: Whether a person may be told to act.
    """

    kill: Kill | None = None
    faults: list[Fault] = field(default_factory=list)
    leaps: dict[int, float] = field(default_factory=dict)
    busy: tuple[int, float] | None = None
    may_refuse: bool = False
    _calls: int = 0
    _release: Callable[[], None] = lambda: None
    _advance: Callable[[float], None] = lambda _seconds: None

    def begin(self, account: Account, clock: Clock) -> None:
        """Let them come over an account."""
        account.faults[:] = self.faults
        self._advance = clock.advance
        if self.busy is not None:
            status, seconds = self.busy
            until = clock.now() + seconds
            for audience in account.audiences.values():
                audience.forced_status = status

            def release() -> None:
                if clock.now() >= until:
                    self.end(account)

            self._release = release

    def end(self, account: Account) -> None:
        """They pass."""
        for audience in account.audiences.values():
            audience.forced_status = None

    def before_call(self) -> None:
        """Time may pass."""
        self._calls += 1
        self.sleep(self.leaps.get(self._calls, 0.0))

    def sleep(self, seconds: float) -> None:
        """Wait, by Meta's clock and by ours."""
        self._advance(seconds)
        self._release()


def random_troubles(rng: Random) -> Troubles:
    """One or several kinds at once."""
    troubles = Troubles()
    if rng.random() < 0.45:
        troubles.kill = rng.randrange(rng.choice(EFFECTS)), rng.choice(("before", "after"))
    if rng.random() < 0.6:
        troubles.faults = [random_fault(rng) for _ in range(rng.choice((1, 1, 2, 4)))]
        troubles.may_refuse = any(fault.kind in {"code", "truncated"} for fault in troubles.faults)
    if rng.random() < 0.3:
        troubles.leaps = {
            rng.randrange(1, 40): rng.choice((600.0, 0.5 * WINDOW, WINDOW - 120, WINDOW + 60, 3 * WINDOW))
            for _ in range(rng.choice((1, 2, 3)))
        }
    if rng.random() < 0.2:
        troubles.busy = rng.choice((414, 441, 415)), rng.choice((1.0, 60.0, 600.0, 7200.0))
    return troubles


def random_fault(rng: Random) -> Fault:
    """Any answer that a call may get in place of its own."""
    fault = Fault(
        rng.choice((*OPERATIONS, "users_add", "users_replace", "*")),
        rng.choice(("drop_before", "drop_after", "error", "code", "truncated")),
        times=rng.choice((1, 1, 1, 2, 30)),
        after=rng.choice((0, 0, 0, 1, 2, 5)),
        applied=rng.random() < 0.3,
    )
    if fault.kind == "error":
        fault.status, fault.body = rng.choice(
            (
                (500, "<html>Sorry</html>"),
                (502, ""),
                (429, "{}"),
                (503, "{}"),
                (200, "null"),
                (200, '{"x": 1}'),
            )
        )
        fault.applied = fault.applied and fault.status != 429
    if fault.kind == "code":
        fault.code, fault.subcode = rng.choice(
            (
                (1, None),
                (2, None),
                (1, 99),
                (80003, None),
                (17, None),
                (2650, 1870145),
                (190, 463),
                (100, None),
            )
        )
        fault.applied = fault.applied and fault.code in {1, 2}
    return fault
