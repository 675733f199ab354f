"""At every partner that keeps a list for each audience: which of its audiences is ours, and which is refused by name."""

from typing import Any

import pytest

from audience_assets_tests.destinations.delivering import DAYS, Delivering, emails_of

FIRST, SECOND, THIRD, *_ = DAYS
OTHER_ACCOUNT = {"meta": {"ad_account": "act_1234567890"}, "tiktok": {"advertiser_id": "1234567890"}}
ACCOUNT = {"meta": "ad account", "tiktok": "advertiser"}


@pytest.fixture
def ads(any_ads: Delivering) -> Delivering:
    return any_ads


def planned(ads: Delivering, count: int, **given: Any) -> None:
    """The second day, with settings of now."""
    if given:
        ads.configure(**given)
    ads.publish(SECOND, ads.members(count))
    ads.plan(SECOND)


def test_an_audience_of_somebody_else_with_the_same_name_is_refused_with_its_id(ads: Delivering) -> None:
    theirs = ads.foreign("vip", 3)
    before = ads.emails()
    ads.publish(SECOND, ads.members(1, "vip", "all"))
    ads.plan(SECOND)
    for _ in range(2):
        said = ads.refusal()
        assert (
            f"the {ACCOUNT[ads.state.name]} has an audience of the name 'vip' already ({theirs.id})" in said
        )
        assert "set its id in the settings" in said
    assert (ads.emails(), ads.emails("all")) == (before, emails_of("c00000"))


def test_the_same_name_is_taken_over_once_its_id_is_in_the_settings(ads: Delivering) -> None:
    theirs = ads.foreign("vip", 4)
    planned(ads, 3)
    ads.refusal()
    ads.configure(audiences={"vip": {"id": theirs.id}})
    part = ads.plan(SECOND).part("vip")
    assert part is not None
    assert (part.mode, part.why) == ("replace", "a first load into an audience that was there before")
    ads.deliver(SECOND)
    assert ads.emails() == emails_of("c00000", "c00001", "c00002")


def test_a_declared_id_is_replaced_by_the_first_load_and_updated_from_then_on(ads: Delivering) -> None:
    theirs = ads.foreign("Old list", 4)
    planned(ads, 3, audiences={"vip": {"id": theirs.id}})
    ads.deliver(SECOND)
    assert ads.emails("Old list") == emails_of("c00000", "c00001", "c00002")
    replacements = [call.operation for call in ads.asked if call.operation.endswith("_replace")]
    assert replacements
    ads.run(THIRD, ads.members(4))
    assert [call.operation for call in ads.asked if call.operation.endswith("_replace")] == replacements
    assert len(theirs.identifiers()) == 4


def test_a_declared_id_that_may_not_be_replaced_keeps_what_it_held(ads: Delivering) -> None:
    theirs = ads.foreign("Old list", 3)
    planned(ads, 1, audiences={"vip": {"id": theirs.id, "replace": "never"}})
    ads.deliver(SECOND)
    assert ads.emails("Old list") == emails_of("c00000", "c00001", "c00002")


def test_another_id_for_a_delivered_audience_is_refused(ads: Delivering) -> None:
    theirs = ads.foreign("Old list", 1)
    ads.run(SECOND, ads.members(1))
    ads.configure(audiences={"vip": {"id": theirs.id}})
    ads.publish(THIRD, ads.members(2))
    ads.plan(THIRD)
    said = ads.refusal()
    assert f"audience {ads.audience().id} and the settings now say {theirs.id}" in said
    assert "audience-assets forget" in said


def test_another_account_for_a_delivered_audience_is_refused_before_anything_is_asked(
    ads: Delivering,
) -> None:
    ads.run(FIRST, ads.members(1))
    before, account = len(ads.asked), ACCOUNT[ads.state.name]
    [(setting, other)] = OTHER_ACCOUNT[ads.state.name].items()
    planned(ads, 2, **{setting: other})
    said = ads.refusal()
    assert f"it was delivered to the {account} " in said
    assert f"and the settings now say {other}: give the second {account} a destination of its own" in said
    assert ads.asked[before:] == []
