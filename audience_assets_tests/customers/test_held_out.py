"""People who are held out of an audience are delivered into it nowhere, leave it where they were, and can be listed."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from audience_assets.customers import held_out
from audience_assets.errors import SettingsError
from audience_assets.settings import Settings
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.reference.holdout import held_out as is_held_out
from audience_assets_tests.three_partners import World, make, person

__all__ = ["make"]

EVERYBODY = [person(number, audiences=["vip", "all"]) for number in range(30)]
CONTROL = {row["customer_id"] for row in EVERYBODY if is_held_out("2026", "vip", row["customer_id"], 0.3)}
HOLDOUT: dict[str, Any] = {"salt": "2026", "shares": {"vip": 0.3}}


def labels(world: World) -> dict[str, str | None]:
    """The audiences of each customer at VTEX Ads."""
    return {customer: row["AUDIENCES"] for customer, row in world.at_vtex_ads().items()}


def test_a_holdout_that_begins_later_takes_people_out_everywhere_and_stays(
    make: Callable[..., World],
) -> None:
    world = make()
    world.run(DAYS[0], EVERYBODY)
    assert world.at_meta() == world.at_tiktok() == len(EVERYBODY)
    world = make(holdout=HOLDOUT)
    for day in DAYS[1:]:
        world.run(day, EVERYBODY)
        assert 0 < len(CONTROL) < len(EVERYBODY)
        assert world.at_meta() == world.at_tiktok() == len(EVERYBODY) - len(CONTROL)
        assert world.at_meta("all") == world.at_tiktok("all") == len(EVERYBODY)
        assert {customer for customer, said in labels(world).items() if said == "all"} == CONTROL
    assert set(held_out.of(world.pipeline.settings, "vip", date.fromisoformat(DAYS[2]))) == CONTROL


def test_an_audience_without_a_share_has_no_control_group_to_list() -> None:
    settings = Settings.model_validate({"holdout": HOLDOUT})
    with pytest.raises(SettingsError, match=r"nobody is held out of all: holdout\.shares names vip"):
        list(held_out.of(settings, "all", date(2026, 1, 5)))


def test_shares_without_a_salt_are_refused() -> None:
    with pytest.raises(ValueError, match="shares need a salt"):
        Settings.model_validate({"holdout": {"shares": {"vip": 0.1}}})
