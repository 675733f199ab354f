"""What the state says of one customer now: whether they are there, withheld or erased, and what they agreed to."""

from datetime import date, datetime
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict

from audience_assets.customers.hashed import EVIDENCE
from audience_assets.delta.snapshot import NO_INDEX, NO_WITHHELD, Members
from audience_assets.errors import StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Segment
from audience_assets.rules import match_keys
from audience_assets.rules.match_keys import CUSTOMER_ID
from audience_assets.sql import identifier
from audience_assets.storage import dataset
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import HASHED, Layout


class Told(BaseModel):
    """Base of what is told: immutable, shown as JSON."""

    model_config = ConfigDict(frozen=True)


class Erased(Told):
    """A request that erased the customer; `audience-assets erase --receipts` has the receipt."""

    request: str
    asked_at: datetime
    done_at: datetime | None


class AtDestination(Told):
    """What the hashed log has of the customer for a destination.

    Attributes:
        destination: Its name.
        consent: Whether the customer agreed; None where nobody said.
        audiences: The audiences that the customer is in; None where the destination has none of its own.
    """

    destination: str
    consent: bool | None
    audiences: list[str] | None


class Known(Told):
    """What is known of a customer as of a day.

    Attributes:
        day: The newest day that was normalized; None where there is none.
        present: Whether the customer is among that day's.
        since: The day on which the row was new or changed last.
        withheld: Why no partner may hold the customer: "erased" or "suppressed"; empty where they may.
        legal_basis: The basis that the extract states.
        legal_basis_date: Since when.
        destinations: What holds for each destination.
    """

    day: date | None = None
    present: bool = False
    since: date | None = None
    withheld: str = ""
    legal_basis: str | None = None
    legal_basis_date: str | None = None
    destinations: list[AtDestination] = []


def erased(connection: duckdb.DuckDBPyConnection, ledger: Ledger, customer_id: str) -> list[Erased]:
    """The requests that erased a customer of this id."""
    match_keys.use_secret(connection, ledger.erasures.secret())
    key_sql = match_keys.key_sql(CUSTOMER_ID, "sha256($customer_id)")
    key = bytes(connection.execute(f"select {key_sql}", {"customer_id": customer_id}).fetchall()[0][0])
    return [
        Erased(request=each.request, asked_at=each.asked_at, done_at=each.done_at)
        for each in ledger.erasures.every()
        if (CUSTOMER_ID, key) in ledger.erasures.tombstones(each.request)
    ]


def known(
    connection: duckdb.DuckDBPyConnection, layout: Layout, ledger: Ledger, customer_id: str, *, gone: bool
) -> Known:
    """What the newest day says of a customer; `gone` says that the customer was erased.

    Raises:
        StateError: The day's index or its log is missing.
    """
    snapshot = ledger.newest_snapshot()
    if snapshot is None:
        return Known()
    of = {"customer_id": customer_id}
    members = Members.of(layout, snapshot.index_file, snapshot.withheld_file)
    members.index.view(connection, "everyone", NO_INDEX)
    members.withheld.view(connection, "withheld", NO_WITHHELD)
    found = connection.execute("select segment from everyone where customer_id = $customer_id", of).fetchall()
    segment = ledger.segment(found[0][0]) if found else None
    if segment is None:
        return Known(day=snapshot.day, withheld="erased" if gone else "")
    why = ("erased" if gone else "suppressed") if _is_withheld(connection, of) else ""
    facts = _log_row(connection, layout, segment, of)
    basis, since = (facts.pop(name, None) for name in EVIDENCE)
    return Known(
        day=snapshot.day,
        present=True,
        since=segment.day,
        withheld=why,
        legal_basis=basis,
        legal_basis_date=None if since is None else str(since),
        destinations=_by_destination(facts),
    )


def _is_withheld(connection: duckdb.DuckDBPyConnection, of: dict[str, str]) -> bool:
    found = connection.execute("select exists (from withheld where customer_id = $customer_id)", of)
    return bool(found.fetchall()[0][0])


def _log_row(
    connection: duckdb.DuckDBPyConnection, layout: Layout, segment: Segment, of: dict[str, str]
) -> dict[str, Any]:
    """Consents, audiences and evidence of a customer; no other column of the log is read."""
    if segment.hashed_file is None:
        return {}
    try:
        hashed = Dataset.existing(layout.absolute(segment.hashed_file), HASHED)
    except StateError:
        return {}
    wanted = [name for name in hashed.columns(connection) if name in EVIDENCE or name.endswith(TELLING)]
    if not wanted:
        return {}
    dataset.read(connection, hashed.files, "").create_view("log", replace=True)
    columns = ", ".join(map(identifier, wanted))
    rows = connection.execute(f"select {columns} from log where customer_id = $customer_id", of).fetchall()
    return dict(zip(wanted, rows[0], strict=True)) if rows else {}


TELLING = ("/consent", "/audiences")
"""How those columns of the log end that say whether a customer goes to a destination, and into which audiences."""


def _by_destination(facts: dict[str, Any]) -> list[AtDestination]:
    names = sorted({name.partition("/")[0] for name in facts})
    return [
        AtDestination(
            destination=name,
            consent=facts.get(f"{name}/consent"),
            audiences=list(facts[f"{name}/audiences"] or []) if f"{name}/audiences" in facts else None,
        )
        for name in names
    ]
