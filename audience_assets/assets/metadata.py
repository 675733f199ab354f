"""What the assets tell the Dagster UI: counts that it plots over days, and column schemas. Never a customer's value."""

from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from audience_assets.customers.fields import rules_of
from audience_assets.customers.hashed import HashedManifest
from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.customers.raw import RawManifest
from audience_assets.destinations.column import Destination
from audience_assets.destinations.delivery import Report
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.settings import Settings

Metadata = dict[str, Any]

LISTED = 100
"""How many batches a delivery lists; the ledger has all of them."""


def of_raw(raw: RawManifest) -> Metadata:
    """Rows read, set aside and repeated."""
    return {
        "dagster/row_count": raw.rows,
        "customers": raw.customers,
        "rows set aside": sum(raw.set_aside.values()),
        "repeated rows": raw.repeated_rows,
        "set aside by reason": _counts(raw.set_aside, "reason"),
        "columns not used": ", ".join(raw.unused_columns) or "none",
        **_guarded(raw),
    }


def of_normalized(normalized: NormalizedManifest, settings: Settings) -> Metadata:
    """New, changed and left customers, and usable and refused values by field."""
    fresh = normalized.new + normalized.changed
    return {
        "dagster/row_count": fresh,
        "dagster/column_schema": dg.TableSchema(
            [dg.TableColumn("customer_id", "varchar", "as it is in the extract")]
            + [dg.TableColumn(rule.name, rule.type.lower(), rule.description) for rule in rules_of(settings)]
        ),
        "encrypted": settings.encryption_key is not None,
        "customers": normalized.customers,
        "new": normalized.new,
        "changed": normalized.changed,
        "left": normalized.left,
        "values refused": sum(sum(reasons.values()) for reasons in normalized.refused.values()),
        "refused by field": table(
            ("field", "reason", "count"),
            [
                (field, reason, count)
                for field, reasons in normalized.refused.items()
                for reason, count in reasons.items()
            ],
        ),
        **_guarded(normalized),
    } | {
        f"usable {field} %": round(100 * count / fresh, 2)
        for field, count in normalized.usable.items()
        if fresh
    }


def of_hashed(hashed: HashedManifest, destinations: Iterable[Destination]) -> Metadata:
    """Customers hashed, and the log's columns."""
    columns = [
        dg.TableColumn(
            each.stored_name(column),
            "blob" if column.hashed else column.form.type.lower(),
            column.description,
        )
        for each in destinations
        for column in each.columns
    ]
    return {
        "dagster/row_count": sum(hashed.segments.values()),
        "dagster/column_schema": dg.TableSchema([dg.TableColumn("customer_id", "varchar"), *columns]),
        "left": hashed.left,
        "values left out": sum(sum(reasons.values()) for reasons in hashed.left_out.values()),
        "left out by column": table(
            ("column", "reason", "customers"),
            [
                (column, reason, count)
                for column, reasons in hashed.left_out.items()
                for reason, count in reasons.items()
            ],
        ),
    }


def of_delta(delta: DeltaManifest, destination: Destination) -> Metadata:
    """What is going to be sent, and the partner's columns in the partner's case."""
    return {
        "dagster/row_count": delta.rows,
        "dagster/column_schema": column_schema(destination),
        "joined": delta.joined,
        "changed": delta.changed,
        "left": delta.left,
        "files": len(delta.files),
        "stopped by a guard": table(
            ("audience", "what it saw"),
            [(part.audience or "-", part.stopped) for part in delta.parts if part.stopped],
        ),
        "let through": table(
            ("audience", "what the guard saw"),
            [(part.audience or "-", part.allowed) for part in delta.parts if part.allowed],
        ),
    } | _by_audience(delta, destination)


def _by_audience(delta: DeltaManifest, destination: Destination) -> Metadata:
    """A line for each audience, where the partner keeps one list for each."""
    if not destination.audiences:
        return {}
    header = ("audience", "members", "joined", "changed", "left", "rows", "mode", "why")
    rows = [
        (
            part.audience,
            part.members,
            part.joined,
            part.changed,
            part.left,
            part.rows,
            part.mode,
            part.why or "-",
        )
        for part in delta.parts
    ]
    return {"audiences": table(header, rows)}


def of_delivery(report: Report, destination: str) -> Metadata:
    """What the partner acknowledged in this run."""
    delivered = report.delivered
    return {
        "dagster/row_count": sum(batch.rows for batch in report.sent),
        "result": sentence(report, destination),
        "files sent": len(report.sent),
        "joined": sum(each.joined for each in delivered),
        "changed": sum(each.changed for each in delivered),
        "left": sum(each.left for each in delivered),
        "rows refused": sum(batch.refused for batch in report.sent),
        "objects": table(
            ("audience", "key", "rows", "answer"),
            [
                (outcome.audience or "-", batch.remote_key, batch.rows, batch.answer)
                for outcome in report.outcomes
                for batch in outcome.sent
            ][:LISTED],
        ),
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


def column_schema(destination: Destination) -> dg.TableSchema:
    """The partner's columns, with where each comes from."""
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                str(column.arrow_type),
                column.description,
                constraints=dg.TableColumnConstraints(nullable=not column.required),
            )
            for column in destination.columns
        ]
    )


def _guarded(result: RawManifest | NormalizedManifest) -> Metadata:
    """What guards saw, whether it stopped the day or was let through."""
    return {
        "stopped by a guard": table(("guard", "what it saw"), list(result.stopped.items())),
        "let through": table(("guard", "what it saw"), list(result.allowed.items())),
    }


def _counts(counts: Mapping[str, int], what: str) -> dg.MetadataValue[Any]:
    return table((what, "count"), list(counts.items()))


def table(header: tuple[str, ...], rows: list[tuple[Any, ...]]) -> dg.MetadataValue[Any]:
    """A small Markdown table, or the word "none"."""
    if not rows:
        return dg.MetadataValue.text("none")
    lines = [header, tuple("---" for _ in header), *rows]
    return dg.MetadataValue.md(
        "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
    )
