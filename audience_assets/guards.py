"""The guards: what is judged before anything leaves, each with the sentence that says what was seen and what lets it through.

They judge counts and names of columns only. Who compares, and with what, is decided beside the data.
"""

from collections.abc import Collection, Mapping, Sequence
from statistics import median
from typing import Literal

from pydantic import Field

from audience_assets.errors import SettingsError
from audience_assets.settings_section import Section
from audience_assets.storage.layout import NORMALIZED, RAW

EXTRACT_SIZE = "extract_size"
EXTRACT_COLUMNS = "extract_columns"
USABLE_VALUES = "usable_values"
REMOVALS = "removals"

LISTED = 10
"""How many unused columns a sentence lists; the metadata has all."""


class GuardSettings(Section):
    """From where on a day is stopped.

    Attributes:
        removals: The largest share of what a partner holds that one delta may take out; 1 for any.
        few: So many customers may always be taken out, be missing or lose a value.
        smallest_extract: The least customers of a full extract, as a share of the median of the last days; 0 for any.
        lost_values: The largest share of all customers that may lose a field's usable value on one day; 1 for any.
        columns: What becomes of an extract that lacks a column which the last day had.
        match_drop: By which share of what was usual fewer of an audience's members may be matched before a check warns; 1 for any.
        days: How many earlier days are looked back at.
    """

    removals: float = Field(default=0.3, ge=0, le=1)
    few: int = Field(default=100, ge=0)
    smallest_extract: float = Field(default=0.7, ge=0, le=1)
    lost_values: float = Field(default=0.2, ge=0, le=1)
    columns: Literal["stop", "ignore"] = "stop"
    match_drop: float = Field(default=0.3, ge=0, le=1)
    days: int = Field(default=7, ge=1, le=366)


DEFAULTS = GuardSettings()


def extract_size(settings: GuardSettings, customers: int, earlier: Sequence[int]) -> str | None:
    """What is wrong with the number of customers, if those of earlier days are many more."""
    if not earlier:
        return None
    usual = int(median(earlier))
    if customers >= settings.smallest_extract * usual or usual - customers <= settings.few:
        return None
    return (
        f"the extract has {customers} customers, {customers / usual:.1%} of {usual}, the median of the {_days(len(earlier))}"
        f" before: it may be cut off; {_let_through(EXTRACT_SIZE, RAW, settings, 'smallest_extract', 'lower')}"
    )


def extract_columns(
    settings: GuardSettings, columns: Collection[str], earlier: Collection[str], unused: Sequence[str]
) -> str | None:
    """What is wrong with the columns, if some of the last day's are gone; a new name may be among the unused ones."""
    gone = sorted(set(earlier) - set(columns))
    if not gone or settings.columns == "ignore":
        return None
    others = f", and does not use {', '.join(unused[:LISTED])}" if unused else ""
    return (
        f"the extract has nothing for {', '.join(gone)}, which the day before had{others}: map a renamed column in"
        f" source.columns; {_let_through(EXTRACT_COLUMNS, RAW, settings, 'columns', 'change')}"
    )


def may_lose_values(settings: GuardSettings, fresh: int, customers: int) -> bool:
    """Whether so many new and changed customers could lose too much at all; else nothing need be compared."""
    return fresh > settings.few and fresh > settings.lost_values * customers


def usable_values(
    settings: GuardSettings,
    customers: int,
    fresh: int,
    usable: Mapping[str, int],
    before: Mapping[str, float],
) -> str | None:
    """What is wrong with the values of new and changed customers, if usable ones were much more frequent before.

    Args:
        settings: Say how many may be lost.
        customers: All customers of the day.
        fresh: How many of them are new or changed.
        usable: For each field, how many of these have a usable value.
        before: For each field, the share of those who had one on the days before.
    """
    largest = max(settings.few, settings.lost_values * customers)
    lost = [field for field in before if field in usable and before[field] * fresh - usable[field] > largest]
    if not lost:
        return None
    shares = ", ".join(f"{field} ({usable[field] / fresh:.1%}, before {before[field]:.1%})" for field in lost)
    return (
        f"usable values collapsed among {fresh} new and changed of {customers} customers: {shares}; look at these"
        f" columns of the extract; {_let_through(USABLE_VALUES, NORMALIZED, settings, 'lost_values', 'raise')}"
    )


def removals(settings: GuardSettings, destination: str, audience: str, held: int, leaving: int) -> str | None:
    """What is wrong with a delta, if it takes too many out of what a partner, or one of its audiences, holds."""
    if not held or leaving <= max(settings.few, settings.removals * held):
        return None
    guard = f"{REMOVALS}:{audience}" if audience else REMOVALS
    way = _let_through(guard, f"{destination}/delta", settings, "removals", "raise")
    return (
        f"{leaving} of {held} customers ({leaving / held:.1%}) would be taken out: look at who leaves; {way}"
    )


def settled(found: Mapping[str, str | None], allow: Collection[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What was found by guard, as what stops the day and what is let through.

    Raises:
        SettingsError: Something is to be let through that no guard of the asset is called.
    """
    refuse_unknown(allow, found)
    said = {guard: sentence for guard, sentence in found.items() if sentence is not None}
    stopped = {guard: sentence for guard, sentence in said.items() if guard not in allow}
    return stopped, {guard: sentence for guard, sentence in said.items() if guard in allow}


def refuse_unknown(allow: Collection[str], known: Collection[str]) -> None:
    """Refuse a name that no guard has.

    Raises:
        SettingsError: There is one.
    """
    if unknown := sorted(set(allow) - set(known)):
        raise SettingsError(
            f"allow names {', '.join(unknown)}, which is no guard here: {', '.join(known)} may be allowed"
        )


def told(stopped: Mapping[str, str]) -> str:
    """What stopped a day, as one text."""
    return "; ".join(f"{guard}: {sentence}" for guard, sentence in stopped.items())


def _let_through(guard: str, asset: str, settings: GuardSettings, key: str, change: str) -> str:
    return (
        f'if it is right, materialize {asset} with the run config allow: ["{guard}"], or {change} guards.{key}'
        f" (now {getattr(settings, key)})"
    )


def _days(number: int) -> str:
    return "day" if number == 1 else f"{number} days"
