"""What would take out too many is planned and never sent: the other audiences go, and a person may let it through."""

from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import pytest

from audience_assets.destinations.manifest import DeltaPart
from audience_assets.destinations.planning import RemovalGuard
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.errors import AudienceNotReadyError, DeliveryInterruptedError, GuardError, SettingsError
from audience_assets.guards import GuardSettings
from audience_assets.ledger import Batch, PlannedBatch
from audience_assets_tests.destinations.delivering import DAYS, Delivering, KilledError, emails_of
from audience_assets_tests.destinations.meta.delivering import Ads
from audience_assets_tests.destinations.state import Partner, State, only
from audience_assets_tests.destinations.tiktok.delivering import Advertising

FIRST, SECOND, THIRD, *_ = DAYS
GUARD = RemovalGuard(GuardSettings(few=2))
"""So that worlds can be small."""


def allowing(*names: str) -> RemovalGuard:
    return replace(GUARD, allow=names)


def planned(ads: Delivering, guard: RemovalGuard = GUARD, **given: Any) -> dict[str, DeltaPart]:
    """The parts of the second day's delta by audience."""
    made = ads.state.plan(SECOND, guard=guard, **given)
    return {part.audience: part for part in made.parts}


@pytest.fixture
def ads(any_ads: Delivering) -> Delivering:
    """Two audiences of ten, held by the partner."""
    any_ads.run(FIRST, any_ads.members(10, "all", "vip"))
    any_ads.asked.clear()
    return any_ads


@pytest.fixture
def shrunk(ads: Delivering) -> Delivering:
    """Four of ten have left one audience, three the other."""
    everybody = ads.members(10, "all", "vip")
    members = {name: dict(row) for name, row in everybody.items()}
    for number, row in enumerate(members.values()):
        row["audiences"] = [*(["all"] if number >= 3 else []), *(["vip"] if number >= 4 else [])]
    ads.publish(SECOND, members)
    return ads


def test_a_part_that_takes_out_too_many_says_what_was_seen_and_has_its_files(shrunk: Delivering) -> None:
    parts = planned(shrunk)
    assert (parts["all"].stopped, parts["all"].held_before, parts["all"].taken_out) == ("", 10, 3)
    said = parts["vip"].stopped
    assert said.startswith("4 of 10 customers (40.0%) would be taken out: look at who leaves")
    assert f'materialize {shrunk.state.name}/delta with the run config allow: ["removals:vip"]' in said
    assert parts["vip"].rows == 4
    assert parts["vip"].intact(shrunk.state.layout.delta(shrunk.state.name, SECOND))


def test_the_delivery_sends_the_others_and_then_fails_with_the_name_of_the_stopped_one(
    shrunk: Delivering,
) -> None:
    planned(shrunk)
    for _ in range(2):
        with pytest.raises(GuardError) as caught:
            shrunk.deliver(SECOND)
        name = shrunk.state.name
        assert f"1 of {name}'s audiences could not be delivered, the others were: vip: a guard" in str(
            caught.value
        )
        assert "4 of 10 customers" in str(caught.value)
        assert len(shrunk.emails("all")) == 7
        assert len(shrunk.emails("vip")) == 10
        assert shrunk.ledger.unfinished(name, "vip") is None
    pointer = shrunk.ledger.acknowledged(shrunk.state.name, "vip")
    assert pointer is not None
    assert pointer.day == FIRST


@pytest.mark.parametrize("name", ["removals", "removals:vip"])
def test_planned_again_with_leave_it_is_delivered(shrunk: Delivering, name: str) -> None:
    planned(shrunk)
    parts = planned(shrunk, allowing(name))
    assert parts["vip"].stopped == ""
    assert parts["vip"].allowed.startswith("4 of 10 customers")
    shrunk.deliver(SECOND)
    assert shrunk.emails("vip") == emails_of(*(f"c{number:05}" for number in range(4, 10)))


def test_leave_for_another_audience_is_none(shrunk: Delivering) -> None:
    assert planned(shrunk, allowing("removals:all"))["vip"].stopped


def test_settings_can_let_it_through(shrunk: Delivering) -> None:
    assert planned(shrunk, RemovalGuard(GuardSettings(few=2, removals=1)))["vip"].stopped == ""
    assert planned(shrunk, RemovalGuard(GuardSettings(few=4)))["vip"].stopped == ""


@pytest.mark.parametrize("name", ["*", "removals:nobody", "extract_size"])
def test_leave_for_what_is_not_there_is_refused(shrunk: Delivering, name: str) -> None:
    with pytest.raises(
        SettingsError, match="no guard here: removals, removals:all, removals:vip may be allowed"
    ):
        planned(shrunk, allowing(name))


def test_planned_again_without_leave_it_is_stopped_again(shrunk: Delivering) -> None:
    assert planned(shrunk, allowing("removals"))["vip"].stopped == ""
    assert planned(shrunk)["vip"].stopped


def test_the_day_after_carries_what_was_stopped_once_it_is_right_again(shrunk: Delivering) -> None:
    planned(shrunk)
    with pytest.raises(GuardError):
        shrunk.deliver(SECOND)
    shrunk.publish(THIRD, shrunk.members(11, "all", "vip"))
    made = shrunk.state.plan(THIRD, guard=GUARD)
    assert {part.audience: (part.stopped, part.joined, part.left) for part in made.parts} == {
        "all": ("", 4, 0),
        "vip": ("", 1, 0),
    }
    shrunk.deliver(THIRD)
    assert shrunk.emails("vip") == shrunk.emails("all") == emails_of(*shrunk.members(11))


def test_what_was_begun_with_leave_is_finished(shrunk: Delivering) -> None:
    parts = planned(shrunk, allowing("removals:vip"))
    with pytest.raises(KilledError):
        shrunk.deliver(SECOND, kill_after=len(parts["all"].files) + 1)
    assert shrunk.ledger.unfinished(shrunk.state.name, "vip") is not None
    assert planned(shrunk)["vip"] == parts["vip"]
    shrunk.deliver(SECOND)
    assert len(shrunk.emails("vip")) == 6


def test_an_audience_that_is_not_wanted_any_more_is_not_emptied_without_leave(meta_ads: Ads) -> None:
    meta_ads.run(FIRST, meta_ads.members(10, "all", "vip"))
    meta_ads.configure(unlisted="skip", audiences={"all": {}})
    meta_ads.publish(SECOND, meta_ads.members(10, "all", "vip"))
    assert planned(meta_ads)["vip"].stopped.startswith("10 of 10 customers (100.0%) would be taken out")
    with pytest.raises(GuardError):
        meta_ads.deliver(SECOND)
    assert len(meta_ads.emails("vip")) == 10


def test_other_columns_that_name_fewer_people_take_out_the_rest(meta_ads: Ads) -> None:
    customers = meta_ads.members(10)
    some = {name: {**row, "PHONE": "5511999990000"} for name, row in list(customers.items())[:6]}
    meta_ads.run(FIRST, {**customers, **some})
    meta_ads.configure(audiences={"vip": {"keys": ["PHONE"]}})
    meta_ads.publish(SECOND, {**customers, **some})
    part = planned(meta_ads)["vip"]
    assert (part.mode, part.held_before, part.taken_out, bool(part.stopped)) == ("replace", 10, 4, True)


def test_an_audience_below_the_floor_is_not_deleted_without_leave(tiktok_ads: Advertising) -> None:
    tiktok_ads.advertiser.smallest_audience = 9
    tiktok_ads.configure(below_smallest="delete")
    tiktok_ads.run(FIRST, tiktok_ads.members(10))
    tiktok_ads.publish(SECOND, tiktok_ads.members(8))
    part = planned(tiktok_ads)["vip"]
    assert (part.mode, part.held_before, part.taken_out) == ("delete", 10, 10)
    with pytest.raises(GuardError, match="10 of 10 customers"):
        tiktok_ads.deliver(SECOND)
    assert len(tiktok_ads.emails()) == 10
    planned(tiktok_ads, allowing("removals:vip"))
    tiktok_ads.deliver(SECOND)
    assert tiktok_ads.advertiser.audiences == {}


def test_a_replacement_by_a_much_smaller_set_is_stopped_too(shrunk: Delivering) -> None:
    parts = planned(shrunk, replace=["vip", "all"])
    assert {name: (part.mode, bool(part.stopped)) for name, part in parts.items()} == {
        "all": ("replace", False),
        "vip": ("replace", True),
    }
    with pytest.raises(GuardError):
        shrunk.deliver(SECOND)
    assert len(shrunk.emails("vip")) == 10


def test_a_first_load_takes_nobody_out(any_ads: Delivering) -> None:
    any_ads.publish(SECOND, any_ads.members(10, "all", "vip"))
    assert [(part.held_before, part.taken_out) for part in planned(any_ads).values()] == [(0, 0), (0, 0)]


VTEX: dict[str, dict[str, Any]] = {f"c{number}": {"CITY": "Santos"} for number in range(10)}


@pytest.fixture
def table(state: State) -> State:
    """One list for all, held by the partner; four of ten have left it."""
    state.settings = VtexAdsSettings()
    state.publish(FIRST, VTEX)
    state.plan(FIRST, guard=GUARD)
    state.courier(Partner()).deliver(FIRST)
    state.publish(SECOND, dict(list(VTEX.items())[4:]))
    return state


def test_a_single_list_is_not_sent_at_all(table: State) -> None:
    table.plan(SECOND, guard=GUARD)
    partner = Partner()
    with pytest.raises(
        GuardError, match=r"^a guard stopped it and nothing was sent: 4 of 10 customers \(40.0%\)"
    ):
        table.courier(partner).deliver(SECOND)
    assert partner.taken == []
    table.plan(SECOND, guard=allowing("removals"))
    assert only(table.courier(partner).deliver(SECOND)).delivery is not None


def test_who_is_kept_at_the_partner_is_not_taken_out_but_for_those_who_withdrew(table: State) -> None:
    table.settings = VtexAdsSettings(departed="keep")
    [part] = table.plan(SECOND, guard=GUARD).parts
    assert (part.stopped, part.left, part.taken_out) == ("", 4, 0)
    withdrawn = {name: row | {"consent": False} for name, row in list(VTEX.items())[:4]}
    table.publish(THIRD, VTEX | withdrawn)
    [part] = table.plan(THIRD, guard=GUARD).parts
    assert (bool(part.stopped), part.left, part.taken_out) == (True, 4, 4)


class Busy(Partner):
    """A partner that is busy with every audience that it is sent."""

    def check(self, batch: PlannedBatch | Batch, path: Path) -> None:
        """Any columns will do."""

    def send(self, *_: object) -> NoReturn:
        raise AudienceNotReadyError("busy")


def test_another_audience_s_trouble_that_may_pass_is_what_the_run_is_repeated_for(shrunk: Delivering) -> None:
    planned(shrunk)
    with pytest.raises(DeliveryInterruptedError, match="all: busy; vip: a guard stopped it"):
        shrunk.state.courier(Busy()).deliver(SECOND)
