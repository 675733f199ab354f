"""What our own rules refuse of normalized customers, as entries of the quarantine: the input's fields, and the partners' forms."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from audience_assets.destinations.column import Destination
from audience_assets.rules.canonical import refusal_column
from audience_assets.rules.rule import CanonicalRule
from audience_assets.sql import identifier, listed, literal

FIELD: Literal["field"] = "field"
"""No canonical form: no partner gets the value."""
FORM: Literal["form"] = "form"
"""A partner's form cannot carry the canonical value."""
PARTNER: Literal["partner"] = "partner"
"""A partner did not take the person."""

TYPES: Mapping[str, str] = {
    "customer_id": "varchar",
    "destination": "varchar",
    "audience": "varchar",
    "field": "varchar",
    "rule": "varchar",
    "reason": "varchar",
    "first_seen": "date",
    "last_seen": "date",
    "kind": "varchar",
    "delivery": "bigint",
}
"""The quarantine's columns. `destination` and `audience` are empty where the entry holds for all of them, `field` and `rule`
where a partner refused; `delivery` is the one in which it did."""

KEY = ("customer_id", "destination", "audience", "field", "reason")
"""What makes two entries the same one."""

NO_ENTRIES = f"select {', '.join(f'null::{kind} as {name}' for name, kind in TYPES.items())} where false"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value may be refused.

    Attributes:
        destination: Whom it concerns; empty where it is all of them.
        field: The input's field, or the partner's column.
        rule: The rule with its version, as `email@1`.
        reason: SQL over a normalized record for the reason; NULL where nothing is refused.
        columns: The columns of the record that it needs.
        kind: FIELD or FORM.
    """

    destination: str
    field: str
    rule: str
    reason: str
    columns: frozenset[str]
    kind: Literal["field", "form"]

    def entries_sql(self, records: str, day: date, *, rule_known: bool) -> str:
        """SQL for the entries of the view `records`, which were refused first on a day."""
        values = {
            "customer_id": "customer_id",
            "destination": literal(self.destination),
            "audience": "''",
            "field": literal(self.field),
            "rule": literal(self.rule if rule_known else ""),
            "reason": "reason",
            "first_seen": f"date {literal(day.isoformat())}",
            "last_seen": "null",
            "kind": literal(self.kind),
            "delivery": "null",
        }
        columns = [f"cast({values[name]} as {kind}) as {name}" for name, kind in TYPES.items()]
        return (
            f"select\n{listed(columns)}\nfrom (select customer_id, {self.reason} as reason from {records})\n"
            "where reason is not null"
        )


def of_fields(rules: Iterable[CanonicalRule], refused: Collection[str] | None = None) -> list[Refusal]:
    """What the canonical rules can refuse, or only of these fields; a consent that names a destination concerns only that."""
    return [
        Refusal(
            destination=rule.field.removeprefix("consent_") if rule.field.startswith("consent_") else "",
            field=rule.field,
            rule=f"{rule.name}@{rule.version}",
            reason=identifier(refusal_column(rule.field)),
            columns=frozenset({refusal_column(rule.field)}),
            kind=FIELD,
        )
        for rule in rules
        if rule.refuses and (refused is None or rule.field in refused)
    ]


def of_forms(destinations: Iterable[Destination], refused: Collection[str] | None = None) -> list[Refusal]:
    """What the partners' forms can refuse, or only of these columns of the hashed log."""
    return [
        Refusal(
            destination=destination.name,
            field=column.name,
            rule=column.form.signature,
            reason=column.refusal_sql,
            columns=frozenset(column.fields),
            kind=FORM,
        )
        for destination in destinations
        for column in destination.columns
        if column.refusal_sql != "NULL" and (refused is None or destination.stored_name(column) in refused)
    ]
