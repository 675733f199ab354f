"""The asset checks: what is looked at once more after each step, with thresholds where a share is judged."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import dagster as dg

from audience_assets import guards
from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.customers.raw import RawManifest
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.ledger.ledger import Ledger
from audience_assets.observed.sizes_manifest import SizesManifest

Subject = TypeVar("Subject")

LARGEST_SHARE_SET_ASIDE = 0.01
LARGEST_SHARE_REFUSED = 0.10


def _nothing(_: object) -> None:
    """No remark."""


@dataclass(frozen=True, slots=True)
class Check(Generic[Subject]):
    """A check that runs inside an asset's step, over the results of all its days.

    Attributes:
        name: As the UI shows it.
        description: What it proves, and what to do when it does not.
        severity: Whether a failure is an error or a warning.
        problem: Says in one sentence what is wrong with a day's result, or nothing.
        remark: Says what is to be known of a day that passes, or nothing.
        blocking: Whether an error keeps what follows from running.
    """

    name: str
    description: str
    severity: dg.AssetCheckSeverity
    problem: Callable[[Subject], str | None]
    remark: Callable[[Subject], str | None] = _nothing
    blocking: bool = True

    def spec(self, asset: str | list[str]) -> dg.AssetCheckSpec:
        """The declaration that belongs to the asset."""
        blocking = self.blocking and self.severity is dg.AssetCheckSeverity.ERROR
        return dg.AssetCheckSpec(self.name, asset=asset, description=self.description, blocking=blocking)

    def result(self, subjects: Iterable[Subject]) -> dg.AssetCheckResult:
        """Passed when no day has a problem."""
        looked_at = list(subjects)
        problems = [sentence for each in looked_at if (sentence := self.problem(each)) is not None]
        remarks = [sentence for each in looked_at if (sentence := self.remark(each)) is not None]
        return dg.AssetCheckResult(
            check_name=self.name,
            passed=not problems,
            severity=self.severity,
            description=" ".join(problems or remarks) or None,
            metadata={"problems": len(problems)},
        )


def _set_aside(raw: RawManifest) -> str | None:
    aside = sum(raw.set_aside.values())
    if aside <= LARGEST_SHARE_SET_ASIDE * raw.rows:
        return None
    return f"{raw.day}: {aside} of {raw.rows} rows were set aside: " + ", ".join(
        f"{reason} ({count})" for reason, count in raw.set_aside.items()
    )


def _counts_differ(subject: tuple[Ledger, NormalizedManifest]) -> str | None:
    ledger, result = subject
    parent = ledger.snapshot(result.parent) if result.parent else None
    expected = (parent.customers if parent else 0) + result.new - result.left
    if expected == result.customers:
        return None
    return f"{result.day}: {expected} customers follow from the day before, but the index has {result.customers}."


def _refused(result: NormalizedManifest) -> str | None:
    if result.stopped:
        return None  # the guard says which values are missing
    fresh = result.new + result.changed
    loud = {
        field: sum(reasons.values())
        for field, reasons in result.refused.items()
        if fresh and sum(reasons.values()) > LARGEST_SHARE_REFUSED * fresh
    }
    if not loud:
        return None
    fields = ", ".join(f"{field} ({count})" for field, count in loud.items())
    return (
        f"{result.day}: more than {LARGEST_SHARE_REFUSED:.0%} of {fresh} new and changed customers: {fields}."
    )


def _guard(name: str, description: str) -> Check[Any]:
    """The check of a guard that looks at a day's customers, by what their manifest says of it."""

    def stopped(result: RawManifest | NormalizedManifest) -> str | None:
        return f"{result.day}: {result.stopped[name]}." if name in result.stopped else None

    def allowed(result: RawManifest | NormalizedManifest) -> str | None:
        return (
            f"{result.day}: it was let through: {result.allowed[name]}." if name in result.allowed else None
        )

    return Check(name, description, dg.AssetCheckSeverity.ERROR, stopped, allowed)


def _takes_out_too_many(delta: DeltaManifest) -> str | None:
    return _of_parts(delta, {part.audience: part.stopped for part in delta.parts})


def _may_take_out_many(delta: DeltaManifest) -> str | None:
    allowed = {part.audience: part.allowed for part in delta.parts}
    return _of_parts(
        delta, {audience: f"it was let through: {said}" for audience, said in allowed.items() if said}
    )


def _of_parts(delta: DeltaManifest, said: Mapping[str, str]) -> str | None:
    sentences = [
        f"{_place({'day': delta.day, 'audience': audience})}: {sentence}."
        for audience, sentence in said.items()
        if sentence
    ]
    return " ".join(sentences) or None


def _stands_twice(subject: dict[str, Any]) -> str | None:
    if subject["rows"] == subject["customers"]:
        return None
    return f"{_place(subject)}: {subject['rows']} rows stand for {subject['customers']} customers."


def _not_acknowledged(subject: dict[str, Any]) -> str | None:
    if subject["holds"] == subject["due"] or subject["held"] or subject["waiting"]:
        return None
    return f"{_place(subject)}: the ledger does not say that the partner holds this day."


def _not_there_yet(subject: dict[str, Any]) -> str | None:
    if subject["held"]:
        return f"{_place(subject)}: {subject['held']}."
    return f"{_place(subject)}: accepted, not yet ready." if subject["waiting"] else None


def _matches_fewer(made: SizesManifest) -> str | None:
    return " ".join(f"{made.day}, {sentence}." for sentence in made.fallen) or None


def _ends(made: SizesManifest) -> str | None:
    said = [f"{made.day}, {each.name}: {each.ending}." for each in made.sizes if each.ending]
    return " ".join(said) or None


def _did_not_answer(made: SizesManifest) -> str | None:
    if made.asked_at is None:
        return None  # an earlier day, of which nobody knows
    return " ".join(f"{made.day}, {name}: {why}." for name, why in made.unasked.items()) or None


def _place(subject: dict[str, Any]) -> str:
    return f"{subject['day']}, {subject['audience']}" if subject["audience"] else str(subject["day"])


FEW_ROWS_SET_ASIDE: Check[RawManifest] = Check(
    "few_rows_set_aside",
    f"At most {LARGEST_SHARE_SET_ASIDE:.0%} of the rows are set aside. If more are, ask who makes the extract.",
    dg.AssetCheckSeverity.WARN,
    _set_aside,
)
EXTRACT_SIZE: Check[RawManifest] = _guard(
    guards.EXTRACT_SIZE,
    "The extract has about as many customers as on the last days. An empty, cut off or half one would remove the others.",
)
EXTRACT_COLUMNS: Check[RawManifest] = _guard(
    guards.EXTRACT_COLUMNS,
    "The extract has every column that it had on the last day. Without one, its values would be removed everywhere.",
)
USABLE_VALUES: Check[NormalizedManifest] = _guard(
    guards.USABLE_VALUES,
    "No field loses its usable values for many customers on one day, compared with the last days.",
)
REMOVALS_WITHIN_BOUNDS: Check[DeltaManifest] = Check(
    "removals_within_bounds",
    "No delta takes out more than a share of what the partner, or one of its audiences, holds. It does not block: the "
    "delivery sends the other audiences and refuses those that are stopped, also when it is materialized alone.",
    dg.AssetCheckSeverity.ERROR,
    _takes_out_too_many,
    _may_take_out_many,
    blocking=False,
)
COUNTS_ADD_UP: Check[tuple[Ledger, NormalizedManifest]] = Check(
    "counts_add_up",
    "The customers of the day before, plus new, minus left, are the customers of the day.",
    dg.AssetCheckSeverity.ERROR,
    _counts_differ,
)
FEW_VALUES_REFUSED: Check[NormalizedManifest] = Check(
    "few_values_refused",
    f"At most {LARGEST_SHARE_REFUSED:.0%} of the values of each field are refused among new and changed customers.",
    dg.AssetCheckSeverity.WARN,
    _refused,
)
EACH_CUSTOMER_ONCE: Check[dict[str, Any]] = Check(
    "each_customer_once",
    "Each customer stands once in what the delta says of an audience, counted in the files themselves.",
    dg.AssetCheckSeverity.ERROR,
    _stands_twice,
)
PARTNER_HOLDS_THE_DAY: Check[dict[str, Any]] = Check(
    "partner_holds_the_day",
    "The ledger says that the partner acknowledged everything up to the day's snapshot, or a newer day.",
    dg.AssetCheckSeverity.ERROR,
    _not_acknowledged,
)
NOTHING_HELD_BACK: Check[dict[str, Any]] = Check(
    "nothing_held_back",
    "No audience is too small for the partner, and the partner has finished with what it accepted; a later run finishes it.",
    dg.AssetCheckSeverity.WARN,
    _not_there_yet,
)
MATCH_SHARE_HOLDS: Check[SizesManifest] = Check(
    "match_share_holds",
    "Partners match about as large a share of each audience as on the last days (guards.match_drop). A wrong digest matches "
    "nobody: compare a known customer with `audience-assets normalize`, and see what changed in rules, settings and columns.",
    dg.AssetCheckSeverity.WARN,
    _matches_fewer,
)
NO_AUDIENCE_ENDS: Check[SizesManifest] = Check(
    "no_audience_ends",
    "No partner is about to end an audience: Meta after two years without an active ad set, TikTok after 365 days without use "
    "or when its retention is over.",
    dg.AssetCheckSeverity.WARN,
    _ends,
)
PARTNERS_ANSWERED: Check[SizesManifest] = Check(
    "partners_answered",
    "Every partner that can be asked told of its audiences. If one did not, nothing else depends on it: materialize again.",
    dg.AssetCheckSeverity.WARN,
    _did_not_answer,
)
