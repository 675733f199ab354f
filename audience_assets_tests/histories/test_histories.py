"""The heart of the promise: whatever happened, what the partner holds equals the source of the last delivered day."""

import os
from pathlib import Path
from random import Random

import pytest

from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.histories import world
from audience_assets_tests.histories.history import History
from audience_assets_tests.histories.model import Model

HISTORIES = int(os.environ.get("AUDIENCE_ASSETS_HISTORIES", "150"))


@pytest.mark.usefixtures("one_database")
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_what_the_partner_holds_equals_the_source_of_the_last_delivered_day(
    s3_server: S3Server, bucket_prefix: str, tmp_path: Path, seed: int
) -> None:
    rng = Random(f"history {seed}")  # noqa: S311
    model = Model(departed=rng.choice(("blank", "blank", "blank", "clear_audiences", "keep")))
    rows_per_file = rng.choice((3, 10, 1_000))
    with world.made(s3_server, bucket_prefix, tmp_path, model, rows_per_file=rows_per_file) as made:
        History(made, rng).happen()
