"""What partners tell of their audiences, day by day, and what is said when they match fewer people than they did."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest

from audience_assets.guards import GuardSettings
from audience_assets.observed import matching
from audience_assets.observed.sizes_manifest import AudienceSize, SizesManifest
from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.three_partners import World, person, worlds

MEMBERS = 40
FIRST, SECOND, THIRD = map(date.fromisoformat, DAYS)


@pytest.fixture(scope="module")
def world(
    s3_server: S3Server, administrator: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """Forty customers at three partners, and what the two who tell told on two days."""
    prefix = f"{s3_server.prefix}/{uuid.uuid4().hex}"
    with worlds(s3_server, administrator, prefix, tmp_path_factory.mktemp("sizes")) as made:
        world = made(guards={"few": 5})
        world.meta.account.matched = world.tiktok.advertiser.matched = 0.75
        for day in DAYS[:2]:
            world.run(day, [person(number) for number in range(MEMBERS)])
            world.pipeline.audience_sizes(date.fromisoformat(day))
        yield world


@contextmanager
def bent(account: object, **behaviour: object) -> Iterator[None]:
    """A partner that behaves in another way for a while."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in behaviour.items():
            patch.setattr(account, name, value)
        yield


def asked(world: World, day: date = SECOND) -> SizesManifest:
    """What partners tell now."""
    return world.pipeline.audience_sizes(day)


def of(made: SizesManifest, destination: str) -> AudienceSize:
    found = made.of(destination, "vip")
    assert found is not None
    return found


@pytest.mark.parametrize("destination", ["meta", "tiktok"])
def test_what_a_partner_matched_stands_beside_what_was_delivered(world: World, destination: str) -> None:
    told = of(asked(world), destination)
    assert (told.members, told.lower, told.upper, told.match) == (MEMBERS, 30, 30, 0.75)
    assert told.settled
    assert told.remote_id in {*world.meta.account.audiences, *world.tiktok.advertiser.audiences}


def test_the_share_of_the_days_before_is_no_anomaly(world: World) -> None:
    made = asked(world)
    assert made.fallen == []
    assert made.unasked == {}


def test_a_share_that_falls_is_named_with_both_figures_and_what_to_look_at(world: World) -> None:
    with bent(world.meta.account, matched=0.5):
        [sentence] = asked(world).fallen
    assert sentence.startswith("meta vip: meta matches 20 of 40 members (50.0%), and 75.0% is the median")
    assert "audience-assets normalize" in sentence


def test_an_audience_that_became_too_small_to_be_told_is_measured_by_the_number_below_which_it_is() -> None:
    def told(members: int, match: float | None, upper: int) -> AudienceSize:
        return AudienceSize(
            destination="meta",
            audience="vip",
            remote_id="1",
            members=members,
            lower=0,
            upper=upper,
            match=match,
            settled=True,
            status="200, normal",
            ends=None,
            ending="",
        )

    def said(members: int) -> list[str]:
        before = SizesManifest(day=FIRST, sizes=[told(members, 0.8, members)])
        return matching.fallen(GuardSettings(), [told(members, None, 1000)], [before])

    assert "fewer than 1000 of 50000 members" in said(50_000)[0]
    assert said(1_200) == []


def test_people_who_joined_since_are_not_expected_to_be_matched_at_once(world: World) -> None:
    world.run(DAYS[2], [person(number) for number in range(2 * MEMBERS)])
    with bent(world.meta.account, matched=0.4), bent(world.tiktok.advertiser, matched=0.4):
        made = asked(world, THIRD)
    assert (of(made, "meta").members, of(made, "meta").match) == (80, 0.4)
    assert made.fallen == []


@pytest.mark.parametrize("status", [441, 414, 415])
def test_a_partner_who_is_not_done_yet_is_not_compared(world: World, status: int) -> None:
    with bent(world.meta.account, matched=0.1, audience_status=status):
        made = asked(world, THIRD)
    assert of(made, "meta").match is None
    assert made.fallen == []


def test_a_partner_that_refuses_is_named_and_the_other_is_asked_all_the_same(world: World) -> None:
    with bent(world.tiktok.advertiser, refused_with=40105):
        made = asked(world, THIRD)
    assert list(made.unasked) == ["tiktok"]
    assert of(made, "meta").match == 0.75


def test_an_audience_that_is_gone_at_the_partner_is_told_as_such(world: World) -> None:
    with bent(world.meta.account, audiences={}):
        made = asked(world, THIRD)
    assert "the audience does not exist" in of(made, "meta").status
    assert of(made, "meta").match is None


def test_meta_says_of_an_audience_that_nobody_used_for_two_years_that_it_is_going_to_be_deleted(
    world: World,
) -> None:
    with bent(world.meta.account, audience_status=100):
        told = of(asked(world, THIRD), "meta")
    assert "no active ad set has used it for two years" in told.ending
    assert told.match is not None


def test_tiktok_says_when_an_audience_ends(world: World) -> None:
    [audience] = world.tiktok.advertiser.audiences.values()
    with bent(audience, changed=audience.changed - 350 * 86_400):
        told = of(asked(world, THIRD), "tiktok")
    assert told.ending.startswith(f"it ends on {told.ends}: 365 days without use")


def test_an_earlier_day_keeps_what_was_told_on_it(world: World) -> None:
    asked(world, THIRD)
    kept = asked(world, SECOND)
    assert kept.day == SECOND
    assert of(kept, "meta").members == MEMBERS


def test_a_day_on_which_nobody_asked_says_so_once_a_later_one_was_asked(world: World) -> None:
    made = world.pipeline.audience_sizes(date(2026, 1, 4), newest=THIRD)
    assert made.asked_at is None
    assert "it only knows the present, which belongs to 2026-01-07" in made.unasked["meta"]
