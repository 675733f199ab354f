"""A new version of a rule reaches exactly those customers whose value it changes."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest

from audience_assets.destinations.vtex_ads import columns
from audience_assets.pipeline import Pipeline
from audience_assets.rules import name
from audience_assets_tests.histories.small import day, people, person
from audience_assets_tests.histories.world import DESTINATION, World, run_day, write_extract

pytestmark = pytest.mark.usefixtures("one_database")
NewWorld = Callable[..., World]

BASE = [
    person("a"),
    person("b", social_id=None),
    person("c", social_id="not a number"),
    person("d", first_name=None, social_id="111.444.777-35"),
]


@pytest.mark.parametrize("today", [0, 1], ids=["the same day", "the next day"])
def test_a_version_that_gives_the_same_values_delivers_nothing(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch, today: int
) -> None:
    world = new_world()
    world.run(day(0), BASE)
    digits = columns.SOCIAL_ID_FORMS["digits"]
    monkeypatch.setitem(columns.SOCIAL_ID_FORMS, "digits", replace(digits, version=digits.version + 1))
    before = set(world.partner.objects)
    write_extract(world.folder, day(today), BASE, world.columns)
    pipeline = Pipeline(world.settings)
    report = run_day(pipeline, day(today))
    assert report.delivery is not None
    assert (report.delivery.joined, report.delivery.changed, report.delivery.left) == (0, 0, 0)
    world.partner.look()
    assert set(world.partner.objects) == before


@pytest.mark.parametrize("today", [0, 1], ids=["the same day", "the next day"])
def test_another_form_delivers_those_who_have_the_value(new_world: NewWorld, today: int) -> None:
    world = new_world()
    world.run(day(0), BASE)
    masked = world.settings.destinations[DESTINATION].model_copy(update={"social_id": "masked"})
    settings = world.settings.model_copy(update={"destinations": {DESTINATION: masked}})
    write_extract(world.folder, day(today), BASE, world.columns)
    run_day(Pipeline(settings), day(today))
    (key,) = world.partner.look()
    assert {row["CUSTOMER_ID"]: row["SOCIAL_ID_HASHED"] for row in world.partner.objects[key]} == {
        "a": sha256(b"529.982.247-25").hexdigest(),
        "d": sha256(b"111.444.777-35").hexdigest(),
    }
    run_day(Pipeline(settings), day(today))
    assert not world.partner.look()


def test_a_new_expression_delivers_those_whose_value_it_changes(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world()
    base = [*people("a", first_name="ana", last_name=None), *people("b", first_name=None, last_name=None)]
    world.run(day(0), base)
    form = name.SPACELESS_LOWER
    upper = replace(form, version=form.version + 1, expression="upper({0})")
    monkeypatch.setattr(name, "SPACELESS_LOWER", upper)
    write_extract(world.folder, day(1), base, world.columns)
    run_day(Pipeline(world.settings), day(1))
    (key,) = world.partner.look()
    (row,) = world.partner.objects[key]
    assert (row["CUSTOMER_ID"], row["FIRST_NAME_HASHED"]) == ("a", sha256(b"ANA").hexdigest())


def test_going_back_to_the_old_rule_delivers_the_old_values(
    new_world: NewWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = new_world()
    world.run(day(0), BASE)
    with monkeypatch.context() as patch:
        patch.setitem(columns.SOCIAL_ID_FORMS, "digits", columns.SOCIAL_ID_FORMS["masked"])
        run_day(Pipeline(world.settings), day(0))
        assert len(world.partner.look()) == 1
    run_day(Pipeline(world.settings), day(0))
    assert len(world.partner.look()) == 1
    assert world.partner.holds == {row["CUSTOMER_ID"]: row for row in world.model.partner.values()}
