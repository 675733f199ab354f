"""Additions and removals reach each audience once in effect, in sessions that Meta takes, whatever breaks in between."""

import json

import pytest

from audience_assets.errors import DeliveryInterruptedError
from audience_assets.ledger import Batch, BatchStatus, Ledger
from audience_assets_tests.destinations.meta.delivering import (
    DAYS,
    NAME,
    Ads,
    KilledError,
    emails_of,
    member,
    members,
    outcome,
)

FIRST, SECOND, THIRD, *_ = DAYS
WINDOW = 90 * 60.0


def test_three_days_end_in_what_the_source_says(ads: Ads) -> None:
    ads.run(FIRST, {"a": member("a", "vip", "all"), "b": member("b", "all"), "c": member("c", "vip")})
    ads.run(SECOND, {"a": member("new", "vip", "all"), "b": member("b", "vip")})
    assert (ads.emails("vip"), ads.emails("all")) == (emails_of("new", "b"), emails_of("new"))
    ads.run(THIRD, {})
    assert (ads.emails("vip"), ads.emails("all")) == (set(), set())
    assert len(ads.calls("create")) == 2


def test_what_leaves_is_removed_before_what_joins_is_added(ads: Ads) -> None:
    ads.run(FIRST, members(3))
    before = len(ads.calls())
    ads.run(SECOND, members(3, start=1))
    assert [call.operation for call in ads.calls()[before:]] == ["users_remove", "users_add"]


def test_a_delivered_day_again_calls_nobody(ads: Ads) -> None:
    ads.run(FIRST, members(3))
    before = len(ads.account.calls)
    ads.plan(FIRST)
    report = ads.deliver(FIRST)
    assert outcome(report).already is not None
    assert (report.sent, ads.account.calls[before:]) == ([], [])


def test_numbers_have_no_gap_and_only_the_last_batch_says_so(ads: Ads) -> None:
    ads.run(FIRST, members(5))
    assert ads.sessions() == [(1, False), (2, False), (3, True)]
    assert [call.rows for call in ads.calls()] == [2, 2, 1]
    assert len(set(ads.session_ids())) == 1
    assert {call.params["session"]["estimated_num_total"] for call in ads.calls()} == {5}


def test_a_delivery_of_more_batches_reads_the_ledgers_batches_no_more_often(
    ads: Ads, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    read = Ledger.batches

    def counted(ledger: Ledger, delivery_id: int) -> list[Batch]:
        nonlocal reads
        reads += 1
        return read(ledger, delivery_id)

    monkeypatch.setattr(Ledger, "batches", counted)
    ads.run(FIRST, members(2))
    for_one_batch, reads = reads, 0
    ads.run(SECOND, members(14))
    assert len(ads.calls()) == 7
    assert reads == for_one_batch


def test_removals_and_additions_have_a_session_each(ads: Ads) -> None:
    ads.run(FIRST, members(3))
    ads.run(SECOND, members(3, start=3))
    assert ads.sessions("users_remove") == [(1, False), (2, True)]
    assert ads.sessions("users_add") == [(1, False), (2, True), (1, False), (2, True)]
    assert len(set(ads.session_ids())) == 3


def test_a_killed_delivery_goes_on_in_its_session(ads: Ads) -> None:
    ads.publish(FIRST, members(6))
    ads.plan(FIRST)
    with pytest.raises(KilledError):
        ads.deliver(FIRST, kill_after=2)
    ads.clock.advance(80 * 60)
    report = ads.deliver(FIRST)
    assert outcome(report).resumed is not None
    assert ads.sessions() == [(1, False), (2, False), (3, True)]
    assert len(set(ads.session_ids())) == 1


def test_after_its_window_a_delivery_goes_on_in_a_new_session(ads: Ads) -> None:
    ads.publish(FIRST, members(6))
    ads.plan(FIRST)
    with pytest.raises(KilledError):
        ads.deliver(FIRST, kill_after=1)
    ads.clock.advance(WINDOW)
    ads.deliver(FIRST)
    assert ads.sessions() == [(1, False), (1, False), (2, True)]
    assert len(set(ads.session_ids())) == 2
    assert len(ads.emails()) == 6


def test_a_batch_whose_answer_was_lost_for_good_is_sent_again_under_its_number(ads: Ads) -> None:
    ads.configure(patience_seconds=0)
    ads.publish(FIRST, members(4))
    ads.plan(FIRST)
    ads.fault("users_add", "drop_after", after=1)
    with pytest.raises(DeliveryInterruptedError, match="run again, nothing is done twice"):
        ads.deliver(FIRST)
    assert [batch.status for batch in ads.batches()] == [BatchStatus.ACKNOWLEDGED, BatchStatus.SENT]
    ads.deliver(FIRST)
    assert ads.sessions() == [(1, False), (2, True), (2, True)]
    assert len(set(ads.session_ids())) == 1
    assert len(ads.emails()) == 4


def test_a_session_that_meta_ended_is_followed_by_another(ads: Ads) -> None:
    """Meta's clock may say that the window is over when ours does not."""
    ads.fault("users_add", "code", code=2650, subcode=1870158, after=1)
    ads.run(FIRST, members(6))
    assert ads.sessions() == [(1, False), (2, False), (1, False), (2, True)]
    assert len(ads.emails()) == 6


def test_changes_wait_until_a_replacement_by_somebody_else_is_over(ads: Ads) -> None:
    ads.run(FIRST, members(2))
    audience = ads.audience()
    audience.busy_until = ads.clock.now() + 100
    assert audience.status == 414
    ads.run(SECOND, members(3))
    assert sum(ads.waited) >= 100
    assert ads.emails() == emails_of("c00000", "c00001", "c00002")


def test_an_audience_that_is_still_filling_takes_changes_at_once(ads: Ads) -> None:
    ads.account.filling_seconds = 3600
    ads.run(FIRST, members(4))
    ads.run(SECOND, members(5))
    assert ads.audience().status == 441
    assert sum(ads.waited) < 1


def test_who_stays_busy_for_longer_than_the_patience_holds_up_nobody_else(ads: Ads) -> None:
    ads.configure(patience_seconds=60)
    ads.run(FIRST, members(1, "all", "busy", "vip"))
    ads.audience("busy").busy_until = ads.clock.now() + 3600
    ads.publish(SECOND, members(2, "all", "busy", "vip"))
    ads.plan(SECOND)
    with pytest.raises(
        DeliveryInterruptedError, match=r"^1 of meta's audiences .* others were: busy: Meta is still busy"
    ):
        ads.deliver(SECOND)
    assert sum(ads.waited) <= 60
    assert [len(ads.emails(label)) for label in ("all", "busy", "vip")] == [2, 1, 2]
    ads.clock.advance(3600)
    ads.deliver(SECOND)
    assert len(ads.emails("busy")) == 2


def test_the_ledger_keeps_what_meta_counted(ads: Ads) -> None:
    ads.run(FIRST, members(3))
    assert [json.loads(batch.answer or "") for batch in ads.batches()] == [
        {"received": 2, "invalid": 0},
        {"received": 3, "invalid": 0},
    ]
    pointer = ads.ledger.acknowledged(NAME, "vip")
    assert pointer is not None
    assert pointer.day == FIRST
