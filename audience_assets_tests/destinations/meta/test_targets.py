"""Each of the customers' audiences has exactly one custom audience at Meta, and one that cannot be used is refused by name."""

from contextlib import suppress

import pytest

from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.faults import FaultKind
from audience_assets_tests.destinations.meta.delivering import (
    DAYS,
    NAME,
    Ads,
    digest,
    emails_of,
    member,
    members,
)

FIRST, SECOND, THIRD, *_ = DAYS


def refused(ads: Ads, label: str = "vip") -> str:
    """The sentence of a planned day that Meta, or we, refuse for one audience."""
    with pytest.raises(
        DestinationRefusedError, match=f"1 of meta's audiences .* others were: {label}: "
    ) as caught:
        ads.deliver(max(day for day in DAYS if ads.state.layout.delta(NAME, day).is_dir()))
    return str(caught.value)


def foreign(ads: Ads, name: str, *emails: str) -> Audience:
    """An audience that somebody else created, with people in it."""
    ads.run(FIRST, {each: member(each, "theirs") for each in emails})
    audience = ads.audience("theirs")
    audience.name, audience.description = name, "made by hand"
    assert ads.ledger.forget_audience(NAME, "theirs")
    return audience


def test_an_audience_is_created_with_what_the_settings_say(ads: Ads) -> None:
    given = {
        "name": "Clientes {vip}",
        "description": "the best",
        "customer_file_source": "BOTH_USER_AND_PARTNER_PROVIDED",
    }
    ads.configure(name="CRM {audience}", description="from the CRM", audiences={"vip": given})
    ads.run(FIRST, members(1, "vip", "all"))
    ours, plain = ads.audience("Clientes {vip}"), ads.audience("CRM all")
    assert ours.description.startswith("the best [audience_assets ")
    assert plain.description.startswith("from the CRM [audience_assets ")
    assert ours.description[-17:] != plain.description[-17:]
    assert (ours.customer_file_source, plain.customer_file_source) == (
        given["customer_file_source"],
        "USER_PROVIDED_ONLY",
    )


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncated"])
def test_a_creation_whose_answer_is_lost_makes_one_audience(ads: Ads, kind: FaultKind) -> None:
    ads.fault("create", kind)
    ads.publish(FIRST, members(2))
    ads.plan(FIRST)
    with suppress(DeliveryInterruptedError):
        ads.deliver(FIRST)
    ads.deliver(FIRST)
    assert ads.emails() == emails_of("c00000", "c00001")
    assert len(ads.account.audiences) == 1


def test_an_audience_that_meta_does_not_find_yet_is_waited_for(ads: Ads) -> None:
    ads.account.absent_calls = 3
    ads.run(FIRST, members(1))
    assert ads.waited
    assert ads.emails() == emails_of("c00000")


def test_an_audience_of_somebody_else_with_the_same_name_is_refused_with_its_id(ads: Ads) -> None:
    theirs = foreign(ads, "vip", "x")
    ads.publish(SECOND, members(1, "vip", "all"))
    ads.plan(SECOND)
    said = refused(ads)
    assert f"({theirs.id})" in said
    assert "set its id in the settings" in said
    assert theirs.identifiers() == {("EMAIL", digest("x@example.com"))}
    assert ads.emails("all") == emails_of("c00000")


def test_the_same_name_is_taken_over_once_its_id_is_in_the_settings(ads: Ads) -> None:
    theirs = foreign(ads, "vip", "x")
    ads.publish(SECOND, members(3))
    ads.plan(SECOND)
    refused(ads)
    ads.configure(audiences={"vip": {"id": theirs.id}})
    made = ads.plan(SECOND)
    part = made.part("vip")
    assert part is not None
    assert (part.mode, part.why) == ("replace", "a first load into an audience that was there before")
    ads.deliver(SECOND)
    assert ads.emails() == emails_of("c00000", "c00001", "c00002")


def test_a_declared_id_is_replaced_by_the_first_load_and_updated_from_then_on(ads: Ads) -> None:
    theirs = foreign(ads, "Old list", "x", "y")
    ads.configure(audiences={"vip": {"id": theirs.id}})
    before = len(ads.calls())
    ads.run(SECOND, members(3))
    assert len(theirs.identifiers()) == 3
    ads.run(THIRD, members(4))
    assert [call.operation for call in ads.calls()[before:]] == ["users_replace"] * 2 + ["users_add"]
    assert len(theirs.identifiers()) == 4


def test_a_declared_id_loses_what_it_held_even_if_its_first_member_comes_later(ads: Ads) -> None:
    theirs = foreign(ads, "Old list", "x")
    ads.configure(audiences={"vip": {"id": theirs.id}})
    ads.run(SECOND, {"nobody": {"audiences": ["vip"]}})
    ads.run(THIRD, members(1))
    assert theirs.identifiers() == {("EMAIL", digest("c00000@example.com"))}


def test_a_declared_id_that_may_not_be_replaced_keeps_what_it_held(ads: Ads) -> None:
    theirs = foreign(ads, "Old list", "x")
    ads.configure(audiences={"vip": {"id": theirs.id, "replace": "never"}})
    ads.run(SECOND, members(1))
    assert theirs.identifiers() == {
        ("EMAIL", digest("x@example.com")),
        ("EMAIL", digest("c00000@example.com")),
    }


def test_another_id_for_a_delivered_audience_is_refused(ads: Ads) -> None:
    theirs = foreign(ads, "Old list", "x")
    ads.run(SECOND, members(1))
    ads.configure(audiences={"vip": {"id": theirs.id}})
    ads.publish(THIRD, members(2))
    ads.plan(THIRD)
    said = refused(ads)
    assert (
        f"delivered to the custom audience {ads.audience().id} and the settings now say {theirs.id}" in said
    )
    assert "audience-assets forget" in said


def test_another_ad_account_for_a_delivered_audience_is_refused(ads: Ads) -> None:
    ads.run(FIRST, members(1))
    ads.configure(ad_account="act_1234567890")
    ads.publish(SECOND, members(2))
    ads.plan(SECOND)
    before = len(ads.account.calls)
    said = refused(ads)
    assert f"it was delivered to {ads.account.id} and the settings now say act_1234567890" in said
    assert "a destination of its own" in said
    assert ads.account.calls[before:] == []


def test_an_audience_cannot_become_based_on_a_value(ads: Ads) -> None:
    ads.run(FIRST, members(1))
    ads.configure(audiences={"vip": {"value_based": True}})
    ads.publish(SECOND, members(2, LOOKALIKE_VALUE="3"))
    ads.plan(SECOND)
    assert "is not based on a value, and the settings say the opposite" in refused(ads)
    assert ads.emails() == emails_of("c00000")


@pytest.mark.parametrize("status", [450, 470, 471, 500])
def test_an_audience_that_meta_stopped_is_refused_and_the_others_are_delivered(ads: Ads, status: int) -> None:
    ads.run(FIRST, members(1, "vip", "all"))
    ads.audience().forced_status = status
    ads.publish(SECOND, members(2, "vip", "all"))
    ads.plan(SECOND)
    said = refused(ads)
    assert f"operation status {status}" in said
    assert ads.audience().id in said
    assert (len(ads.emails("all")), len(ads.emails("vip"))) == (2, 1)


def test_an_audience_of_another_kind_is_refused(ads: Ads) -> None:
    theirs = foreign(ads, "Lookalike", "x")
    theirs.subtype = "LOOKALIKE"
    ads.configure(audiences={"vip": {"id": theirs.id}})
    ads.publish(SECOND, members(1))
    ads.plan(SECOND)
    assert "of the kind LOOKALIKE and not CUSTOM" in refused(ads)


def test_an_audience_that_was_deleted_is_refused_and_created_anew_once_it_is_forgotten(ads: Ads) -> None:
    ads.run(FIRST, members(2, "vip", "all"))
    del ads.account.audiences[ads.audience().id]
    ads.publish(SECOND, members(3, "vip", "all"))
    ads.plan(SECOND)
    said = refused(ads)
    assert "audience-assets forget" in said
    assert len(ads.emails("all")) == 3
    assert ads.ledger.forget_audience(NAME, "vip")
    ads.plan(SECOND)
    ads.deliver(SECOND)
    assert ads.emails() == emails_of("c00000", "c00001", "c00002")


def test_an_audience_that_goes_nowhere_any_more_is_emptied(ads: Ads) -> None:
    ads.run(FIRST, members(3, "vip", "all"))
    ads.configure(unlisted="skip", audiences={"all": {}})
    ads.run(SECOND, members(3, "vip", "all"))
    assert (ads.emails("vip"), len(ads.emails("all"))) == (set(), 3)
    before = len(ads.calls())
    ads.run(THIRD, members(3, "vip", "all"))
    assert ads.calls()[before:] == []


def test_an_audience_that_is_wanted_again_gets_everybody(ads: Ads) -> None:
    ads.run(FIRST, members(3, "vip", "all"))
    ads.configure(unlisted="skip", audiences={"all": {}})
    ads.run(SECOND, members(3, "vip", "all"))
    ads.configure()
    ads.run(THIRD, members(3, "vip", "all"))
    assert ads.emails() == emails_of(*members(3))
    assert len(ads.account.audiences) == 2
