"""What `audience-assets quarantine`, `audience-assets history` and `audience-assets reconcile` show."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from audience_assets.destinations import catalog
from audience_assets.observed import history, quarantined
from audience_assets.observed.history import History, Sent
from audience_assets.observed.quarantine_manifest import QuarantineManifest
from audience_assets.observed.quarantined import SHOWN, Asked
from audience_assets.observed.reconciliation import Reconciled
from audience_assets.pipeline import Pipeline

MOST = 1000
"""Entries in a table; a CSV has all."""


def show_quarantine(
    pipeline: Pipeline, day: date | None, asked: Asked, console: Console, *, as_csv: bool
) -> None:
    """Print the entries that are asked for, as of a day or the newest that has a quarantine.

    Raises:
        SettingsError: There is no such destination.
        StateError: There is no quarantine.
    """
    if asked.destination is not None:
        catalog.require(asked.destination, pipeline.destinations)
    found = quarantined.of_day(pipeline.settings, day)
    entries = quarantined.entries(pipeline.settings, found, asked)
    if as_csv:
        lines = csv.writer(console.file, lineterminator="\n")
        lines.writerow(SHOWN)
        lines.writerows(entries)
        return
    console.print(_table(SHOWN, islice(entries, MOST)))
    for sentence in _said(found, more=sum(1 for _ in entries)):
        console.print(Text(sentence))


def _said(found: QuarantineManifest, *, more: int) -> Iterator[str]:
    yield f"as of {found.day}: {found.rows} entries, {found.new} of them new; {found.gone} are gone"
    if more:
        yield f"{more} more are not shown: --csv has all"
    if not found.complete:
        yield (
            f"customers of {', '.join(sorted({name[:10] for name in found.unknown}))} are not looked at, because their"
            " normalized records are removed; they are as soon as their rows change"
        )


def show_history(
    pipeline: Pipeline, customer_id: str, destination: str | None, console: Console, *, as_json: bool
) -> None:
    """Print the history of a customer at one destination, or at all of them, those of the past among them.

    Raises:
        SettingsError: There is no such destination.
        StateError: Nothing is known of the customer.
    """
    with pipeline.ledger() as ledger:
        names = sorted(ledger.destinations() | pipeline.destinations.keys())
        if destination is not None:
            catalog.require(destination, names)
        found = history.of(pipeline.settings, ledger, customer_id, [destination] if destination else names)
    if as_json:
        console.file.write(f"{found.model_dump_json(indent=2)}\n")
        return
    for each in _tables(found):
        console.print(each)


def show_reconciliation(pipeline: Pipeline, day: date, console: Console, *, as_json: bool) -> None:
    """Print how many customers of a day's audiences are at each destination, and why not elsewhere.

    Raises:
        StateError: Nothing is known of the day.
    """
    found = pipeline.reconcile(day)
    if as_json:
        console.file.write(f"{found.model_dump_json(indent=2)}\n")
        return
    console.print(_table(("audience", *pipeline.destinations), _present(pipeline, found)))
    console.print(
        _table(
            ("audience", "at", "not at", "why", "customers"),
            ((each.audience, each.at, each.not_at, each.reason, each.customers) for each in found.missing),
        )
    )


def _present(pipeline: Pipeline, found: Reconciled) -> Iterator[tuple[object, ...]]:
    for audience, at in found.present.items():
        yield audience, *(at[name] for name in pipeline.destinations)


def _tables(found: History) -> Iterator[Table | Text]:
    """The history for people."""
    yield Text(_now(found))
    for each in found.erased:
        done = f"done at {_moment(each.done_at)}" if each.done_at else "not done yet"
        yield Text(f"erased by request {each.request} of {_moment(each.asked_at)}, {done}")
    if found.known.destinations:
        yield _table(
            ("destination", "consent", "audiences"),
            (
                (each.destination, _consent(each.consent), ", ".join(each.audiences or []) or "-")
                for each in found.known.destinations
            ),
        )
    if found.sent:
        yield _table(SENT, map(_sent, found.sent))
    if found.not_kept:
        yield Text(f"{found.not_kept} deliveries are too old to tell whose rows they had")
    if found.quarantine:
        columns = SHOWN[1:]
        yield _table(columns, ([getattr(each, name) for name in columns] for each in found.quarantine))


SENT = ("sent", "to", "what", "columns filled", "day", "delivery/batch", "key", "acknowledged", "answer")


def _sent(row: Sent) -> tuple[object, ...]:
    what = f"{row.operation}, blank" if row.blank else row.operation
    filled = [name for name, is_filled in (row.columns or {}).items() if is_filled]
    answer = f"refused: {row.refused}" if row.refused else row.answer or "-"
    return (
        _moment(row.sent_at) if row.sent_at else row.status,
        f"{row.destination} {row.audience}".rstrip(),
        what,
        "not kept" if row.columns is None else " ".join(filled) or "none",
        row.day,
        f"{row.delivery}/{row.batch}",
        row.remote_key or "-",
        _moment(row.acknowledged_at) if row.acknowledged_at else "-",
        answer,
    )


def _now(found: History) -> str:
    """One sentence on what holds now."""
    known = found.known
    if not known.present:
        return f"not among the customers of {known.day}" if known.day else "no day was normalized yet"
    basis = f", legal basis {known.legal_basis}" if known.legal_basis else ""
    dated = f" of {known.legal_basis_date}" if known.legal_basis and known.legal_basis_date else ""
    withheld = f"; withheld from every partner: {known.withheld}" if known.withheld else ""
    return f"among the customers of {known.day}, as of {known.since}{basis}{dated}{withheld}"


def _consent(given: bool | None) -> str:  # noqa: FBT001 - a cell
    return {True: "yes", False: "no", None: "not stated"}[given]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> Table:
    made = Table(*header)
    for row in rows:
        made.add_row(*(Text(str(cell) or "-") for cell in row))
    return made
