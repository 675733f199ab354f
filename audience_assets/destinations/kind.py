"""What a partner's folder declares, so that the pipeline can deliver to it: columns, planner and sender."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Generic, TypeVar

import pyarrow as pa

from audience_assets.destinations.column import Destination
from audience_assets.destinations.planning import Planner
from audience_assets.destinations.preflight import Preflight, nothing_to_look_at
from audience_assets.destinations.sending import Sender
from audience_assets.ledger.ledger import Ledger
from audience_assets.storage.layout import Layout

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """A kind of destination.

    Attributes:
        settings: The model of its settings.
        title: The partner's name, for people.
        columns: Makes the table of columns from the destination's name and settings.
        planner: Makes what plans its deltas.
        sender: Connects to the partner; secrets are read from the environment here and nowhere else.
        batch: What one batch is called: a file, a batch.
        technology: How the Dagster UI labels the delivery.
        erase: Takes people out of everything of the account at once and says so, where the partner can.
        preflight: Makes what is looked at before anything is sent, from the destination's name and settings.
    """

    settings: type[S]
    title: str
    columns: Callable[[str, S], Destination]
    planner: Callable[[Destination, S], Planner]
    sender: Callable[[Destination, S, Ledger, Layout], AbstractContextManager[Sender]]
    batch: str
    technology: str
    erase: Callable[[Destination, S, pa.Table], str] | None = None
    preflight: Callable[[str, S], Preflight] = nothing_to_look_at
