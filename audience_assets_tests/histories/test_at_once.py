"""Two runs at the same moment: one delivers, the other is told so, and nothing is doubled."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from audience_assets.errors import OutOfOrderError
from audience_assets.pipeline import Pipeline
from audience_assets_tests.histories import one_day
from audience_assets_tests.histories.model import Row, Snapshot
from audience_assets_tests.histories.small import day, people
from audience_assets_tests.histories.world import DESTINATION, World, write_extract


def test_of_threads_that_deliver_the_same_day_at_once_one_does(new_world: Callable[..., World]) -> None:
    world = new_world(rows_per_file=1)
    extract = people(*(f"c{number}" for number in range(12)))
    due = _landed(world, extract)
    pipeline = Pipeline(world.settings)
    for step in (pipeline.read_extract, pipeline.normalize, pipeline.hash):
        step(day(0))
    pipeline.plan(DESTINATION, day(0))
    together = Barrier(3)

    def deliver(_number: int) -> str:
        together.wait()
        try:
            (outcome,) = Pipeline(world.settings).deliver(DESTINATION, day(0)).outcomes
        except OutOfOrderError:
            return "refused"
        return "already" if outcome.already else "delivered"

    with ThreadPoolExecutor(3) as pool:
        said = list(pool.map(deliver, range(3)))
    assert said.count("delivered") == 1
    assert set(said) <= {"delivered", "refused", "already"}
    world.model.begin(due)
    world.model.finish()
    world.check()


def test_of_processes_that_run_the_same_day_at_once_one_delivers(new_world: Callable[..., World]) -> None:
    world = new_world(rows_per_file=1)
    due = _landed(world, people(*(f"c{number}" for number in range(12))))
    started = [one_day.start(world.settings, day(0)) for _ in range(2)]
    said = [[hears.recv(), hears.recv()][1] for _, hears in started]
    for process, hears in started:
        process.join()
        hears.close()
    assert sum(each.startswith("delivered") for each in said) == 1, said
    assert all(each.startswith(("delivered", "already", "OutOfOrderError")) for each in said), said
    world.model.begin(due)
    world.model.finish()
    world.check()


def _landed(world: World, extract: list[Row]) -> Snapshot:
    write_extract(world.folder, day(0), extract, world.columns)
    return world.model.snapshot(day(0), extract)
