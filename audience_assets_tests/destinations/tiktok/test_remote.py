"""What an answer about an audience means."""

from datetime import UTC, datetime
from typing import Any

import pytest

from audience_assets.destinations.tiktok.remote import RemoteChange, read_audience, read_details
from audience_assets_tests.destinations.tiktok.scripted import DETAILS, HISTORY


@pytest.mark.parametrize(
    ("given", "processing"),
    [
        ({"is_valid": True}, False),
        ({"is_valid": True, "msg": "Audience is being processed"}, True),
        ({"is_valid": False}, True),
        ({"is_valid": False, "error_msg": None, "expired_time": None}, True),
        ({"is_valid": False, "error_msg": "Too few matched people"}, False),
        ({"is_valid": False, "expired_time": "2020-01-31 23:59:59"}, False),
    ],
)
def test_an_audience_is_processed_while_it_is_neither_usable_nor_failed_nor_ended(
    given: dict[str, Any],
    processing: bool,  # noqa: FBT001
) -> None:
    assert read_audience({**DETAILS, **given}).processing is processing


def test_why_a_change_failed_is_kept() -> None:
    assert (
        read_audience({**DETAILS, "error_msg": "Too few matched people"}).error_msg
        == "Too few matched people"
    )


def test_moments_are_utc_and_figures_may_be_missing() -> None:
    found = read_audience(
        {**DETAILS, "cover_num": None, "is_expiring": True, "expired_time": "2099-01-31 23:59:59"}
    )
    assert found.cover_num is None
    assert found.is_expiring
    assert found.expires_at == datetime(2099, 1, 31, 23, 59, 59, tzinfo=UTC)
    assert read_audience({**DETAILS, "expired_time": "never"}).expires_at is None


def test_history_comes_with_its_moments() -> None:
    found = read_details({"list": [{"audience_details": DETAILS, "audience_history": HISTORY}]})
    assert found is not None
    assert found.history == (RemoteChange("create", datetime(2026, 11, 1, 6, 52, 56, tzinfo=UTC)),)


@pytest.mark.parametrize("missing", ["audience_id", "name", "is_valid"])
def test_an_audience_without_what_is_needed_cannot_be_read(missing: str) -> None:
    with pytest.raises(LookupError):
        read_audience({name: value for name, value in DETAILS.items() if name != missing})
