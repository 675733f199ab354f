"""Counts where the customers of a day's audiences are and why not elsewhere, bucket by bucket over the hashed log."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from audience_assets import database, progress
from audience_assets.customers import index
from audience_assets.delta.snapshot import NO_INDEX, NO_WITHHELD, Members
from audience_assets.destinations.audience_files import shape_of
from audience_assets.destinations.audience_settings import AccountSettings
from audience_assets.destinations.column import Destination
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.lineage import members_of
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.destinations.standing import due_snapshot
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.observed import partner_refusals, quarantined, reconciliation
from audience_assets.observed.partner_refusals import Since
from audience_assets.observed.quarantine_sources import NOTHING
from audience_assets.observed.reconciliation import (
    HELD,
    HERE,
    NOT_CONFIGURED,
    NOT_DELIVERED,
    Reasons,
    Reconciled,
)
from audience_assets.observed.refusals import NO_ENTRIES, PARTNER
from audience_assets.settings import DestinationSettings, Settings
from audience_assets.sql import identifier, literal
from audience_assets.storage import files, manifest, state_reading
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import Layout
from audience_assets.workers import Workers

Facts = tuple[str, bool, tuple[bool, ...]]
"""Audience, whether withheld, and for each destination consent, named and refused."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the customers' rows are read from.

    Attributes:
        members: The day's customers.
        segments: The segments of the log that have their rows.
        refused: Whom partners did not take.
        destinations: Who is compared.
    """

    members: Members
    segments: tuple[Dataset, ...]
    refused: Dataset
    destinations: tuple[Destination, ...]


def reconcile(
    settings: Settings, ledger: Ledger, workers: Workers, destinations: Mapping[str, Destination], day: date
) -> Reconciled:
    """Where the customers of a day's audiences are, by what the ledger says was delivered, and why not elsewhere.

    There is nothing to compare without a destination that keeps a list for each audience.

    Raises:
        StateError: hashed_customers has nothing for the day, or something of the log is missing.
    """
    names = tuple(destinations)
    lists = [each for each in destinations.values() if each.audiences]
    if not lists:
        return reconciliation.of(names, {})
    layout = Layout(settings.state, settings.keys)
    due = due_snapshot(ledger, day)
    members = members_of(ledger, layout, due)
    with database.connect(settings, rules=False) as connection:
        log = HashedLog(connection, layout, ledger, lists[0])
        segments = tuple(log.segments(index.segments_of(settings, members.index)))
    with files.draft_folder_beside(files.private_folder(layout.sizes(day))) as draft:
        since = _since(settings, day)
        refused = partner_refusals.write(settings, ledger, names, day, since, draft / "refused.parquet")
        rows = Rows(members, segments, refused.entries, tuple(destinations.values()))
        calls = [(settings, rows, bucket) for bucket in range(members.buckets)]
        with progress.stage("comparing what partners hold"):
            counted = sum(workers.map(_count, calls), Counter[Facts]())
    return reconciliation.of(names, _reasons(settings, ledger, layout, names, day, due, counted))


def _since(settings: Settings, day: date) -> Since:
    """What the day's quarantine knows of partners' refusals, so that only later deliveries are looked at."""
    try:
        found = quarantined.of_day(settings, day)
        entries = quarantined.entries_of(settings, found)
    except StateError:
        return Since(NOTHING, (), {})
    refusing = {each.destination for each in found.reasons if each.kind == PARTNER}
    return Since(entries, refusing, found.looked_at)


def _reasons(
    settings: Settings,
    ledger: Ledger,
    layout: Layout,
    names: Sequence[str],
    day: date,
    due: str,
    counted: Mapping[Facts, int],
) -> Counter[tuple[str, Reasons]]:
    """The same customers by why they are not somewhere."""
    parts = {name: _held(layout, name, day) for name in names}
    found: Counter[tuple[str, Reasons]] = Counter()
    for (audience, withheld, facts), customers in counted.items():
        reasons = []
        for number, name in enumerate(names):
            consent, named, refused = facts[3 * number : 3 * number + 3]
            place = _place(settings.destinations[name], ledger, name, audience, day, due, held=parts[name])
            reasons.append(
                reconciliation.reason(place, withheld=withheld, consent=consent, named=named, refused=refused)
            )
        found[audience, tuple(reasons)] += customers
    return found


def _place(
    settings: DestinationSettings,
    ledger: Ledger,
    name: str,
    audience: str,
    day: date,
    due: str,
    *,
    held: set[str],
) -> str:
    """Why nobody of the day is in an audience at a destination; HERE where it holds the day."""
    lists = isinstance(settings, AccountSettings)
    if isinstance(settings, AccountSettings) and settings.audience(audience) is None:
        return NOT_CONFIGURED
    label = audience if lists else ""
    pointer = ledger.acknowledged(name, label)
    if pointer is not None and (pointer.snapshot_key == due or pointer.day > day):
        return HERE
    return HELD if label in held else NOT_DELIVERED


def _held(layout: Layout, name: str, day: date) -> set[str]:
    """The audiences of whom the day's delta sends nothing, because they are too small or a guard stopped them."""
    try:
        made = manifest.read(DeltaManifest, layout.delta(name, day), f"{name}/delta")
    except StateError:
        return set()
    return {part.audience for part in made.parts if part.held or part.stopped}


def _count(settings: Settings, rows: Rows, bucket: int) -> Counter[Facts]:
    """How many customers of a bucket have the same facts."""
    buckets = rows.members.buckets
    with database.connect(settings, rules=False) as connection:
        rows.members.index.view(connection, "everyone", NO_INDEX, bucket, buckets)
        rows.members.withheld.view(connection, "withheld", NO_WITHHELD, bucket, buckets)
        rows.refused.view(connection, "refused", NO_ENTRIES)
        found = [
            file
            for each in rows.segments
            for file in (each.buckets[bucket] if len(each.buckets) == buckets else each.files)
        ]
        if not found:
            return Counter()
        connection.execute("set variable files = $files", {"files": state_reading.names(connection, found)})
        counted = connection.execute(_facts_sql(connection, rows.destinations)).fetchall()
    return Counter(
        {(audience, withheld, tuple(facts)): number for audience, withheld, *facts, number in counted}
    )


def _facts_sql(connection: duckdb.DuckDBPyConnection, destinations: Sequence[Destination]) -> str:
    """The facts of each customer and audience, counted."""
    rows = "read_parquet(getvariable('files'), hive_partitioning = false, union_by_name = true)"
    present = set(connection.sql(f"from {rows}").columns)
    lists = next(each.audiences_name for each in destinations if each.audiences)
    facts, joins, rows = [], [], f"from {rows}"
    for number, each in enumerate(destinations):
        rows = f"select *, {_consent(each, present)} as consent_{number} from ({rows})"
        rows = _with_named(rows, number, each, present)
        facts += [f"consent_{number}", f"named_{number}", f"refused_{number}.customer_id is not null"]
        joins.append(_refused_join(number, each))
    return f"""
        select label.audience, withheld.customer_id is not null as withheld, {", ".join(facts)}, count(*)
        from ({rows}) as log
        semi join everyone on everyone.customer_id = log.customer_id and everyone.segment = log.segment
        left join withheld on withheld.customer_id = log.customer_id
        cross join unnest(cast(log.{identifier(lists)} as varchar[])) as label(audience)
        {" ".join(joins)}
        group by all
    """


def _consent(destination: Destination, present: Collection[str]) -> str:
    name = destination.consent_name
    return f"{identifier(name)} is distinct from false" if name in present else "true"


def _with_named(rows: str, number: int, destination: Destination, present: Collection[str]) -> str:
    """The rows with whether anything names the customer to the destination; the whole row does where it has one list."""
    if not destination.audiences:
        return f"select *, true as named_{number} from ({rows})"
    shape = shape_of(destination)
    stored = {column.name: destination.stored_name(column) for column in destination.columns}
    columns = ", ".join(
        f"{identifier(stored[name]) if stored[name] in present else 'null'} as {identifier(name)}"
        for name in shape.types
    )
    named = [f"{identifier(name)} is not null" for name in shape.identifiers] + [f"({shape.enough})"]
    plain = ", ".join(shape.columns)
    return f"select * exclude ({plain}), {' or '.join(named)} as named_{number} from (select *, {columns} from ({rows}))"


def _refused_join(number: int, destination: Destination) -> str:
    same = f"and refused_{number}.audience = label.audience" if destination.audiences else ""
    return f"""
        left join (select distinct customer_id, audience from refused where destination = {literal(destination.name)})
          as refused_{number} on refused_{number}.customer_id = log.customer_id {same}"""
