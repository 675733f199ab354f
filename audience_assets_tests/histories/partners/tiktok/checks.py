"""What is promised of each call that changes an audience, and of everything once a day was delivered."""

from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from audience_assets.ledger.records import Delivery
from audience_assets.sandbox.recorded_call import RecordedCall
from audience_assets.sandbox.tiktok import cells
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets_tests.histories.partners.tiktok.model import (
    Identifier,
    Standing,
    identifiers_of,
    members,
)

if TYPE_CHECKING:
    from audience_assets_tests.histories.partners.tiktok.world import TikTokWorld

DAY = 86_400.0


def check_change(world: "TikTokWorld", call: RecordedCall) -> None:
    """Who stays is there all the time; who joins is in before anybody is taken out, and nobody who is due ever is."""
    audience = world.account.audiences[call.params["custom_audience_id"]]
    label = audience.name
    delivery = world.ledger.unfinished(world.name, label)
    assert delivery is not None, "something was changed that no delivery asks for"
    world.note_begun(label)
    world.follow_finished()
    due = members(world.log.of(delivery.to_snapshot), label, world.feedings[delivery.id])
    if call.operation == "update_replace":
        _check_replacement(world, audience, delivery)
        return
    standing = world.standings.get(label, Standing())
    staying = identifiers_of(standing.due) & identifiers_of(due)
    assert staying <= audience.identifiers(), "somebody who stays is not there"
    if call.operation == "update_remove":
        taken = _named(world, call)
        assert not taken & identifiers_of(due), "somebody was taken out who should stay"
        assert taken <= identifiers_of(standing.due), "somebody was taken out whom we never brought"
        assert identifiers_of(due) <= audience.identifiers(), (
            "somebody was taken out before all others were in"
        )


def _check_replacement(world: "TikTokWorld", audience: Audience, delivery: Delivery) -> None:
    """Each delivery replaces once, and the next one not within a day."""
    taken = [event.at for event in audience.history if event.action == "REPLACE"]
    gaps = [later - earlier for earlier, later in pairwise(taken)]
    assert all(gap >= DAY for gap in gaps)
    known = world.replacements.setdefault(audience.id, {})
    for moment in taken:
        known.setdefault(moment, delivery.id)
    own = [moment for moment, by in known.items() if by == delivery.id]
    assert len(own) <= 1, "a delivery replaced an audience twice"


def _named(world: "TikTokWorld", call: RecordedCall) -> set[Identifier]:
    files = [world.account.files[path] for path in call.params["file_paths"]]
    return {identifier for file in files for identifier in cells.identifiers_of(file.rows)}


def check_all(world: "TikTokWorld", day: date) -> None:
    """Every audience holds the source, or what it held where it would be too small; nothing is unfinished."""
    current = world.ledger.current_snapshot(day)
    assert current is not None
    published = world.log.of(current.key)
    labels = {label for row in published.customers.values() for label in row.audiences}
    for label in sorted(labels | set(world.ledger.audiences(world.name))):
        assert world.ledger.unfinished(world.name, label) is None
        standing = world.standings.get(label, Standing())
        due = members(published, label, world.feeding(label))
        pointer = world.ledger.acknowledged(world.name, label)
        if pointer is not None and pointer.day > day:
            assert standing.snapshot == pointer.snapshot_key
        elif len(due) >= world.settings.smallest_audience:
            assert pointer is not None, "an audience that is large enough was not delivered"
            assert pointer.snapshot_key == current.key == standing.snapshot
            assert standing.due == due, f"{label} was delivered with other settings"
        elif world.settings.below_smallest == "delete" and label in world.known_before:
            assert world.audience(label) is None, "an audience that is too small was not deleted"
        check_audience(world.audience(label), standing)


def check_audience(audience: Audience | None, standing: Standing) -> None:
    """It holds exactly these identifiers."""
    held = set() if audience is None else audience.identifiers()
    assert audience is None or not audience.processing
    assert len(held - standing.holds) == 0, "somebody is in it who should not"
    assert len(standing.holds - held) == 0, "somebody is missing"
