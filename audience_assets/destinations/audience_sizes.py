"""How many members each audience has as of a snapshot: counted once, and from then on moved by what changed."""

from collections import Counter
from hashlib import sha256

from audience_assets.delta import membership
from audience_assets.delta.membership import Shape
from audience_assets.destinations.audience_files import shape_of
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.errors import StateError
from audience_assets.ledger.records import Snapshot
from audience_assets.storage import files, manifest
from audience_assets.storage.manifest import Manifest


class AudienceSizes(Manifest):
    """The members of each audience that can be named to the partner; `shape` tells by what."""

    snapshot: str
    shape: str
    sizes: dict[str, int]


def sizes(log: HashedLog, due: str) -> dict[str, int]:
    """How many members of each audience can be named to the partner as of a snapshot.

    Raises:
        StateError: An index or a segment of the log is missing.
    """
    snapshot = log.ledger.snapshot(due)
    if snapshot is None:
        raise StateError(f"the ledger does not know the snapshot {due}: restore it with the state directory")
    if (known := _known(log, snapshot)) is not None:
        return known
    parent = log.ledger.snapshot(snapshot.parent_key) if snapshot.parent_key else None
    before = _known(log, parent) if parent else None
    counted = _count(log, due) if parent is None or before is None else _moved(log, parent.key, due, before)
    found = AudienceSizes(snapshot=due, shape=_signature(shape_of(log.destination)), sizes=counted)
    folder = log.layout.delta(log.destination.name, snapshot.day)
    files.write_text(files.private_folder(folder) / _name(due), found.model_dump_json() + "\n")
    return counted


def _known(log: HashedLog, snapshot: Snapshot) -> dict[str, int] | None:
    """What was counted for a snapshot, if it was counted by the same columns."""
    folder = log.layout.delta(log.destination.name, snapshot.day)
    try:
        stored = manifest.read(AudienceSizes, folder, "the audiences' sizes", _name(snapshot.key))
    except StateError:
        return None
    return stored.sizes if stored.shape == _signature(shape_of(log.destination)) else None


def _count(log: HashedLog, due: str) -> dict[str, int]:
    """Count everybody."""
    shape = shape_of(log.destination)
    counted: Counter[str] = Counter()
    for _ in log.each_share(due):
        counted += membership.audience_sizes(log.connection, shape, "everyone_rows")
    return dict(counted)


def _moved(log: HashedLog, parent: str, due: str, before: dict[str, int]) -> dict[str, int]:
    """Count only those whose row is another one than before."""
    shape = shape_of(log.destination)
    log.view_changes(parent, due)
    counted = dict(before)
    for rows, sign in (("held_rows", -1), ("due_rows", 1)):
        for name, number in membership.audience_sizes(log.connection, shape, rows).items():
            counted[name] = counted.get(name, 0) + sign * number
    return {name: number for name, number in counted.items() if number}


def _signature(shape: Shape) -> str:
    return sha256(repr((shape.identifiers, shape.attributes, shape.enough)).encode()).hexdigest()[:16]


def _name(snapshot: str) -> str:
    return f"sizes-{snapshot}.json"
