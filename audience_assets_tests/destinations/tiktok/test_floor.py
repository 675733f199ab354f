"""TikTok takes no audience below a smallest size: it is held and said, or deleted; and what TikTok refuses is given up."""

import pytest

from audience_assets.errors import DestinationRefusedError
from audience_assets_tests.destinations.delivering import DAYS, emails_of, outcome
from audience_assets_tests.destinations.state import Row
from audience_assets_tests.destinations.tiktok.delivering import NAME, Advertising, member, members
from audience_assets_tests.histories.faults import Killed

FIRST, SECOND, THIRD, FOURTH, _ = DAYS
SMALLEST = 3


@pytest.fixture
def floor(ads: Advertising) -> Advertising:
    """An advertiser that takes audiences of three or more, as the settings know."""
    ads.advertiser.smallest_audience = SMALLEST
    ads.configure()
    return ads


def people(*names: str, **sharing: str) -> dict[str, Row]:
    """Customers with an e-mail address each, and some with somebody else's."""
    shared: dict[str, Row] = {name: member(other) for name, other in sharing.items()}
    return {name: member(name) for name in names} | shared


def refused(ads: Advertising, day: int) -> str:
    with pytest.raises(DestinationRefusedError) as caught:
        ads.deliver(DAYS[day])
    return str(caught.value)


def test_a_first_load_below_the_smallest_size_is_held_until_it_has_grown(floor: Advertising) -> None:
    found = outcome(floor.run(FIRST, members(2)))
    assert found.held == (
        "2 members, and tiktok takes 3 or more (destinations.tiktok.smallest_audience): nothing is sent, and what it "
        "holds stays"
    )
    assert (floor.advertiser.calls, floor.pointer()) == ([], None)
    assert outcome(floor.run(SECOND, members(3))).held == ""
    assert floor.emails() == emails_of(*members(3))


def test_a_day_that_would_fall_below_is_held_and_what_tiktok_holds_stays(floor: Advertising) -> None:
    floor.run(FIRST, members(4))
    before = len(floor.advertiser.calls)
    assert outcome(floor.run(SECOND, members(2))).held.startswith("2 members")
    assert floor.advertiser.calls[before:] == []
    assert (floor.emails(), floor.pointer()) == (emails_of(*members(4)), f"snapshot-{FIRST}")
    floor.run(THIRD, members(3, start=1))
    assert (floor.emails(), floor.pointer()) == (emails_of(*members(3, start=1)), f"snapshot-{THIRD}")


def test_an_audience_that_nobody_is_in_any_more_is_held(floor: Advertising) -> None:
    floor.run(FIRST, members(4))
    assert outcome(floor.run(SECOND, {})).held.startswith("0 members")
    assert floor.emails() == emails_of(*members(4))


def test_a_held_audience_holds_up_no_other(floor: Advertising) -> None:
    customers = {**members(4, "all"), **members(2, "all", "vip")}
    report = floor.run(FIRST, customers)
    assert {each.audience: bool(each.held) for each in report.outcomes} == {"all": False, "vip": True}
    assert floor.emails("all") == emails_of(*members(4))


def test_everybody_may_be_exchanged_since_additions_come_first(floor: Advertising) -> None:
    floor.run(FIRST, members(3))
    floor.run(SECOND, members(3, start=3))
    assert floor.emails() == emails_of(*members(3, start=3))


def test_an_audience_that_is_to_be_deleted_is_forgotten_and_made_anew(floor: Advertising) -> None:
    floor.configure(below_smallest="delete")
    floor.run(FIRST, members(4, "vip", "all"))
    gone = floor.audience().id
    report = floor.run(SECOND, {**members(4, "all"), **members(2, "vip", "all")})
    assert outcome(report).held == "it was deleted at the partner"
    assert [each.name for each in floor.advertiser.audiences.values()] == ["all"]
    assert floor.ledger.remote_audience(NAME, "vip") is None
    assert floor.pointer() is None
    before = floor.changes()
    assert outcome(floor.run(THIRD, {**members(4, "all"), **members(2, "vip", "all")})).held.startswith(
        "2 members"
    )
    assert floor.changes() == before
    floor.run(FOURTH, members(4, "vip", "all"))
    assert floor.audience().id != gone
    assert floor.emails() == emails_of(*members(4))


def test_a_deletion_whose_answer_was_lost_is_no_failure(floor: Advertising) -> None:
    floor.configure(below_smallest="delete")
    floor.run(FIRST, members(4))
    floor.fault("delete", "drop_after")
    floor.run(SECOND, members(2))
    assert floor.changes() == ["create", "delete", "delete"]
    assert floor.advertiser.audiences == {}
    before = len(floor.advertiser.calls)
    floor.deliver(SECOND)
    assert floor.advertiser.calls[before:] == []


@pytest.mark.parametrize("step", ["end_audience", "forget_audience"])
def test_a_deletion_that_was_cut_off_is_finished_before_the_same_people_are_brought_back(
    floor: Advertising, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    floor.configure(below_smallest="delete")
    floor.run(FIRST, members(4))
    gone = floor.audience().id
    floor.publish(SECOND, members(2))
    floor.plan(SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(type(floor.ledger), step, _killed)
        with pytest.raises(Killed):
            floor.deliver(SECOND)
    floor.run(THIRD, members(4))
    assert floor.emails() == emails_of(*members(4))
    assert (floor.audience().id == gone) == (step == "end_audience")


def _killed(*_: object) -> None:
    raise Killed


def test_a_first_load_of_too_few_distinct_people_is_given_up_for_the_next_day(floor: Advertising) -> None:
    floor.publish(FIRST, people("a", "b", c="b", e="b"))
    floor.plan(FIRST)
    said = refused(floor, 0)
    assert floor.uploaded() == [3, 1]
    assert "fewer people than TikTok takes" in said
    assert "it is planned anew with the next day" in said
    assert floor.ledger.unfinished(NAME, "vip") is None
    floor.run(SECOND, people("a", "b", "d", c="b"))
    assert floor.emails() == emails_of("a", "b", "d")


def test_a_removal_that_leaves_too_few_distinct_people_is_given_up_for_the_next_day(
    floor: Advertising,
) -> None:
    floor.run(FIRST, people("a", "b", "c", "d", e="b"))
    floor.publish(SECOND, people("a", "b", e="b"))
    floor.plan(SECOND)
    assert "it is planned anew with the next day" in refused(floor, 1)
    assert (floor.emails(), floor.pointer()) == (emails_of("a", "b", "c", "d"), f"snapshot-{FIRST}")
    floor.run(THIRD, people("a", "b", "f", e="b"))
    assert floor.emails() == emails_of("a", "b", "f")


def test_a_removal_that_is_refused_after_its_additions_needs_a_person(floor: Advertising) -> None:
    floor.run(FIRST, people("a", "b", "c", "d"))
    floor.publish(SECOND, people("a", "f", g="f"))
    floor.plan(SECOND)
    assert "delete it at TikTok and run audience-assets forget" in refused(floor, 1)
    assert floor.ledger.unfinished(NAME, "vip") is not None
    floor.advertiser.audiences.clear()
    assert floor.ledger.forget_audience(NAME, "vip")
    floor.run(THIRD, people("a", "f", "h", g="f"))
    assert floor.emails() == emails_of("a", "f", "h")


def test_an_audience_that_turns_out_too_small_needs_a_person(floor: Advertising) -> None:
    """TikTok may take the files and find out only when it has matched the people."""
    floor.advertiser.too_few = "failed"
    floor.publish(FIRST, people("a", "b", c="b"))
    floor.plan(FIRST)
    said = refused(floor, 0)
    assert f"TikTok could not use the audience {floor.audience().id}" in said
    assert "run audience-assets forget to begin anew" in said
    assert floor.pointer() is None
    floor.advertiser.audiences.clear()
    assert floor.ledger.forget_audience(NAME, "vip")
    floor.run(SECOND, people("a", "b", "d", c="b"))
    assert floor.emails() == emails_of("a", "b", "d")


def test_a_removal_that_turns_out_too_large_is_told_and_what_tiktok_holds_stays(floor: Advertising) -> None:
    floor.run(FIRST, people("a", "b", "c", "d", e="b"))
    floor.advertiser.too_few = "failed"
    floor.publish(SECOND, people("a", "b", e="b"))
    floor.plan(SECOND)
    assert f"TikTok could not use the audience {floor.audience().id}" in refused(floor, 1)
    assert (floor.emails(), floor.pointer()) == (emails_of("a", "b", "c", "d"), f"snapshot-{FIRST}")
