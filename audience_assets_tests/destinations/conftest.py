"""An empty state directory with its ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.ledger import Ledger
from audience_assets_tests.destinations.state import State


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    with Ledger.open(f"sqlite:///{tmp_path}/state/ledger.sqlite") as ledger:
        yield State(tmp_path / "state", ledger, VtexAdsSettings(rows_per_file=1))
