"""Each of the customers' audiences has exactly one audience at TikTok, and one that cannot be used is refused by name."""

import pytest

from audience_assets.errors import DeliveryInterruptedError
from audience_assets.sandbox.faults import FaultKind
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets_tests.destinations.delivering import DAYS, emails_of
from audience_assets_tests.destinations.tiktok.delivering import NAME, Advertising, members

FIRST, SECOND, THIRD, *_ = DAYS


def test_an_audience_is_created_with_what_the_settings_say(ads: Advertising) -> None:
    ads.configure(name="CRM {audience}", retention_in_days=90, audiences={"vip": {"name": "Clientes {vip}"}})
    ads.run(FIRST, members(1, "vip", "all"))
    assert ads.audience("Clientes {vip}").retention_in_days == 90
    assert ads.emails("CRM all") == emails_of("c00000")


def test_a_first_load_looks_once_whether_the_name_is_free(ads: Advertising) -> None:
    ads.run(FIRST, members(4))
    ads.run(SECOND, members(3, start=2))
    assert len(ads.calls("list")) == 1


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
    ads.fault("list", "code", code=50000, after=1, times=1000)
    ads.publish(FIRST, members(4))
    ads.plan(FIRST)
    with pytest.raises(DeliveryInterruptedError):
        ads.deliver(FIRST)
    ads.advertiser.faults.clear()
    ads.deliver(FIRST)
    assert ads.changes() == ["create", "update_append"]  # the same people once more
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
    said = ads.refusal()
    assert "two audiences are called 'vip'" in said
    assert other.id in said
    assert twin.id in said
    ads.configure(audiences={"vip": {"id": twin.id}})
    ads.deliver(SECOND)
    assert twin.identifiers() == {("email_SHA256", each) for each in emails_of(*members(2))}


def test_an_audience_of_another_kind_is_refused_naming_the_way_to_begin_anew(ads: Advertising) -> None:
    ads.run(FIRST, members(2))
    ads.configure(identifiers=["email"])
    ads.publish(SECOND, members(3))
    ads.plan(SECOND)
    before = len(ads.calls("upload"))
    said = ads.refusal()
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
