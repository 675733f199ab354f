"""What the assets of all customers tell the UI: counts that it plots over days, and where each column comes from."""

from collections.abc import Iterable

import dagster as dg

from audience_assets.assets.metadata import Metadata, columns, counts, counts_by, lies_at, table
from audience_assets.customers.fields import CUSTOMER_ID, rules_of
from audience_assets.customers.hashed import HashedManifest
from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.customers.raw import RawManifest
from audience_assets.destinations.column import Destination
from audience_assets.pipeline import Pipeline
from audience_assets.rules.canonical import CONTEXT
from audience_assets.storage.layout import NORMALIZED, RAW

VERBATIM_ID = dg.TableColumn(CUSTOMER_ID, "varchar", "customer_id, as it is in the extract")


def of_raw(raw: RawManifest, pipeline: Pipeline) -> Metadata:
    """Rows read, set aside and repeated."""
    return {
        "dagster/row_count": raw.rows,
        "customers": raw.customers,
        "rows set aside": sum(raw.set_aside.values()),
        "repeated rows": raw.repeated_rows,
        "departed": raw.departed,
        "set aside by reason": counts(raw.set_aside, "reason"),
        "columns used": ", ".join(raw.columns) or "none",
        "columns not used": ", ".join(raw.unused_columns) or "none",
        **lies_at(pipeline.layout.raw(raw.day)),
        **_guarded(raw),
    }


def of_normalized(normalized: NormalizedManifest, pipeline: Pipeline) -> Metadata:
    """New, changed and left customers, and usable and refused values by field."""
    fresh = normalized.new + normalized.changed
    rules = rules_of(pipeline.settings)
    described = [
        dg.TableColumn(
            rule.name,
            rule.type.lower(),
            f"{rule.field}: {rule.description}. Rule {rule.name}@{rule.version}.",
        )
        for rule in rules
    ]
    sources = {rule.name: [rule.field] for rule in rules}
    return {
        "dagster/row_count": fresh,
        **columns([VERBATIM_ID, *described], RAW, {CUSTOMER_ID: [CUSTOMER_ID]} | sources),
        **lies_at(pipeline.layout.normalized(normalized.day)),
        "encrypted": pipeline.settings.encryption_key is not None,
        "customers": normalized.customers,
        "new": normalized.new,
        "changed": normalized.changed,
        "left": normalized.left,
        "withheld": normalized.withheld,
        "values refused": sum(sum(reasons.values()) for reasons in normalized.refused.values()),
        "refused by field": counts_by(normalized.refused, ("field", "reason", "count")),
        **_guarded(normalized),
    } | {
        f"usable {field} %": round(100 * count / fresh, 2)
        for field, count in normalized.usable.items()
        if fresh
    }


def of_hashed(hashed: HashedManifest, pipeline: Pipeline) -> Metadata:
    """Customers hashed, and the log's columns."""
    destinations = pipeline.destinations.values()
    described = [
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
        **columns(
            [VERBATIM_ID, *described], NORMALIZED, {CUSTOMER_ID: [CUSTOMER_ID]} | _sources(destinations)
        ),
        **lies_at(pipeline.layout.hashed(hashed.day)),
        "left": hashed.left,
        "values left out": sum(sum(reasons.values()) for reasons in hashed.left_out.values()),
        "left out by column": counts_by(hashed.left_out, ("column", "reason", "customers")),
    }


def _sources(destinations: Iterable[Destination]) -> dict[str, list[str]]:
    """The canonical columns that feed each column of the log."""
    return {
        each.stored_name(column): [field for field in column.fields if field not in CONTEXT]
        for each in destinations
        for column in each.columns
    }


def _guarded(result: RawManifest | NormalizedManifest) -> Metadata:
    """What guards saw, whether it stopped the day or was let through."""
    return {
        "stopped by a guard": table(("guard", "what it saw"), list(result.stopped.items())),
        "let through": table(("guard", "what it saw"), list(result.allowed.items())),
    }
