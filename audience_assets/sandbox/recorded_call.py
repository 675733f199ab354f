"""What an endpoint remembers of the calls that it got, for tests to count and to compare."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_CALLS = 20_000


@dataclass(frozen=True)
class RecordedCall:
    """A call in canonical form, however it was sent.

    Attributes:
        operation: the operation's name, such as `users_add`.
        method: the HTTP method, after one that the call itself may name.
        path: without version and trailing slash.
        params: decoded, without token and proof; with customers' data only where the account records.
        rows: how many entries of customers the call carried.
        size: bytes of query and body.
    """

    operation: str
    method: str
    path: str
    params: Mapping[str, Any] = field(repr=False)
    rows: int
    size: int


def remember(calls: list[RecordedCall], call: RecordedCall) -> None:
    """Remember a call; of very many only the last ones are kept."""
    calls.append(call)
    del calls[:-MOST_CALLS]
