"""Whom partners refused, as entries of the quarantine: those of whose last row in an audience the partner said no."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from audience_assets import database
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, BatchStatus, Delivery, DeliveryStatus
from audience_assets.observed import sent_rows
from audience_assets.observed.refusals import NO_ENTRIES, PARTNER, TYPES
from audience_assets.observed.sent_rows import NO_ROW, SentRows
from audience_assets.settings import Settings
from audience_assets.sql import listed, literal
from audience_assets.storage import dataset, files
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import Layout
from audience_assets.storage.object_path import Place

OPEN = (DeliveryStatus.PLANNED, DeliveryStatus.SENDING)
NOBODY = (
    f"select null::varchar as audience, null::date as day, null::bigint as delivery, {NO_ROW} where false"
)


@dataclass(frozen=True, slots=True)
class Since:
    """What an earlier quarantine says of partners.

    Attributes:
        entries: All of its entries.
        refusing: The destinations that refused somebody in it.
        looked_at: By destination, the number of the delivery up to which all were looked at.
    """

    entries: Dataset
    refusing: Collection[str]
    looked_at: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PartnerRefusals:
    """Whom partners refused, in one file at most, and up to which delivery of each destination that is known."""

    entries: Dataset
    looked_at: dict[str, int]


def write(
    settings: Settings, ledger: Ledger, destinations: Collection[str], day: date, since: Since, draft: Place
) -> PartnerRefusals:
    """Write whom each partner refused as of a day.

    Somebody who was refused stands there until the partner is told of them again, in whichever way; what it says then holds.
    """
    layout = Layout(settings.state)
    queries, looked_at = [], {}
    with database.connect(settings, rules=False) as connection:
        since.entries.view(connection, "before", NO_ENTRIES)
        for name in sorted(destinations):
            every = ledger.deliveries(name, sent_rows.ALL)
            looked_at[name], before = _looked_at(every, day), since.looked_at.get(name, 0)
            following = [
                (each, _acknowledged(ledger, each))
                for each in every
                if before < each.id and each.day <= day and each.rows
            ]
            if name in since.refusing or any(batch.refused for _, taken in following for batch in taken):
                rows = SentRows(connection, layout, sent_rows.files_of(layout, name))
                queries.append(_entries_sql(rows, name, before, following))
        if not queries:
            return PartnerRefusals(Dataset(()), looked_at)
        with files.written(draft) as path:
            dataset.write(connection, "\nunion all\n".join(queries), path, "zstd")
    return PartnerRefusals(Dataset(((draft,),)), looked_at)


def _looked_at(deliveries: Sequence[Delivery], day: date) -> int:
    """The delivery up to which nothing can change any more as of a day."""
    later = [each.id for each in deliveries if each.status in OPEN or each.day > day]
    return min(later) - 1 if later else max((each.id for each in deliveries), default=0)


def _acknowledged(ledger: Ledger, delivery: Delivery) -> list[Batch]:
    batches = ledger.batches(delivery.id) if delivery.status is not DeliveryStatus.PLANNED else []
    return [batch for batch in batches if batch.status is BatchStatus.ACKNOWLEDGED]


def _entries_sql(
    rows: SentRows,
    destination: str,
    looked_at: int,
    following: Sequence[tuple[Delivery, Sequence[Batch]]],
) -> str:
    """Who was refused before or since, less those of whom a later row of the same audience was taken."""
    told = [NOBODY]
    for delivery, batches in following:
        if (query := rows.delivery_sql(delivery, batches)) is not None:
            of = f"{literal(delivery.audience)} as audience, date '{delivery.day}' as day, {delivery.id} as delivery"
            told.append(f"select {of}, * from ({query})")
    values = {
        "destination": literal(destination),
        "field": "''",
        "rule": "''",
        "first_seen": "min(first_seen)",
        "last_seen": "null",
        "kind": literal(PARTNER),
        "delivery": "max(delivery)",
    }
    columns = [f"cast({values.get(name, name)} as {kind}) as {name}" for name, kind in TYPES.items()]
    return f"""
select
{listed(columns)}
from (
  with told as (
    {" union all ".join(told)}
  ),
  refused as (
    select customer_id, audience, reason, first_seen, delivery, 0 as sequence
    from before
    where kind = '{PARTNER}' and destination = {literal(destination)} and delivery <= {looked_at}
    union all
    select customer_id, audience, refused, day, delivery, sequence
    from told
    where refused is not null
  ),
  later as (
    select told.* from told semi join refused using (customer_id, audience)
  )
  select *
  from refused
  where not exists (
    select 1
    from later
    where later.customer_id = refused.customer_id
      and later.audience = refused.audience
      and (later.delivery, later.sequence) > (refused.delivery, refused.sequence)
  )
)
group by customer_id, audience, reason
"""
