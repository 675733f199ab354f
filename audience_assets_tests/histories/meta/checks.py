"""What is promised of a removal, and of everything once a day was delivered."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import RecordedCall
from audience_assets_tests.histories.meta.calls import rows_of
from audience_assets_tests.histories.meta.model import (
    Customers,
    Identity,
    all_identities,
    comparable,
    identities_of,
    members,
)
from audience_assets_tests.histories.meta.readings import Standing

if TYPE_CHECKING:
    from audience_assets_tests.histories.meta.world import World

__all__ = ["Customers", "check_all", "check_removal"]

NAME = "meta"


def check_removal(world: "World", call: RecordedCall) -> None:
    """Nothing is taken out that a due member of the audience has, and who stays is there all the time."""
    label = world.calls.label(call)
    delivery = world.ledger.unfinished(NAME, label)
    assert delivery is not None, "something was taken out that no delivery asks for"
    world.note_begun(label)
    feeding = world.feedings[delivery.id]
    due = members(world.log.of(delivery.to_snapshot), label, feeding) if feeding else {}
    wanted = all_identities(due)
    taken = {identity for row in rows_of(call) for identity in identities_of(row)}
    assert not taken & wanted, "somebody was taken out who should stay"
    standing = world.standings.get(label, Standing())
    staying = {
        identity
        for name, member in standing.due.items()
        if name in due
        for identity in member.identities & due[name].identities
    }
    audience = world.held(label)
    assert audience is not None
    assert staying <= audience.identifiers(), "somebody who stays is not there"


def check_all(world: "World", day: date) -> None:
    """Every audience holds the source, nothing is unfinished, and the ledger knows where all stand."""
    current = world.ledger.current_snapshot(day)
    assert current is not None
    for label in world.ledger.audiences(NAME):
        assert world.ledger.unfinished(NAME, label) is None
        pointer = world.ledger.acknowledged(NAME, label)
        assert pointer is not None
        assert pointer.day > day or pointer.snapshot_key == current.key
        standing = world.standings[label]
        assert standing.snapshot == pointer.snapshot_key
        if pointer.snapshot_key == current.key:
            feeding = world.feeding(label)
            due = members(world.log.of(current.key), label, feeding) if feeding else {}
            assert standing.due == due, f"{label} was delivered with other settings"
        _check_audience(world.held(label), standing)


def _check_audience(audience: Audience | None, standing: Standing) -> None:
    if audience is None or not standing.fed:
        assert not standing.identities, "the audience is not there"
        return
    held: set[Identity] = comparable(audience.identifiers())
    assert _by_key(held - standing.identities) == {}, "somebody is in it who should not"
    assert _by_key(standing.identities - held) == {}, "somebody is missing"
    people = audience.people()
    assert standing.certain <= people, "a person is missing"
    assert people <= standing.possible, "a person is in it who should not"
    _check_values(audience, standing)


def _check_values(audience: Audience, standing: Standing) -> None:
    """Meta has the newest value of everybody whose row nobody else ever had."""
    if standing.feeding is None or not standing.feeding.value_based:
        return
    added = audience.membership.added
    values = {tuple(zip(row.keys, row.cells, strict=True)): extras for row, (_, extras) in added.items()}
    for member in standing.due.values():
        if len(standing.owners[member.cells]) == 1:
            assert values[member.cells].lookalike_value == member.value


def _by_key(identities: set[Identity]) -> Mapping[str, int]:
    """How many there are of each key: a failure shows no digests."""
    return {
        key: sum(each[0] == key for each in identities) for key in sorted({each[0] for each in identities})
    }
