"""What is told of a request afterwards: what was asked, where, when, acknowledged how. It names no person."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Erasure, utc_now


class Place(BaseModel):
    """What became of the person at one place: an audience, everything of an account (`*`), or a partner's one list."""

    model_config = ConfigDict(frozen=True)

    destination: str
    audience: str
    delivery: int | None
    at: datetime
    answer: str
    open: bool


class Receipt(BaseModel):
    """Where one request stands.

    Attributes:
        request: Its name.
        asked_at: When it was asked for.
        deadline: By when it must be done.
        customers: How many customers of ours it concerned.
        places: What became of it, place by place.
        rows_removed: How many rows were taken out of our own files.
        done_at: When every place had acknowledged and our own files were clean; None before.
        overdue: Whether the deadline has passed before it was done.
    """

    model_config = ConfigDict(frozen=True)

    request: str
    asked_at: datetime
    deadline: datetime
    customers: int
    places: list[Place]
    rows_removed: int
    done_at: datetime | None
    overdue: bool


def receipts(ledger: Ledger, request: str | None = None) -> list[Receipt]:
    """The receipts of all requests, the oldest first, or that of one."""
    return [of(ledger, each) for each in ledger.erasures.every() if request in (None, each.request)]


def of(ledger: Ledger, erasure: Erasure) -> Receipt:
    """The receipt of a request."""
    steps = ledger.erasures.steps(erasure.request)
    return Receipt(
        request=erasure.request,
        asked_at=erasure.asked_at,
        deadline=erasure.deadline,
        customers=erasure.customers,
        places=[
            Place(
                destination=step.destination,
                audience=step.audience,
                delivery=step.delivery_id,
                at=step.at,
                answer=step.answer,
                open=step.open,
            )
            for step in steps
        ],
        rows_removed=erasure.rows_removed,
        done_at=erasure.done_at,
        overdue=(erasure.done_at or utc_now()) > erasure.deadline,
    )
