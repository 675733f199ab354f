"""Each of the customers' audiences has exactly one audience at TikTok, and one that cannot be used is refused by name."""

import pytest

from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError
from audience_assets.sandbox.faults import FaultKind
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets_tests.destinations.delivering import DAYS, digest, email_of, emails_of
from audience_assets_tests.destinations.tiktok.delivering import NAME, Advertising, member, members

FIRST, SECOND, THIRD, *_ = DAYS


def refused(ads: Advertising, label: str = "vip") -> str:
    """The sentence of the newest planned day that TikTok, or we, refuse for one audience."""
    with pytest.raises(
        DestinationRefusedError, match=f"1 of tiktok's audiences .* others were: {label}: "
    ) as caught:
        ads.deliver(max(day for day in DAYS if ads.state.layout.delta(NAME, day).is_dir()))
    return str(caught.value)


def foreign(ads: Advertising, name: str, *emails: str) -> Audience:
    """An audience that somebody else created, with people in it."""
    ads.run(FIRST, {each: member(each, "theirs") for each in emails})
    audience = ads.audience("theirs")
    audience.name = name
    assert ads.ledger.forget_audience(NAME, "theirs")
    ads.advertiser.calls.clear()
    return audience


def test_an_audience_is_created_with_what_the_settings_say(ads: Advertising) -> None:
    ads.configure(name="CRM {audience}", retention_in_days=90, audiences={"vip": {"name": "Clientes {vip}"}})
    ads.run(FIRST, members(1, "vip", "all"))
    assert ads.audience("Clientes {vip}").retention_in_days == 90
    assert ads.emails("CRM all") == emails_of("c00000")


@pytest.mark.parametrize("kind", ["drop_after", "truncated"])
def test_a_creation_whose_answer_is_lost_is_found_and_not_made_again(
    ads: Advertising, kind: FaultKind
) -> None:
    ads.fault("create", kind)
    ads.run(FIRST, members(4))
    assert ads.changes() == ["create"]
    assert ads.ledger.remote_audiences(NAME)[0].remote_id == ads.audience().id
    assert ads.emails() == emails_of(*members(4))


def test_a_creation_that_shows_up_only_later_is_found_by_the_next_run(ads: Advertising) -> None:
    ads.fault("create", "drop_after")
    ads.fault("list", "code", code=50000, after=2, times=1000)
    ads.publish(FIRST, members(4))
    ads.plan(FIRST)
    with pytest.raises(DeliveryInterruptedError):
        ads.deliver(FIRST)
    ads.advertiser.faults.clear()
    ads.deliver(FIRST)
    assert ads.changes() == ["create"]
    assert ads.emails() == emails_of(*members(4))


def test_a_creation_that_never_arrived_is_asked_for_again_by_the_next_run(ads: Advertising) -> None:
    ads.fault("create", "drop_before")
    ads.publish(FIRST, members(4))
    ads.plan(FIRST)
    with pytest.raises(DeliveryInterruptedError, match="the next run looks for it first"):
        ads.deliver(FIRST)
    assert sum(ads.waited) >= 21
    ads.deliver(FIRST)
    assert ads.changes() == ["create", "create"]
    assert ads.emails() == emails_of(*members(4))


def test_an_audience_of_somebody_else_with_the_same_name_is_refused_with_its_id(ads: Advertising) -> None:
    theirs = foreign(ads, "vip", "x")
    ads.publish(SECOND, members(1, "vip", "all"))
    ads.plan(SECOND)
    for _ in range(2):
        said = refused(ads)
        assert f"has an audience of the name 'vip' already ({theirs.id})" in said
        assert "set its id in the settings" in said
    assert theirs.identifiers() == {("email_SHA256", digest(email_of("x")))}
    assert ads.emails("all") == emails_of("c00000")


def test_two_of_the_name_after_a_lost_answer_are_refused_naming_both(ads: Advertising) -> None:
    ads.run(FIRST, members(1, "other"))
    ads.fault("create", "drop_before")
    ads.publish(SECOND, members(2, "other", "vip"))
    ads.plan(SECOND)
    with pytest.raises(DeliveryInterruptedError):
        ads.deliver(SECOND)
    other = ads.audience("other")
    twin = Audience(
        "1" * 19, "vip", other.calculate_type, "NORMAL", None, 0.0, ads.clock.now(), ads.advertiser, ads.clock
    )
    other.name = "vip"
    ads.advertiser.audiences[twin.id] = twin
    said = refused(ads)
    assert "two audiences are called 'vip'" in said
    assert other.id in said
    assert twin.id in said


def test_a_declared_id_is_replaced_by_the_first_load_and_updated_from_then_on(ads: Advertising) -> None:
    theirs = foreign(ads, "Old list", "x", "y")
    ads.configure(audiences={"vip": {"id": theirs.id}})
    ads.run(SECOND, members(3))
    assert theirs.identifiers() == {("email_SHA256", each) for each in emails_of(*members(3))}
    ads.run(THIRD, members(4))
    assert ads.changes() == ["update_replace", "update_append"]
    assert len(theirs.identifiers()) == 4


def test_a_name_that_is_taken_is_taken_over_once_its_id_is_in_the_settings(ads: Advertising) -> None:
    theirs = foreign(ads, "vip", "x")
    ads.publish(SECOND, members(3))
    ads.plan(SECOND)
    refused(ads)
    ads.configure(audiences={"vip": {"id": theirs.id}})
    part = ads.plan(SECOND).part("vip")
    assert part is not None
    assert (part.mode, part.why) == ("replace", "a first load into an audience that was there before")
    ads.deliver(SECOND)
    assert ads.emails() == emails_of(*members(3))


def test_a_declared_id_that_may_not_be_replaced_keeps_what_it_held(ads: Advertising) -> None:
    theirs = foreign(ads, "Old list", "x")
    ads.configure(audiences={"vip": {"id": theirs.id, "replace": "never"}})
    ads.run(SECOND, members(1))
    assert ads.emails("Old list") == emails_of("x", "c00000")


def test_another_id_for_a_delivered_audience_is_refused(ads: Advertising) -> None:
    theirs = foreign(ads, "Old list", "x")
    ads.run(SECOND, members(1))
    ads.configure(audiences={"vip": {"id": theirs.id}})
    ads.publish(THIRD, members(2))
    ads.plan(THIRD)
    said = refused(ads)
    assert f"delivered to the audience {ads.audience().id} and the settings now say {theirs.id}" in said
    assert "audience-assets forget" in said


def test_another_advertiser_for_a_delivered_audience_is_refused_before_anything_is_asked(
    ads: Advertising,
) -> None:
    ads.run(FIRST, members(1))
    ads.configure(advertiser_id="1234567890")
    ads.publish(SECOND, members(2))
    ads.plan(SECOND)
    before = len(ads.advertiser.calls)
    said = refused(ads)
    assert f"to the advertiser {ads.advertiser.id} and the settings now say 1234567890" in said
    assert "a destination of its own" in said
    assert ads.advertiser.calls[before:] == []


def test_an_audience_of_another_kind_is_refused_naming_the_way_to_begin_anew(ads: Advertising) -> None:
    ads.run(FIRST, members(2))
    ads.configure(identifiers=["email"])
    ads.publish(SECOND, members(3))
    ads.plan(SECOND)
    before = len(ads.calls("upload"))
    said = refused(ads)
    assert (
        f"audience {ads.audience().id} is of the kind MULTIPLE_TYPES and the settings now make EMAIL_SHA256"
        in said
    )
    assert "audience-assets forget" in said
    assert len(ads.calls("upload")) == before
    assert ads.emails() == emails_of(*members(2))


def test_an_audience_that_goes_nowhere_any_more_is_kept_at_the_smallest_size(ads: Advertising) -> None:
    """TikTok takes no audience of nobody, so it cannot be emptied."""
    ads.run(FIRST, members(3, "vip", "all"))
    ads.configure(unlisted="skip", audiences={"all": {}})
    report = ads.run(SECOND, members(3, "vip", "all"))
    assert {each.audience: bool(each.held) for each in report.outcomes} == {"all": False, "vip": True}
    assert ads.emails() == emails_of(*members(3))
