"""What is old goes, and nothing that a later day, a partner's state or a delivery under way still needs."""

import os
from pathlib import Path
from typing import Any

import pytest

from audience_assets.destinations.delivery import Courier
from audience_assets.errors import DeliveryInterruptedError, StateError
from audience_assets.retention.purging import LEFTOVERS, RECORDS, SENT, STATE
from audience_assets_tests.destinations.state import Partner
from audience_assets_tests.retention.world import DAYS, DESTINATION, PERIODS, World, moment


def test_each_kind_is_kept_for_its_period(world: World) -> None:
    world.purge(0)
    assert world.days_of("normalized_customers", "customers-") == set(DAYS[4:6])
    assert world.days_of("vtex_ads/delta") == set(DAYS[3:6])
    assert world.days_of("raw_customers") == set(DAYS[2:6])
    assert world.days_of("normalized_customers", "index-") == set(
        DAYS[1:6]
    )  # one more, from which the first was made
    assert world.days_of("hashed_customers", "left-") == set(DAYS[2:6])


def test_of_the_newest_day_everything_is_kept_however_old_it_is(world: World) -> None:
    before = world.files()
    newest = {name for name in before if str(DAYS[5]) in name}
    world.purge(1000)
    assert newest <= world.files() < before
    assert world.days_of("normalized_customers", "customers-") == {DAYS[5]}
    assert world.days_of("normalized_customers", "index-") == {DAYS[4], DAYS[5]}


def test_the_log_keeps_what_the_newest_day_refers_to(world: World) -> None:
    world.purge(1000)
    # Somebody of the first day is still there as they were then; who is new or moved is in the later ones.
    assert world.days_of("hashed_customers", "segment-") == set(DAYS[:6])
    assert world.days_of("hashed_customers", "left-") == {DAYS[5]}


@pytest.mark.parametrize("after", [0, 2, 1000])
def test_the_next_day_says_the_same_as_if_nothing_had_been_removed(world: World, after: int) -> None:
    twin = world.twin()
    assert sum(world.purge(after).files.values()) > 10
    for each in (world, twin):
        each.build(DAYS[6])
    assert world.deliver(DAYS[6]) == twin.deliver(DAYS[6])
    assert twin.deliver(DAYS[6]).rows > 0


def test_a_partner_that_was_away_is_brought_from_where_it_stands(tmp_path: Path) -> None:
    world = World(tmp_path / "world", {})
    for number, day in enumerate(DAYS[:6]):
        world.build(day)
        if number == 0:
            world.deliver(day)
    twin = world.twin()
    world.purge(1000)
    assert world.days_of("normalized_customers", "index-") == {DAYS[0], DAYS[4], DAYS[5]}
    for each in (world, twin):
        each.build(DAYS[6])
    made = world.deliver(DAYS[6])
    assert made == twin.deliver(DAYS[6])
    assert (made.joined, made.left) == (6, 6)


def test_a_destination_that_is_added_when_the_records_are_gone_gets_everyone_with_the_next_day(
    world: World,
) -> None:
    world.purge(1000)
    more = World(world.folder, {"destinations": {DESTINATION: {}, "second": {}}})
    more.build(DAYS[6])
    _, first = more.run.plan("second", DAYS[6])
    assert (first.joined, first.rows) == (20, 20)
    assert more.plan(DAYS[6]).rows == 4


def test_what_was_written_within_a_day_stays(world: World) -> None:
    before = world.files()
    for name in before:
        os.utime(world.state / name, (moment(999).timestamp() + 3600,) * 2)
    assert sum(world.purge(1000).files.values()) == 0
    assert world.files() == before


def test_zero_keeps_for_ever(world: World) -> None:
    before = world.files()
    forever = World(world.folder, {"retention": dict.fromkeys(PERIODS, 0)})
    assert sum(forever.purge(10_000).files.values()) == 0
    records = World(world.folder, {"retention": PERIODS | {"state_days": 0, "delta_days": 0}})
    removed = records.purge(10_000)
    assert removed.files == {RECORDS: 5, SENT: 0, STATE: 0, LEFTOVERS: 0}
    assert before - world.files() == {
        name
        for name in before
        if name.startswith("normalized_customers/") and "/customers-" in name and str(DAYS[5]) not in name
    }


def test_a_dry_run_says_what_would_go_and_removes_nothing(world: World) -> None:
    before = world.files()
    said = world.purge(10, dry_run=True)
    assert world.files() == before
    sizes = {name: (world.state / name).stat().st_size for name in before}
    done = world.purge(10)
    gone = before - world.files()
    assert done == said
    assert sum(done.files.values()) == len(gone) > 10
    assert sum(done.bytes.values()) == sum(sizes[name] for name in gone)
    assert said.sentences(dry_run=True)[0].startswith(
        f"would remove {done.files[RECORDS]} files of normalized records, "
    )
    assert sum(world.purge(10).files.values()) == 0


def test_records_stay_until_they_are_hashed_for_every_destination(world: World) -> None:
    more = World(world.folder, {"destinations": {DESTINATION: {}, "second": {}}})
    kept = more.purge(1000)
    assert kept.files[RECORDS] == 0
    assert kept.kept == 5
    assert f"kept the normalized records of {DAYS[0]}, " in kept.sentences()[-1]
    assert "materialize hashed_customers for the newest day" in kept.sentences()[-1]
    more.run.hash(DAYS[5])
    more.age()
    assert more.purge(1000).files[RECORDS] == 5


def test_records_that_nothing_refers_to_go_though_they_were_never_hashed(tmp_path: Path) -> None:
    world = World(tmp_path / "world", {})
    for day in DAYS[:2]:
        world.build(day)
        world.deliver(day)
    world.land(DAYS[2], shift=100)
    world.run.read_extract(DAYS[2])
    superseded = world.run.normalize(DAYS[2])
    for day in DAYS[2:6]:
        world.build(day)
    assert f"customers-{superseded.segment}" in str(world.files())
    world.purge(1000)
    assert superseded.segment not in str(world.files())


@pytest.mark.parametrize("under_way", [False, True], ids=["planned", "under way"])
def test_the_files_of_a_delivery_that_is_not_finished_stay(tmp_path: Path, under_way: bool) -> None:  # noqa: FBT001
    world = World(tmp_path / "world", {})
    world.build(DAYS[0])
    partner = Partner(fail_after={1}) if under_way else Refusing()
    with pytest.raises((DeliveryInterruptedError, ZeroDivisionError)):
        world.deliver(DAYS[0], partner)
    world.age()
    for day in DAYS[1:3]:
        world.build(day)
    world.run.layout.delta(DESTINATION, DAYS[1])
    newer = world.state / f"vtex_ads/delta/{DAYS[1]}"
    newer.mkdir(parents=True)
    before = {name for name in world.files("vtex_ads/delta") if str(DAYS[0]) in name}
    world.purge(1000)
    assert before == world.files("vtex_ads/delta")
    assert DAYS[0] in world.days_of("normalized_customers", "index-")
    world.deliver(DAYS[0]) if not under_way else finish(world)
    world.deliver(DAYS[2])
    assert world.purge(1000).files[SENT] == 1


class Refusing(Partner):
    """A partner for which the first batch never leaves."""

    def begin(self, delivery: Any, batches: Any) -> None:  # noqa: ARG002
        """Fail after the plan stands in the ledger and before anything is marked as sent."""
        raise ZeroDivisionError


def finish(world: World) -> None:
    with world.run.ledger() as ledger:
        Courier(ledger, world.run.layout, DESTINATION, Partner(), None, lambda *_: None).deliver(DAYS[0])


def test_the_newest_day_is_run_again_after_a_purge_and_says_nothing_new(world: World) -> None:
    world.purge(1000)
    world.again(DAYS[5])
    partner = Partner()
    world.deliver(DAYS[5], partner)
    assert partner.taken == []


def test_the_newest_day_with_another_extract_is_built_again_after_a_purge(world: World) -> None:
    world.purge(1000)
    world.land(DAYS[5], shift=100)
    world.again(DAYS[5])
    assert world.deliver(DAYS[5]).changed == 1


def test_an_older_day_is_refused_with_what_to_do(world: World) -> None:
    world.purge(1000)
    world.land(DAYS[2], shift=100)
    with pytest.raises(
        StateError,
        match=r"is missing: .*What is older than retention\.state_days is removed; such a day is not built again",
    ):
        world.again(DAYS[2])


def test_a_delivered_day_whose_files_are_gone_can_still_be_counted(world: World) -> None:
    world.purge(0)
    made = world.plan(DAYS[2])
    assert world.run.count_delta(DESTINATION, made) == []
    kept = world.run.count_delta(DESTINATION, world.plan(DAYS[5]))
    assert [each["rows"] for each in kept] == [4]


def test_the_quarantine_goes_with_the_state_but_for_the_one_that_the_next_day_goes_on_from(
    world: World,
) -> None:
    for day in DAYS[:6]:
        world.run.quarantine(day)
    world.age()
    world.purge(0)
    assert world.days_of("quarantine") == set(DAYS[1:6])
    world.purge(1000)
    assert world.days_of("quarantine") == {DAYS[4], DAYS[5]}
    world.build(DAYS[6])
    assert world.run.quarantine(DAYS[6]).complete
