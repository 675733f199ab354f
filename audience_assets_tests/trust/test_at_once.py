"""The same day twice at once, two destinations at once, and a clock that is set back: nothing is doubled and nobody is lost."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from audience_assets.errors import OutOfOrderError
from audience_assets.ledger import records
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.three_partners import EVERYBODY, PARTNERS, World, person
from audience_assets_tests.trust import another_process

pytestmark = pytest.mark.slow

TODAY = [*EVERYBODY[2:], *(person(number) for number in range(20, 25))]


def test_of_two_processes_that_run_the_same_day_each_partner_is_told_once(world: World) -> None:
    world.land(DAYS[1], TODAY)
    orders = [PARTNERS, tuple(reversed(PARTNERS))]
    started = [another_process.start(world.pipeline.settings, DAYS[1], order) for order in orders]
    said = [each.said() for each in started]
    for partner in PARTNERS:
        told = [each[partner] for each in said if partner in each]
        assert told.count("delivered") <= 1, told
        assert all(
            each in {"delivered", "already"} or each.startswith("OutOfOrderError: ") for each in told
        ), told
    assert not [each for told in said for each in told.values() if each.startswith("unexpected")]
    world.run(DAYS[1])
    assert world.held() == (15, 15, 15)
    assert set(world.at_vtex_ads()) == {str(row["customer_id"]) for row in TODAY}


def test_two_processes_deliver_to_two_destinations_at_once(world: World) -> None:
    world.land(DAYS[1], TODAY)
    world.prepare(DAYS[1])
    pairs = [("meta",), ("tiktok", "vtex_ads")]
    started = [another_process.start(world.pipeline.settings, DAYS[1], each, prepare=False) for each in pairs]
    assert [each.said() for each in started] == [dict.fromkeys(each, "delivered") for each in pairs]
    assert world.held() == (15, 15, 15)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets the clock of the whole package by so much."""

    def set_by(shift: timedelta) -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith("audience_assets.") and hasattr(module, "utc_now"):
                monkeypatch.setattr(module, "utc_now", lambda: datetime.now(UTC) + shift)

    return set_by


@pytest.mark.parametrize("back", [timedelta(days=1)])
def test_a_clock_that_is_set_back_or_forward_changes_nothing_at_a_partner(
    world: World, clock: Callable[[timedelta], None], back: timedelta
) -> None:
    clock(-back)
    assert records.utc_now() < datetime.now(UTC)
    world.run(DAYS[1], TODAY)
    assert world.held() == (15, 15, 15)
    sent = _objects(world)
    world.run(DAYS[1])
    assert _objects(world) == sent
    clock(back)
    world.run(DAYS[2], EVERYBODY)
    assert world.held() == (12, 12, 12)
    with pytest.raises(OutOfOrderError, match="may not be delivered after it"):
        world.run(DAYS[1], EVERYBODY[:10])
    assert world.held() == (12, 12, 12)


def _objects(world: World) -> list[str]:
    listed = world.client.list_objects_v2(Bucket=world.s3.bucket, Prefix=f"{world.prefix}/")
    return [str(Path(each["Key"])) for each in listed.get("Contents", [])]
