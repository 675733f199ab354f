"""What the kinds of database have each of their own; everything else of the ledger is the same on all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from audience_assets.errors import AudienceAssetsError


@dataclass(frozen=True)
class Backend:
    """How one kind of database is used.

    Attributes:
        read_options: Execution options of a connection that only reads.
        write_options: Execution options of a connection that is going to write.
        now: The time by the one clock that every process of this ledger shares.
        explained: What an error of the driver means for the database of this name, and what to do.
        passing: Whether a transaction that fails so at its start is worth another attempt.
        patience: For how many seconds it is attempted.
    """

    read_options: Mapping[str, Any]
    write_options: Mapping[str, Any]
    now: Callable[[Connection], datetime]
    explained: Callable[[BaseException, str], AudienceAssetsError]
    passing: Callable[[Exception], bool]
    patience: float = 0.0
