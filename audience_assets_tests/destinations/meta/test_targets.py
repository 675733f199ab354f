"""Each of the customers' audiences has exactly one custom audience at Meta, and one that cannot be used is refused by name."""

from contextlib import suppress

import pytest

from audience_assets.errors import DeliveryInterruptedError
from audience_assets.sandbox.meta.faults import FaultKind
from audience_assets_tests.destinations.meta.delivering import (
    DAYS,
    NAME,
    Ads,
    digest,
    emails_of,
    members,
)

FIRST, SECOND, THIRD, *_ = DAYS


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


def test_a_declared_id_loses_what_it_held_even_if_its_first_member_comes_later(ads: Ads) -> None:
    theirs = ads.foreign("Old list", 1)
    ads.configure(audiences={"vip": {"id": theirs.id}})
    ads.run(SECOND, {"nobody": {"audiences": ["vip"]}})
    ads.run(THIRD, members(1))
    assert theirs.identifiers() == {("EMAIL", digest("c00000@example.com"))}


def test_an_audience_cannot_become_based_on_a_value(ads: Ads) -> None:
    ads.run(FIRST, members(1))
    ads.configure(audiences={"vip": {"value_based": True}})
    ads.publish(SECOND, members(2, LOOKALIKE_VALUE="3"))
    ads.plan(SECOND)
    assert "is not based on a value, and the settings say the opposite" in ads.refusal()
    assert ads.emails() == emails_of("c00000")


@pytest.mark.parametrize("status", [450, 470, 471, 500])
def test_an_audience_that_meta_stopped_is_refused_and_the_others_are_delivered(ads: Ads, status: int) -> None:
    ads.run(FIRST, members(1, "vip", "all"))
    ads.audience().forced_status = status
    ads.publish(SECOND, members(2, "vip", "all"))
    ads.plan(SECOND)
    said = ads.refusal()
    assert f"operation status {status}" in said
    assert ads.audience().id in said
    assert (len(ads.emails("all")), len(ads.emails("vip"))) == (2, 1)


def test_an_audience_of_another_kind_is_refused(ads: Ads) -> None:
    theirs = ads.foreign("Lookalike", 1)
    theirs.subtype = "LOOKALIKE"
    ads.configure(audiences={"vip": {"id": theirs.id}})
    ads.publish(SECOND, members(1))
    ads.plan(SECOND)
    assert "of the kind LOOKALIKE and not CUSTOM" in ads.refusal()


def test_an_audience_that_was_deleted_is_refused_and_created_anew_once_it_is_forgotten(ads: Ads) -> None:
    ads.run(FIRST, members(2, "vip", "all"))
    del ads.account.audiences[ads.audience().id]
    ads.publish(SECOND, members(3, "vip", "all"))
    ads.plan(SECOND)
    said = ads.refusal()
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
