"""At every partner that keeps a list for each audience: another name reaches it, and a retired one is emptied and deleted."""

from contextlib import nullcontext

import pytest
from pydantic import ValidationError

from audience_assets_tests.destinations.delivering import DAYS, Delivering, KilledError, emails_of, outcome

FIRST, SECOND, THIRD, FOURTH, _ = DAYS
MEMBERS = 3
RENAMES = {"update", "update_details"}


@pytest.fixture
def ads(any_ads: Delivering) -> Delivering:
    """Three members at the partner, and an audience that stays."""
    any_ads.run(FIRST, any_ads.members(MEMBERS, "vip", "all"))
    any_ads.asked.clear()
    return any_ads


def operations(ads: Delivering) -> list[str]:
    return [call.operation for call in ads.asked]


def renames(ads: Delivering) -> int:
    return sum(each in RENAMES or each.startswith("audience_update") for each in operations(ads))


def test_another_name_in_the_settings_renames_the_audience_once_though_nothing_changed(
    ads: Delivering,
) -> None:
    before = ads.audience()
    ads.configure(audiences={"vip": {"name": "Best customers"}})
    for day in (SECOND, THIRD):
        ads.run(day, ads.members(MEMBERS, "vip", "all"))
    assert ads.audience("Best customers") is before
    assert renames(ads) == 1
    assert len(before.identifiers()) == MEMBERS


def test_a_name_that_is_lost_on_the_way_is_told_again(ads: Delivering) -> None:
    ads.configure(audiences={"vip": {"name": "Best customers"}})
    ads.run(SECOND, ads.members(MEMBERS, "vip", "all"))
    ads.ledger.note_name(ads.state.name, "vip", "vip", None)
    ads.run(THIRD, ads.members(MEMBERS, "vip", "all"))
    assert renames(ads) == 2
    assert ads.audience("Best customers")


def test_an_audience_that_was_there_before_keeps_its_name_until_its_section_gives_another(
    any_ads: Delivering,
) -> None:
    theirs = any_ads.foreign("Old list", MEMBERS)
    any_ads.configure(audiences={"vip": {"id": theirs.id}})
    any_ads.run(SECOND, any_ads.members(MEMBERS))
    assert (theirs.name, theirs.description) == ("Old list", "made by hand")
    any_ads.configure(audiences={"vip": {"id": theirs.id, "name": "New list"}})
    any_ads.run(THIRD, any_ads.members(MEMBERS))
    assert (theirs.name, theirs.description) == ("New list", "made by hand")


def test_an_audience_that_was_there_before_keeps_its_name_when_its_id_is_left_out_later(
    any_ads: Delivering,
) -> None:
    theirs = any_ads.foreign("Old list", MEMBERS)
    any_ads.configure(audiences={"vip": {"id": theirs.id}})
    any_ads.run(SECOND, any_ads.members(MEMBERS))
    any_ads.configure()
    any_ads.run(THIRD, any_ads.members(MEMBERS))
    assert (theirs.name, theirs.description) == ("Old list", "made by hand")


def test_a_retired_audience_is_deleted_and_the_others_stay(ads: Delivering) -> None:
    retired = ads.audience()
    ads.configure(audiences={"vip": {"retire": True}})
    report = ads.run(SECOND, ads.members(MEMBERS, "vip", "all"))
    assert outcome(report).held == "it was deleted at the partner"
    with pytest.raises(ValueError, match="not enough values to unpack"):
        ads.audience()
    assert ads.emails("all") == emails_of(*(f"c{number:05}" for number in range(MEMBERS)))
    assert ads.ledger.remote_audience(ads.state.name, "vip") is None
    if ads.state.name == "meta":
        assert retired.identifiers() == set()  # nobody is left in it even where the deletion would be refused


def test_after_the_end_nothing_more_is_said_of_it_and_the_same_day_can_run_again(ads: Delivering) -> None:
    ads.configure(audiences={"vip": {"retire": True}})
    ads.run(SECOND, ads.members(MEMBERS, "vip", "all"))
    ads.asked.clear()
    ads.deliver(SECOND)
    ads.run(THIRD, ads.members(MEMBERS, "vip", "all"))
    assert not [each for each in operations(ads) if "delete" in each]


def test_a_run_that_ends_between_emptying_and_deleting_is_finished_by_the_next_day(
    any_ads: Delivering,
) -> None:
    any_ads.run(FIRST, any_ads.members(MEMBERS, "vip", "all"))
    any_ads.configure(audiences={"vip": {"retire": True}})
    any_ads.publish(SECOND, any_ads.members(MEMBERS, "vip", "all"))
    any_ads.plan(SECOND)
    with pytest.raises(KilledError) if any_ads.state.name == "meta" else nullcontext():
        any_ads.deliver(SECOND, kill_after=1)  # TikTok takes no empty audience, so nobody is taken out before
    any_ads.run(THIRD, any_ads.members(MEMBERS, "vip", "all"))
    with pytest.raises(ValueError, match="not enough values to unpack"):
        any_ads.audience()


def test_an_audience_comes_anew_when_it_is_no_longer_retired(ads: Delivering) -> None:
    before = ads.audience().id
    ads.configure(audiences={"vip": {"retire": True}})
    ads.run(SECOND, ads.members(MEMBERS, "vip", "all"))
    ads.configure()
    ads.run(THIRD, ads.members(MEMBERS, "vip", "all"))
    assert ads.audience().id != before
    assert len(ads.emails()) == MEMBERS


def test_one_that_was_there_before_us_is_not_retired_by_its_id(any_ads: Delivering) -> None:
    with pytest.raises(ValidationError, match="leave out id to delete it"):
        any_ads.settings_with(audiences={"vip": {"id": "1", "retire": True}})


def test_a_name_that_somebody_else_has_at_tiktok_is_refused_after_the_members_were_delivered(
    any_ads: Delivering,
) -> None:
    any_ads.foreign("Best customers", MEMBERS)
    any_ads.configure()
    any_ads.run(SECOND, any_ads.members(MEMBERS))
    any_ads.configure(audiences={"vip": {"name": "Best customers"}})
    any_ads.publish(THIRD, any_ads.members(MEMBERS + 1))
    any_ads.plan(THIRD)
    if any_ads.state.name == "meta":  # which knows an audience by its id
        any_ads.deliver(THIRD)
        return
    assert "has an audience of the name 'Best customers' already" in any_ads.refusal()
    assert len(any_ads.emails()) == MEMBERS + 1
