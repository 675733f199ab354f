"""Ended at any moment, a day that is run again brings the partner to the right state, and no row comes twice."""

from collections.abc import Callable
from itertools import count
from random import Random

import pytest

from audience_assets_tests.histories import one_day
from audience_assets_tests.histories.small import day, turnover
from audience_assets_tests.histories.world import World, write_extract

pytestmark = pytest.mark.slow

NewWorld = Callable[..., World]

EFFECTS_OF_A_DAY = {
    "publish raw_customers customers",
    "publish raw_customers manifest",
    "publish normalized_customers customers",
    "publish normalized_customers index",
    "publish normalized_customers manifest",
    "Ledger.record_segment",
    "Ledger.publish_snapshot",
    "publish hashed_customers segment",
    "publish hashed_customers left",
    "publish hashed_customers manifest",
    "Ledger.set_hashed_file",
    "publish delta file",
    "publish delta manifest",
    "Lease.take",
    "Ledger.plan",
    "Lease.renew",
    "Ledger.mark_sent",
    "put",
    "Ledger.mark_acknowledged",
    "Ledger.finish",
    "Lease.release",
}


@pytest.mark.usefixtures("one_database")
def test_a_day_may_end_before_each_of_its_effects_and_so_after_the_one_before(new_world: NewWorld) -> None:
    world = new_world(rows_per_file=2)
    world.run(day(0), turnover(0))
    for number in count():
        today, extract = day(number + 1), turnover(number + 1)
        ended = world.run(today, extract, (number, "before"))
        assert not world.partner.look()
        if not ended.dead:
            break
        world.run(today, extract)
    assert number == len(ended.tried)
    assert set(ended.tried) >= EFFECTS_OF_A_DAY
    assert ended.tried.count("put") == 2


@pytest.mark.usefixtures("one_database")
@pytest.mark.parametrize("first", range(2))
def test_the_first_day_of_all_may_end_before_each_of_its_effects(new_world: NewWorld, first: int) -> None:
    for number in count(first, 2):
        world = new_world(name=f"world {number}", rows_per_file=3)
        ended = world.run(day(0), turnover(0), (number, "before"))
        if not ended.dead:
            break
        world.run(day(0), turnover(0))
    assert set(ended.tried) >= EFFECTS_OF_A_DAY | {"create ledger"}
    assert number >= len(ended.tried)


@pytest.mark.usefixtures("one_database")
def test_a_correction_that_ended_anywhere_may_be_taken_back_or_corrected(new_world: NewWorld) -> None:
    world, delivered = new_world(rows_per_file=2), turnover(0)
    world.run(day(0), delivered)
    for number in count():
        if not world.run(day(0), turnover(number + 500), (number, "before")).dead:
            break
        delivered = delivered if number % 2 else turnover(number + 1_000)
        world.run(day(0), delivered)
    assert number > 20


def test_kill_9_at_any_moment_is_mended_by_running_the_day_again(new_world: NewWorld) -> None:
    rng = Random("kill 9")  # noqa: S311
    world = new_world(rows_per_file=2)
    killed = 0
    for number in range(12):
        write_extract(world.folder, day(number), turnover(number), world.columns)
        process, hears = one_day.start(world.settings, day(number))
        assert hears.recv() == "ready"
        process.join(rng.uniform(0.0, 1.2))
        process.kill()
        process.join()
        killed += process.exitcode == -9
        hears.close()
        process, hears = one_day.start(world.settings, day(number))
        assert [hears.recv(), hears.recv().split()[0]][1] in ("delivered", "already")
        process.join()
        hears.close()
        due = world.model.snapshot(day(number), turnover(number))
        world.model.built[due.day] = due
        world.model.begin(due)
        world.model.finish()
        world.check()
    assert killed >= 8
