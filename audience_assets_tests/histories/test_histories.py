"""The heart of the promise: whatever happened, what the partner holds equals the source of the last delivered day."""

import os
from collections.abc import Callable
from random import Random

import pytest

from audience_assets_tests.histories.history import History
from audience_assets_tests.histories.model import Model
from audience_assets_tests.histories.world import World

pytestmark = pytest.mark.slow

FIRST = int(os.environ.get("AUDIENCE_ASSETS_FIRST_HISTORY", "0"))
HISTORIES = int(os.environ.get("AUDIENCE_ASSETS_HISTORIES", "100"))
ONE_IN = 10
"""A history through a real S3 server takes ten times as long as one that shares three partners in this process."""


@pytest.mark.usefixtures("one_database")
@pytest.mark.parametrize("seed", range(FIRST, HISTORIES, ONE_IN))
def test_what_the_partner_holds_equals_the_source_of_the_last_delivered_day(
    new_world: Callable[..., World], seed: int
) -> None:
    rng = Random(f"history {seed}")  # noqa: S311
    model = Model(departed=rng.choice(("blank", "blank", "blank", "clear_audiences", "keep")))
    buckets = 1 + seed // ONE_IN % 3
    History(new_world(model, buckets=buckets, rows_per_file=rng.choice((3, 10, 1_000))), rng).happen()
