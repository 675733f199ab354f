"""What befalls one run of TikTok's delivery."""

from random import Random

from audience_assets.sandbox.tiktok.faults import Fault, OperationName
from audience_assets_tests.histories.partners.troubles import Troubles, random_kill, random_leaps

OPERATIONS: tuple[OperationName | str, ...] = (
    "upload",
    "create",
    "create",
    "update_append",
    "update_remove",
    "update_replace",
    "get",
    "list",
    "*",
)
REFUSING = (40001, 40002, 40105, 40900)
DOING_NOTHING = (40100, 40201, *REFUSING)


def random_troubles(rng: Random) -> Troubles:
    """One or several kinds at once."""
    troubles = Troubles(kill=random_kill(rng), leaps=random_leaps(rng))
    if rng.random() < 0.6:
        troubles.faults = [random_fault(rng) for _ in range(rng.choice((1, 1, 2, 4)))]
        troubles.may_refuse = any(
            fault.kind == "truncated" or (fault.kind == "code" and fault.code in REFUSING)
            for fault in troubles.faults
        )
    return troubles


def random_fault(rng: Random) -> Fault:
    """Any answer that a call may get in place of its own."""
    fault = Fault(
        rng.choice(OPERATIONS),  # type: ignore[arg-type]
        rng.choice(("drop_before", "drop_after", "drop_after", "error", "code", "truncated")),
        times=rng.choice((1, 1, 1, 2, 30)),
        after=rng.choice((0, 0, 0, 1, 2)),
        applied=rng.random() < 0.3,
    )
    if fault.kind == "error":
        fault.status, fault.body = rng.choice(((500, "<html>Sorry</html>"), (502, ""), (503, "{}")))
    if fault.kind == "code":
        fault.code = rng.choice((50000, 50002, *DOING_NOTHING))
        fault.applied = fault.applied and fault.code not in DOING_NOTHING
    return fault
