"""Whom a partner refused stands in the quarantine until the partner is told of them again."""

from datetime import date
from hashlib import sha256
from typing import Any

from audience_assets.destinations.meta.refused_people import REASON
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.observed.playing import REFUSED, purge, refuse
from audience_assets_tests.observed.quarantining import entries_of
from audience_assets_tests.three_partners import EVERYBODY, World, person

FIRST, SECOND, THIRD = map(date.fromisoformat, DAYS)
OTHERS = [row for row in EVERYBODY if row["customer_id"] != "c3"]


def entries(world: World, day: date) -> list[dict[str, Any]]:
    run = world.pipeline
    return [row for row in entries_of(run, run.quarantine(day)) if row["kind"] == "partner"]


def test_who_was_refused_stays_while_nothing_of_them_is_sent(make: Any) -> None:
    world: World = make(engine={"threads": 1, "buckets": 2})
    refuse(world, REFUSED)
    world.run(DAYS[0], EVERYBODY)
    [first] = entries(world, FIRST)
    assert first == {
        "customer_id": "c3",
        "destination": "meta",
        "audience": "vip",
        "field": "",
        "rule": "",
        "reason": REASON,
        "first_seen": FIRST,
        "last_seen": FIRST,
        "kind": "partner",
        "delivery": first["delivery"],
    }
    world.run(DAYS[1], [*OTHERS, person(3, first_name="Bia")])  # which Meta is not told of
    assert entries(world, SECOND) == [first | {"last_seen": SECOND}]
    purge(world)
    world.run(DAYS[2], OTHERS)  # somebody who left is refused by nobody
    assert entries(world, THIRD) == []


def test_who_is_sent_again_and_taken_vanishes_and_who_is_refused_again_stays(make: Any) -> None:
    world: World = make()
    again = sha256(b"again@example.com").hexdigest()
    refuse(world, REFUSED, again)
    world.run(DAYS[0], EVERYBODY)
    [first] = entries(world, FIRST)
    world.run(DAYS[1], [*OTHERS, person(3, email="again@example.com")])
    [second] = entries(world, SECOND)
    assert second["delivery"] > first["delivery"]
    assert second == first | {"last_seen": SECOND, "delivery": second["delivery"]}
    world.land(DAYS[2], [*OTHERS, person(3, email="mended@example.com")])
    world.prepare(DAYS[2])
    assert entries(world, THIRD) == [second | {"last_seen": THIRD}]  # nothing was sent yet
    world.run(DAYS[2])
    assert entries(world, THIRD) == []


def test_a_quarantine_that_is_made_late_knows_whom_a_partner_refused_before(make: Any) -> None:
    world: World = make()
    refuse(world, REFUSED)
    world.run(DAYS[0], EVERYBODY)
    world.run(DAYS[1], EVERYBODY)
    [found] = entries(world, SECOND)
    assert (found["customer_id"], found["first_seen"]) == ("c3", FIRST)
    assert entries(world, FIRST) == [found | {"last_seen": FIRST}]


def test_a_replacement_sends_everybody_again(make: Any) -> None:
    world: World = make()
    refuse(world, REFUSED)
    world.run(DAYS[0], EVERYBODY)
    refuse(world)
    world.run(DAYS[1], EVERYBODY)
    assert len(entries(world, SECOND)) == 1
    world.pipeline.plan("meta", SECOND, replace=["vip"])
    world.pipeline.deliver("meta", SECOND)
    assert entries(world, SECOND) == []
