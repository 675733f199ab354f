"""What befalls one run of Meta's delivery besides: its faults, and audiences that stay busy."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.faults import Fault, OperationName
from audience_assets.sandbox.meta.platform import Account
from audience_assets_tests.histories.partners.troubles import Troubles, random_kill, random_leaps

OPERATIONS: tuple[OperationName, ...] = (
    "create",
    "list",
    "get",
    "users_add",
    "users_remove",
    "users_replace",
)


@dataclass
class MetaTroubles(Troubles):
    """`busy` is the operation status of every audience until the clock has gone on by so many seconds."""

    busy: tuple[int, float] | None = None
    _release: Callable[[], None] = lambda: None

    def begin(self, account: Account, clock: Clock) -> None:
        super().begin(account, clock)
        if self.busy is not None:
            status, seconds = self.busy
            until = clock.now() + seconds
            for audience in account.audiences.values():
                audience.forced_status = status

            def release() -> None:
                if clock.now() >= until:
                    _free(account)

            self._release = release

    def end(self, account: Account) -> None:
        super().end(account)
        _free(account)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._release()


def _free(account: Account) -> None:
    for audience in account.audiences.values():
        audience.forced_status = None


def random_troubles(rng: Random) -> MetaTroubles:
    """One or several kinds at once."""
    troubles = MetaTroubles(kill=random_kill(rng), leaps=random_leaps(rng))
    if rng.random() < 0.6:
        troubles.faults = [random_fault(rng) for _ in range(rng.choice((1, 1, 2, 4)))]
        troubles.may_refuse = any(fault.kind in {"code", "truncated"} for fault in troubles.faults)
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
