"""A world of three partners for each test, whose days can also be run by other processes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.three_partners import EVERYBODY, World, worlds


@pytest.fixture
def make(s3_server: S3Server, administrator: Any, bucket_prefix: str, tmp_path: Path) -> Iterator[Any]:
    """Makes worlds whose settings may be bent."""
    with worlds(s3_server, administrator, bucket_prefix, tmp_path) as made:
        yield made


@pytest.fixture
def world(make: Any) -> World:
    """Twelve customers, delivered to all three on the first day."""
    made: World = make()
    made.run(DAYS[0], EVERYBODY)
    assert made.held() == (12, 12, 12)
    return made
