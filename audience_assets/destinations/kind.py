"""What a partner's folder declares, so that the pipeline can deliver to it: columns, planner and sender."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

import pyarrow as pa

from audience_assets.destinations.column import Destination
from audience_assets.destinations.forecast import Ahead, Forecaster, Limits, no_limits, one_a_file
from audience_assets.destinations.planning import Planner
from audience_assets.destinations.preflight import Preflight, nothing_to_look_at
from audience_assets.destinations.sending import Sender
from audience_assets.destinations.told_audience import ToldAudience
from audience_assets.ledger.ledger import Ledger
from audience_assets.storage.layout import Layout

S = TypeVar("S")


def nowhere(_settings: object) -> str:
    """The address of what has none."""
    return ""


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
        sizes: Asks the partner for its audiences, given their ids by our names for them; None where it cannot be asked.
        preflight: Makes what is looked at before anything is sent, from the destination's name and settings.
        calls: How many calls it takes to bring what is ahead.
        limits: How many calls the partner takes.
        page: The address where a person sees the account at the partner; empty where there is none, or it is not known.
        uri: Where the partner's files lie; empty where it keeps none.
    """

    settings: type[S]
    title: str
    columns: Callable[[str, S], Destination]
    planner: Callable[[Destination, S], Planner]
    sender: Callable[[Destination, S, Ledger, Layout], AbstractContextManager[Sender]]
    batch: str
    technology: str
    erase: Callable[[Destination, S, pa.Table], str] | None = None
    sizes: Callable[[S, Mapping[str, str]], dict[str, ToldAudience]] | None = None
    preflight: Callable[[str, S], Preflight] = nothing_to_look_at
    calls: Callable[[S, Ahead], int] = one_a_file
    limits: Callable[[S], Limits] = no_limits
    page: Callable[[S], str] = nowhere
    uri: Callable[[S], str] = nowhere

    def forecaster(self, destination: Destination, settings: S) -> Forecaster:
        """What the forecasts of a destination of this kind follow from."""
        rows_per_file = self.planner(destination, settings).rows_per_batch
        return Forecaster(partial(self.calls, settings), self.limits(settings), rows_per_file)
