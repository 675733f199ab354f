from typing import get_args

import pytest

from audience_assets.destinations.tiktok.limits import CALLS, Pace, Tier
from audience_assets_tests.destinations.scripted import Clock


@pytest.mark.parametrize("tier", get_args(Tier))
def test_no_second_and_no_minute_has_more_calls_than_the_tier(tier: Tier) -> None:
    clock = Clock()
    pace = Pace(tier, clock.now)
    made = []
    for _ in range(CALLS[tier][1] * 2):
        clock.moment += pace.seconds_of_the_rate()
        made.append(clock.moment)
    for calls, seconds in zip(CALLS[tier], (1.0, 60.0), strict=True):
        gaps = [later - earlier for earlier, later in zip(made, made[calls:], strict=False)]
        assert min(gaps) == pytest.approx(seconds) or min(gaps) > seconds
    assert made[-1] - made[0] < 120


def test_a_limit_costs_a_second_and_right_after_it_five_minutes() -> None:
    pace = Pace("basic", Clock().now)
    assert [pace.seconds_of_the_limit() for _ in range(3)] == [1.0, 300.0, 300.0]
    pace.went_well()
    assert pace.seconds_of_the_limit() == 1.0
