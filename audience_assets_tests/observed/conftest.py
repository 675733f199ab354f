"""A deployment whose quarantine is looked at, and a world of three partners whose deliveries are."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.histories.conftest import installed, one_database
from audience_assets_tests.observed import playing
from audience_assets_tests.observed.playing import Played
from audience_assets_tests.observed.quarantining import Refusing
from audience_assets_tests.three_partners import make, worlds

__all__ = ["installed", "make", "one_database"]


@pytest.fixture
def refusing(tmp_path: Path) -> Refusing:
    """A deployment that delivers nothing."""
    return Refusing(tmp_path)


@pytest.fixture(scope="module")
def played(
    s3_server: S3Server, administrator: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Played]:
    """Three days on which everything happens."""
    prefix = f"{s3_server.prefix}/{uuid.uuid4().hex}"
    with worlds(s3_server, administrator, prefix, tmp_path_factory.mktemp("played")) as made:
        yield playing.played(made(suppression={"path": "suppressed.csv"}))
