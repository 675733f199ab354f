"""A fresh deployment for each test."""

from pathlib import Path

import pytest

from audience_assets_tests.customers.extracts import Extracts


@pytest.fixture
def extracts(tmp_path: Path) -> Extracts:
    """A deployment without an extract."""
    return Extracts(tmp_path)
