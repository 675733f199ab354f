"""An audience is replaced at most once in 24 hours, and never twice for one wish."""

import pytest

from audience_assets.errors import DeliveryInterruptedError
from audience_assets_tests.destinations.delivering import DAYS, emails_of, outcome
from audience_assets_tests.destinations.tiktok.delivering import HOUR, Advertising, members

FIRST, SECOND, THIRD, *_ = DAYS
EVERYBODY = members(4)
ALL = emails_of(*EVERYBODY)


@pytest.fixture
def asked(ads: Advertising) -> Advertising:
    """An audience of old members, and one who was added by hand; a replacement is planned for the second day."""
    ads.run(FIRST, members(3, start=90))
    ads.audience().begin("APPEND", [b"e" + bytes(32)], 1)
    ads.advertiser.calls.clear()
    ads.publish(SECOND, EVERYBODY)
    part = ads.plan(SECOND, replace=["vip"]).part("vip")
    assert part is not None
    assert (part.mode, [file.rows for file in part.files]) == ("replace", [3, 1])
    return ads


def test_a_replacement_is_one_call_and_leaves_nobody_else_in_it(asked: Advertising) -> None:
    asked.deliver(SECOND)
    assert (asked.changes(), asked.uploaded()) == (["update_replace"], [3, 1])
    assert asked.emails() == ALL


def test_a_second_replacement_is_refused_for_24_hours_with_the_time(asked: Advertising) -> None:
    asked.deliver(SECOND)
    first = asked.now()
    asked.clock.advance(23 * HOUR)
    asked.publish(THIRD, members(5))
    asked.plan(THIRD, replace=["vip"])
    with pytest.raises(
        DeliveryInterruptedError,
        match=r"one replacement in 24 hours.*run again after \d{4}-\d\d-\d\d \d\d:\d\d UTC",
    ) as caught:
        asked.deliver(THIRD)
    assert f"asked for at {first:%Y-%m-%d %H:}" in str(caught.value)
    assert (asked.changes(), asked.uploaded()) == (["update_replace"], [3, 1])
    asked.clock.advance(2 * HOUR)
    asked.deliver(THIRD)
    assert asked.changes() == ["update_replace"] * 2
    assert asked.emails() == emails_of(*members(5))


def test_an_update_is_not_held_up_by_a_replacement_of_the_day(asked: Advertising) -> None:
    asked.deliver(SECOND)
    asked.run(THIRD, members(5))
    assert asked.changes() == ["update_replace", "update_append"]


def test_a_replacement_whose_answer_was_lost_is_not_sent_twice(asked: Advertising) -> None:
    asked.fault("update_replace", "drop_after")
    with pytest.raises(DeliveryInterruptedError, match="the next run looks whether it was taken"):
        asked.deliver(SECOND)
    asked.deliver(SECOND)
    assert (asked.changes(), asked.emails()) == (["update_replace"], ALL)
    assert asked.pointer() == f"snapshot-{SECOND}"


def test_a_replacement_that_never_arrived_is_sent_again(asked: Advertising) -> None:
    asked.fault("update_replace", "drop_before")
    with pytest.raises(DeliveryInterruptedError):
        asked.deliver(SECOND)
    asked.deliver(SECOND)
    assert (asked.changes(), asked.emails()) == (["update_replace"] * 2, ALL)


def test_a_replacement_that_is_still_processed_is_waited_for(asked: Advertising) -> None:
    asked.advertiser.processing_seconds = HOUR
    asked.fault("update_replace", "drop_after")
    with pytest.raises(DeliveryInterruptedError):
        asked.deliver(SECOND)
    assert outcome(asked.deliver(SECOND)).waiting
    asked.clock.advance(HOUR)
    assert outcome(asked.deliver(SECOND)).waiting == ""
    assert (asked.changes(), asked.emails()) == (["update_replace"], ALL)


def test_a_replacement_after_one_by_hand_waits_until_tiktok_takes_it(asked: Advertising) -> None:
    asked.audience().begin("REPLACE", [b"e" + bytes(32)], 1)
    asked.clock.advance(HOUR)
    assert "still working on an earlier change" in outcome(asked.deliver(SECOND)).waiting
    asked.clock.advance(23 * HOUR)
    assert outcome(asked.deliver(SECOND)).waiting == ""
    assert asked.emails() == ALL
