"""What is promised of a removal, and of everything once a day was delivered."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import RecordedCall
from audience_assets_tests.histories.partners.meta.calls import rows_of
from audience_assets_tests.histories.partners.meta.model import (
    Identity,
    all_identities,
    comparable,
    identities_of,
    members,
    person_of,
)
from audience_assets_tests.histories.partners.meta.readings import Standing

if TYPE_CHECKING:
    from audience_assets_tests.histories.partners.meta.world import MetaWorld

NAME = "meta"


def check_removal(world: "MetaWorld", call: RecordedCall) -> None:
    """Nothing is taken out that a due member of the audience has, and who stays is there all the time."""
    label = world.calls.label(call)
    delivery = world.ledger.unfinished(NAME, label)
    assert delivery is not None, "something was taken out that no delivery asks for"
    world.note_begun(label)
    world.follow_finished()
    feeding = world.feedings[delivery.id]
    due = members(world.log.of(delivery.to_snapshot).customers, label, feeding) if feeding else {}
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
    audience = world.audience(label)
    assert audience is not None
    assert world.refused or staying <= audience.identifiers(), "somebody who stays is not there"


def check_all(world: "MetaWorld", day: date) -> None:
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
            due = members(world.log.of(current.key).customers, label, feeding) if feeding else {}
            assert standing.due == due, f"{label} was delivered with other settings"
        if world.refused:
            _check_but_the_refused(world, label, standing)
        else:
            _check_audience(world.audience(label), standing)
            if world.exact:
                _check_exact_people(world, label, standing)
    if world.refused:
        _check_reports(world)


def _check_exact_people(world: "MetaWorld", label: str, standing: Standing) -> None:
    """Where nobody can be taken for somebody else, these people are in it and no others."""
    audience = world.audience(label)
    due = {person_of(member.strong, world.account.people) for member in standing.due.values()}
    assert (audience.people() if audience else set()) == due, "other people are in it than those who are due"


def _check_but_the_refused(world: "MetaWorld", label: str, standing: Standing) -> None:
    """Everybody is in it whom Meta did not refuse, and nothing that nobody due has but what stood in a refused row."""
    audience = world.audience(label)
    held = comparable(audience.identifiers()) if audience else set()
    taken = {name: each for name, each in standing.due.items() if not _is_refused(world, each.cells)}
    assert _by_key(all_identities(taken) - held) == {}, "somebody is missing who was not refused"
    stuck = {
        identity
        for cells in standing.owners
        if _is_refused(world, cells)
        for identity in identities_of(cells)
    }
    assert _by_key(held - all_identities(taken) - stuck) == {}, "somebody is in it who should not"


def _is_refused(world: "MetaWorld", cells: Sequence[tuple[str, str]]) -> bool:
    return any(each in world.refused for _, each in cells)


def _check_reports(world: "MetaWorld") -> None:
    """The ledger knows how many rows of each batch were refused."""
    for delivery in world.ledger.deliveries(NAME, 500):
        for batch in world.ledger.batches(delivery.id) if delivery.status == "done" else ():
            rows = pq.read_table(world.layout.absolute(batch.file)).drop_columns("customer_id").to_pylist()
            refused = sum(any(str(each) in world.refused for each in row.values()) for row in rows)
            assert batch.refused == refused, f"{refused} rows were refused and {batch.refused} are reported"


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
