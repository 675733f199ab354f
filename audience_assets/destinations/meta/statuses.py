"""What Meta's numbers for the state of an audience and of an ad account mean, by name.

Sources: Meta, Marketing API, Custom audience, operation_status; Ad account, account_status.
"""

from audience_assets.destinations.judged_audiences import Judgement

EXPIRING, NORMAL, REPLACING, REPLACE_FAILED, FILLING = 100, 200, 414, 415, 441
STOPPED = frozenset({450, 470, 471, 500})

OPERATION_STATUS = {
    0: "not told",
    100: "expiring",
    200: "normal",
    400: "warning",
    410: "no upload",
    411: "low match rate",
    412: "high share of invalid entries",
    414: "replace in progress",
    415: "replace failed",
    441: "still filling",
    450: "stopped",
    470: "flagged",
    471: "flagged",
    500: "error",
}
BUSY_OR_WELL = frozenset({0, NORMAL, REPLACING, FILLING, 410})
"""Needs nobody: a delivery waits for one that is busy, and a new audience has had no upload."""

SETTLED = frozenset({EXPIRING, NORMAL, 400, 411, 412})
"""Meta is done with what it was sent, so that the audience's size is that of the people it matched."""

TOO_SMALL = 300
"""The delivery_status of an audience that is smaller than it should be, and is not used."""

ACTIVE = 1
ACCOUNT_STATUS = {
    1: "active",
    2: "disabled",
    3: "unsettled",
    7: "pending risk review",
    8: "pending settlement",
    9: "in grace period",
    100: "pending closure",
    101: "closed",
}
UNUSABLE_ACCOUNTS = frozenset({2, 100, 101})


def judged(status: int) -> Judgement:
    """Whether an audience of this operation status takes people: yes, yes but look at it, or no."""
    if status in STOPPED:
        return "stopped"
    return "well" if status in BUSY_OR_WELL else "doubtful"


def named(status: int, names: dict[int, str]) -> str:
    """A number with its name: `471, flagged`."""
    return f"{status}, {names[status]}" if status in names else f"{status}, which has no name here"
