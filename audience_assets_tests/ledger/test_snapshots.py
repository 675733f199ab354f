"""Segments and snapshots: immutable, in order, one current for each day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from audience_assets.errors import StateError
from audience_assets.ledger import Ledger, Segment, Snapshot
from audience_assets_tests.ledger.conftest import Execute

DAY = date(2026, 11, 1)
SEGMENT = Segment("a", DAY, "rules-1", "a/normalized.parquet", 10)


def test_a_segment_is_read_back_as_recorded(ledger: Ledger) -> None:
    ledger.record_segment(SEGMENT)
    assert ledger.segment("a") == SEGMENT
    assert ledger.segment("b") is None


def test_moments_are_kept_in_utc_whatever_zone_they_come_in(ledger: Ledger, execute: Execute) -> None:
    moment = datetime(2026, 11, 1, 21, 0, tzinfo=timezone(timedelta(hours=-3)))
    ledger.record_segment(replace(SEGMENT, created_at=moment))
    stored = ledger.segment("a")
    assert stored is not None
    assert stored.created_at == moment
    assert stored.created_at.tzinfo == UTC
    assert execute("SELECT created_at FROM segment") == [("2026-11-02T00:00:00.000000+00:00",)]


def test_a_moment_without_a_zone_is_refused(ledger: Ledger) -> None:
    with pytest.raises(Exception, match="time zone"):
        ledger.record_segment(replace(SEGMENT, created_at=datetime(2026, 11, 1)))  # noqa: DTZ001
    assert ledger.segment("a") is None


def test_recording_a_segment_again_changes_nothing(ledger: Ledger) -> None:
    ledger.record_segment(SEGMENT)
    ledger.record_segment(replace(SEGMENT, created_at=SEGMENT.created_at + timedelta(hours=1)))
    assert ledger.segment("a") == SEGMENT


@pytest.mark.parametrize(
    "change",
    [
        {"day": date(2026, 11, 2)},
        {"rules_signature": "rules-2"},
        {"rows": 11},
        {"normalized_file": "other.parquet"},
        {"normalized_file": None},
    ],
)
def test_a_segment_never_changes(ledger: Ledger, change: dict[str, object]) -> None:
    ledger.record_segment(SEGMENT)
    with pytest.raises(StateError, match="'a' is recorded with other content"):
        ledger.record_segment(replace(SEGMENT, **change))  # type: ignore[arg-type]
    assert ledger.segment("a") == SEGMENT


def test_the_hashed_file_is_set_once(ledger: Ledger) -> None:
    ledger.record_segment(SEGMENT)
    ledger.set_hashed_file("a", "a/hashed.parquet")
    ledger.set_hashed_file("a", "a/hashed.parquet")
    ledger.record_segment(SEGMENT)  # without one: keeps it
    with pytest.raises(StateError, match=r"'a' has the hashed file 'a/hashed\.parquet' already"):
        ledger.set_hashed_file("a", "other.parquet")
    with pytest.raises(StateError, match="already"):
        ledger.record_segment(replace(SEGMENT, hashed_file="other.parquet"))
    assert ledger.segment("a") == replace(SEGMENT, hashed_file="a/hashed.parquet")


def test_a_hashed_file_needs_a_segment(ledger: Ledger) -> None:
    with pytest.raises(StateError, match="'a' is not in the ledger: materialize normalized_customers"):
        ledger.set_hashed_file("a", "a/hashed.parquet")


def test_clear_text_is_listed_until_it_is_purged(ledger: Ledger) -> None:
    later = replace(SEGMENT, name="b", day=DAY + timedelta(days=1))
    ledger.record_segment(later)
    ledger.record_segment(SEGMENT)
    assert [one.name for one in ledger.segments_in_clear(DAY + timedelta(days=5))] == ["a", "b"]
    assert [one.name for one in ledger.segments_in_clear(DAY + timedelta(days=1))] == ["a"]
    ledger.forget_normalized_file("a")
    ledger.forget_normalized_file("a")
    assert ledger.segments_in_clear(DAY + timedelta(days=1)) == []
    assert ledger.segment("a") == replace(SEGMENT, normalized_file=None)


def test_clear_text_rebuilt_after_a_purge_is_listed_again(ledger: Ledger) -> None:
    ledger.record_segment(SEGMENT)
    ledger.forget_normalized_file("a")
    ledger.record_segment(replace(SEGMENT, normalized_file="a/again.parquet"))
    assert [one.normalized_file for one in ledger.segments_in_clear(DAY + timedelta(days=1))] == [
        "a/again.parquet"
    ]


def test_many_segments_are_found_at_once(ledger: Ledger) -> None:
    ledger.record_segment(SEGMENT)
    assert ledger.segments([*map(str, range(1200)), "a"]) == {"a": SEGMENT}
    assert ledger.segments([]) == {}


def test_snapshots_are_numbered_in_the_order_they_are_published(publish: Callable[..., Snapshot]) -> None:
    assert [publish(3).sequence, publish(1).sequence, publish(1, "again").sequence] == [1, 2, 3]


def test_a_published_snapshot_is_read_back(ledger: Ledger, publish: Callable[..., Snapshot]) -> None:
    published = publish(1, "k")
    assert ledger.snapshot("k") == published
    assert ledger.snapshot("other") is None


def test_publishing_a_known_key_keeps_what_was_stored(
    ledger: Ledger, publish: Callable[..., Snapshot]
) -> None:
    first = publish(1, "k")
    assert ledger.publish_snapshot(replace(first, index_file="elsewhere", sequence=0)) == first
    assert publish(1, "l").sequence == first.sequence + 1


def test_the_snapshot_published_last_is_the_days_current_one(
    ledger: Ledger, publish: Callable[..., Snapshot]
) -> None:
    assert ledger.current_snapshot(DAY) is None
    first, second = publish(1, "k"), publish(1, "l")
    assert ledger.current_snapshot(DAY) == second
    publish(1, "k")
    assert ledger.current_snapshot(DAY) == first


def test_a_key_belongs_to_one_day(ledger: Ledger, publish: Callable[..., Snapshot]) -> None:
    publish(1, "k")
    with pytest.raises(StateError, match="'k' was published for 2026-11-01"):
        publish(2, "k")
    assert ledger.current_snapshot(DAY + timedelta(days=1)) is None


def test_the_newest_day_before_is_found_over_gaps(
    ledger: Ledger, publish: Callable[..., Snapshot], day: Callable[[int], date]
) -> None:
    fourth = publish(4)
    publish(1, "k")
    replaced = publish(1, "l")
    assert ledger.newest_snapshot_before(day(1)) is None
    assert ledger.newest_snapshot_before(day(2)) == replaced
    assert ledger.newest_snapshot_before(day(4)) == replaced
    assert ledger.newest_snapshot_before(day(9)) == fourth


@pytest.mark.parametrize(("segment", "parent"), [("missing", None), ("a", "missing")])
def test_a_snapshot_rests_on_what_is_recorded(ledger: Ledger, segment: str, parent: str | None) -> None:
    ledger.record_segment(SEGMENT)
    with pytest.raises(StateError, match="'missing' is not in the ledger"):
        ledger.publish_snapshot(Snapshot("k", DAY, parent, segment, "k.parquet", 1, 1, 0, 0))
    assert ledger.snapshot("k") is None
    assert ledger.current_snapshot(DAY) is None
