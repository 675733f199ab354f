"""A destination that was down, or that is new, gets in one delivery what it lacks."""

from collections.abc import Callable

import pytest

from audience_assets.errors import DeliveryInterruptedError, OutOfOrderError
from audience_assets.pipeline import Pipeline
from audience_assets.sandbox.s3 import S3Server
from audience_assets.settings import Settings
from audience_assets_tests.histories.model import Model, Row
from audience_assets_tests.histories.partner import Partner
from audience_assets_tests.histories.small import day, people, person, turnover
from audience_assets_tests.histories.world import (
    DESTINATION,
    World,
    destination_settings,
    run_day,
    settings_of,
    write_extract,
)

pytestmark = pytest.mark.usefixtures("one_database")
NewWorld = Callable[..., World]


def test_a_destination_that_was_down_for_three_days_catches_up_in_one_delta(new_world: NewWorld) -> None:
    world = new_world()
    world.run(day(0), turnover(0))
    down = replace_destination(world, endpoint_url="http://127.0.0.1:9")
    for number in (1, 2, 3):
        write_extract(world.folder, day(number), turnover(number), world.columns)
        with pytest.raises(DeliveryInterruptedError):
            run_day(Pipeline(down), day(number))
        world.model.built[day(number)] = world.model.snapshot(day(number), turnover(number))
    assert not world.partner.look()
    # What was begun on the first of these days is finished first, then one delta carries the rest.
    world.model.begin(world.model.built[day(1)])
    write_extract(world.folder, day(4), turnover(4), world.columns)
    world.run(day(4), turnover(4))
    assert len(world.partner.deliveries) == 3


def test_days_that_were_only_built_are_caught_up_in_one_delta(new_world: NewWorld) -> None:
    world = new_world()
    world.run(day(0), turnover(0))
    for number in (1, 2, 3):
        only_build(world, number, turnover(number))
    world.run(day(4), turnover(4))
    assert [len(customers) for customers in world.partner.deliveries.values()] == [5, 3]


def test_a_customer_who_came_and_went_while_it_was_down_is_never_mentioned(new_world: NewWorld) -> None:
    world = new_world()
    world.run(day(0), people("a"))
    only_build(world, 1, people("a", "b"))
    world.run(day(2), people("a"))
    assert set(world.partner.holds) == {"a"}


def test_an_older_day_is_refused_and_changes_nothing(new_world: NewWorld) -> None:
    world = new_world()
    world.run(day(0), people("a"))
    world.run(day(2), people("a", "b"))
    write_extract(world.folder, day(1), people("a", "c"), world.columns)
    with pytest.raises(OutOfOrderError, match="holds 2026-11-04, so 2026-11-03 may not be delivered"):
        run_day(Pipeline(world.settings), day(1))
    world.check()
    assert set(world.partner.holds) == {"a", "b"}


@pytest.mark.parametrize("same_day", [True, False], ids=["the same day", "the next day"])
@pytest.mark.parametrize("incremental", [False, True], ids=["full", "incremental"])
def test_a_destination_that_is_added_later_gets_everyone(
    new_world: NewWorld, s3_server: S3Server, *, incremental: bool, same_day: bool
) -> None:
    world = new_world(Model(incremental=incremental), name="first")
    world.run(day(0), people("a", "b", "c"))
    second = Partner(world.partner.client, world.partner.bucket, f"{world.partner.prefix}-second")
    added = with_second(world, s3_server, second.prefix)
    # b's row is ambiguous on the day on which the destination is added, and c is not in an incremental extract.
    today = day(0) if same_day else day(1)
    extract = people("a", "b", "c") if same_day else [*people("a", "b"), person("b", city="?")]
    extract += [] if incremental or same_day else people("c")
    write_extract(world.folder, today, extract, world.columns)
    pipeline = Pipeline(added)
    run_day(pipeline, today)
    assert not world.partner.look()
    pipeline.plan("second", today)
    pipeline.deliver("second", today)
    world.check()
    second.look()
    assert second.holds == world.partner.holds
    assert set(second.holds) == {"a", "b", "c"}


def test_consent_is_asked_for_each_destination(new_world: NewWorld, s3_server: S3Server) -> None:
    world = new_world(name="first")
    world.columns = (*world.columns, "consent_second")
    second = Partner(world.partner.client, world.partner.bucket, f"{world.partner.prefix}-second")
    pipeline = Pipeline(with_second(world, s3_server, second.prefix))
    for number, answers in enumerate((("yes", "no"), ("no", None), ("yes", "yes"))):
        extract = [person("a", consent="no", consent_vtex_ads=answers[0], consent_second=answers[1])]
        write_extract(world.folder, day(number), extract, world.columns)
        run_day(pipeline, day(number))
        pipeline.plan("second", day(number))
        pipeline.deliver("second", day(number))
        world.partner.look()
        second.look()
        for partner, there in ((world.partner, answers[0] == "yes"), (second, answers[1] == "yes")):
            assert bool(partner.holds.get("a", {}).get("EMAIL_HASHED")) == there


def only_build(world: World, number: int, extract: list[Row]) -> None:
    write_extract(world.folder, day(number), extract, world.columns)
    pipeline = Pipeline(world.settings)
    for step in (pipeline.read_extract, pipeline.normalize, pipeline.hash):
        step(day(number))
    world.model.built[day(number)] = world.model.snapshot(day(number), extract)


def replace_destination(world: World, **given: object) -> Settings:
    one = world.settings.destinations[DESTINATION].model_copy(update=given)
    return world.settings.model_copy(update={"destinations": {DESTINATION: one}})


def with_second(world: World, server: S3Server, prefix: str) -> Settings:
    destinations = {
        DESTINATION: destination_settings(server, world.partner.prefix),
        "second": destination_settings(server, prefix),
    }
    return settings_of(world.folder, destinations, extract=world.settings.source.extract)
