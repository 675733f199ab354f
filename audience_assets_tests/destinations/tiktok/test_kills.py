"""Wherever a process ends in a delivery, the next one brings the audience to the right members, without a second one."""

from collections.abc import Callable

import pytest

from audience_assets.ledger import DeliveryStatus
from audience_assets_tests.destinations.delivering import DAYS, emails_of
from audience_assets_tests.destinations.tiktok.delivering import HOUR, NAME, Advertising, members
from audience_assets_tests.histories.faults import Kill, life

FIRST, SECOND, *_ = DAYS
INTENTS = {"Ledger.mark_sent", "Ledger.open_session", "Ledger.record_remote_audience"}
"""Written before a call; a process may end between the two."""


def everywhere(deliver: Callable[[], object]) -> list[Kill]:
    """Where a delivery can end: before each thing that it writes, so after each call; and between an intent and its call."""
    with life() as faults:
        deliver()
    named = [(number, name) for number, name in enumerate(faults.tried) if name.startswith("Ledger.")]
    places: list[Kill] = [(number, "before") for number, _ in named]
    places += [(number, "after") for number, name in named if name in INTENTS]
    assert len(places) > len(INTENTS)
    return places


def begin_anew(ads: Advertising) -> None:
    """As if nothing had ever been delivered; the plans stay."""
    ads.ledger.forget_audience(NAME, "vip")
    ads.advertiser.audiences.clear()
    ads.advertiser.calls.clear()
    ads.clock.advance(25 * HOUR)


def test_a_first_load_survives_the_end_of_the_process_anywhere(ads: Advertising) -> None:
    ads.publish(FIRST, members(4))
    ads.plan(FIRST)
    for kill in everywhere(lambda: ads.deliver(FIRST)):
        begin_anew(ads)
        with life(kill) as faults:
            ads.deliver(FIRST)
        assert faults.dead
        ads.deliver(FIRST)
        assert ads.emails() == emails_of(*members(4)), kill
        assert ads.changes().count("create") == 1, kill


@pytest.mark.parametrize("replace", [(), ("vip",)])
def test_a_change_survives_the_end_of_the_process_anywhere(
    ads: Advertising, replace: tuple[str, ...]
) -> None:
    ads.run(FIRST, members(2))
    ads.publish(SECOND, members(2, start=1))
    ads.plan(SECOND, replace)
    for kill in everywhere(lambda: ads.deliver(SECOND)):
        begin_anew(ads)
        ads.deliver(FIRST)
        if replace:  # what was asked for once is delivered once
            ads.plan(SECOND, replace)
        with life(kill) as faults:
            ads.deliver(SECOND)
        assert faults.dead
        ads.deliver(SECOND)
        assert ads.emails() == emails_of(*members(2, start=1)), kill
        assert ads.changes().count("update_replace") == len(replace), kill
        assert ads.ledger.deliveries(NAME)[0].status is DeliveryStatus.DONE, kill
