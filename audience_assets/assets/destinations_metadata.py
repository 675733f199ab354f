"""What deltas and deliveries tell the UI: what will be sent and what that takes, what was acknowledged, audience by audience."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from audience_assets.assets import preview
from audience_assets.assets.metadata import Metadata, columns, lies_at, size_of, table
from audience_assets.destinations.column import Destination
from audience_assets.destinations.forecast import Forecast
from audience_assets.destinations.manifest import DeltaManifest, DeltaPart
from audience_assets.destinations.outcome import Outcome, Report
from audience_assets.storage.layout import HASHED
from audience_assets.storage.object_path import Place

LISTED = 100
"""How many files a delta or a delivery lists; the ledger has all of them."""
SIZES = ("audience", "size before", "size after")


@dataclass(frozen=True, slots=True)
class Planned:
    """A delta, what delivering it takes, its first rows as the partner gets them, and where its files lie."""

    made: DeltaManifest
    forecast: Forecast
    first_rows: Sequence[Mapping[str, Any]]
    folder: Place


def of_delta(planned: Planned, destination: Destination) -> Metadata:
    """What is going to be sent, and the partner's columns in the partner's case."""
    delta, forecast = planned.made, planned.forecast
    return {
        "dagster/row_count": delta.rows,
        **columns(_columns(destination), HASHED, _sources(destination)),
        **lies_at(planned.folder),
        "only planned": delta.plan_only,
        "joined": delta.joined,
        "changed": delta.changed,
        "left": delta.left,
        "removals": sum(part.taken_out for part in delta.parts),
        "size before": sum(part.held_before for part in delta.parts),
        "size after": sum(part.members for part in delta.parts),
        "audiences held": sum(bool(part.held) for part in delta.parts),
        "files": len(delta.files),
        "forecast: calls": forecast.calls,
        "forecast: bytes": forecast.file_bytes,
        "forecast: minutes": round(forecast.minutes, 2),
        "limits of the partner": forecast.limits.said,
        "audiences": _parts(delta, forecast),
        "batches": table(
            ("file", "operation", "rows", "size"),
            [(each.name, each.operation, each.rows, size_of(each.file_bytes)) for each in delta.files][
                :LISTED
            ],
        ),
        "first rows, masked": preview.masked(destination, planned.first_rows),
        "stopped by a guard": _said(delta, "stopped"),
        "let through": _said(delta, "allowed"),
    }


def of_delivery(report: Report, destination: str, uri: str, page: str) -> Metadata:
    """What the partner acknowledged in this run."""
    delivered = report.delivered
    links = {"dagster/uri": uri} if uri else {}
    return {
        "dagster/row_count": sum(batch.rows for batch in report.sent),
        "result": sentence(report, destination),
        "files sent": len(report.sent),
        "joined": sum(each.joined for each in delivered),
        "changed": sum(each.changed for each in delivered),
        "left": sum(each.left for each in delivered),
        "rows refused": sum(batch.refused for batch in report.sent),
        "audiences held": sum(bool(each.held) for each in report.outcomes),
        "audiences not yet ready": sum(bool(each.waiting) for each in report.outcomes),
        "calls": report.calls.needed,
        "calls while waiting": report.calls.waiting,
        "calls saved": report.calls_saved,
        "bytes sent": report.calls.sent_bytes,
        "audiences": _outcomes(report),
        "objects": table(
            ("audience", "key", "rows", "answer"),
            [
                (outcome.audience or "-", batch.remote_key, batch.rows, batch.answer)
                for outcome in report.outcomes
                for batch in outcome.sent
            ][:LISTED],
        ),
        **links,
        **({"at the partner": dg.MetadataValue.url(page)} if page else {}),
    }


def sentence(report: Report, destination: str) -> str:
    """The outcome of a delivery in one sentence."""
    days = sorted({each.resumed.day for each in report.outcomes if each.resumed})
    resumed = f"Finished the delivery of {', '.join(map(str, days))} that was begun before. " if days else ""
    delivered = report.delivered
    resumed += _kept_back(report)
    if not delivered:
        if any(each.held or each.waiting for each in report.outcomes):
            return resumed.rstrip()
        earlier = sorted({each.already.id for each in report.outcomes if each.already})
        by = f" by delivery {', '.join(map(str, earlier))}" if earlier else ""
        return f"{resumed}Nothing was sent: {destination} holds this day already{by}."
    rows = sum(each.rows for each in delivered)
    if not rows:
        return f"{resumed}Nothing changed for {destination}, so nothing was sent."
    joined, changed, left = (
        sum(getattr(each, name) for each in delivered) for name in ("joined", "changed", "left")
    )
    refused = sum(batch.refused for batch in report.sent)
    without = f", but refused {refused} of them" if refused else ""
    return f"{resumed}{destination} acknowledged {rows} rows ({joined} joined, {changed} changed, {left} left){without}."


def _kept_back(report: Report) -> str:
    """Audiences that are too small for the partner, or that it is still working on."""
    sentences = [f"{each.audience}: {each.held}. " for each in report.outcomes if each.held]
    sentences += [f"{each.audience}: accepted, not yet ready. " for each in report.outcomes if each.waiting]
    return "".join(sentences)


def _columns(destination: Destination) -> list[dg.TableColumn]:
    return [
        dg.TableColumn(
            column.name,
            str(column.arrow_type),
            column.description,
            constraints=dg.TableColumnConstraints(nullable=not column.required),
        )
        for column in destination.columns
    ]


def _sources(destination: Destination) -> dict[str, list[str]]:
    return {column.name: [destination.stored_name(column)] for column in destination.columns}


def _parts(delta: DeltaManifest, forecast: Forecast) -> dg.MetadataValue[Any]:
    """A line for each audience; one line where the partner has one list for all."""
    header = (
        *SIZES,
        "joined",
        "changed",
        "left",
        "rows",
        "files",
        "calls",
        "mode",
        "why",
        "not sent because",
    )
    rows = [
        (
            part.audience or "-",
            part.held_before,
            part.members,
            part.joined,
            part.changed,
            part.left,
            part.rows,
            len(part.files),
            takes.calls,
            part.mode,
            part.why or "-",
            part.held or part.stopped or "-",
        )
        for part, takes in zip(delta.parts, forecast.parts, strict=True)
    ]
    return table(header, rows)


def _said(delta: DeltaManifest, what: str) -> dg.MetadataValue[Any]:
    """What a guard saw, by audience."""
    said = [(part.audience or "-", getattr(part, what)) for part in delta.parts]
    return table(("audience", "what it saw"), [each for each in said if each[1]])


def _outcomes(report: Report) -> dg.MetadataValue[Any]:
    """A line for each audience that this run looked at."""
    header = (*SIZES, "joined", "changed", "left", "refused", "held", "remote id", "partner status")
    parts = {part.audience: part for part in report.parts}
    rows = [
        _outcome(each, parts[each.audience], report.remote_ids.get(each.audience, "-"))
        for each in report.outcomes
        if each.audience in parts
    ]
    return table(header, rows)


def _outcome(outcome: Outcome, part: DeltaPart, remote_id: str) -> tuple[Any, ...]:
    deleted, done = part.mode == "delete", outcome.delivery
    kept = bool(outcome.held or outcome.waiting) and not deleted
    return (
        part.audience or "-",
        part.held_before,
        0 if deleted else part.held_before if kept else part.members,
        *((done.joined, done.changed, done.left) if done else (0, 0, 0)),
        sum(batch.refused for batch in outcome.sent),
        outcome.held or "-",
        remote_id,
        "deleted" if deleted else _status(outcome),
    )


def _status(outcome: Outcome) -> str:
    if outcome.waiting:
        return "accepted, not yet ready"
    if outcome.held:
        return "as it was"
    return "acknowledged before" if outcome.already else "acknowledged"
