"""Reads the quarantine of a day, for whoever asks who is in it and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from audience_assets import database
from audience_assets.errors import StateError
from audience_assets.observed.quarantine_manifest import QuarantineManifest
from audience_assets.observed.refusals import NO_ENTRIES
from audience_assets.settings import Settings
from audience_assets.storage import dataset, manifest
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import QUARANTINE, Layout
from audience_assets.storage.object_path import folders

SHOWN = (
    "customer_id",
    "destination",
    "audience",
    "field",
    "rule",
    "reason",
    "first_seen",
    "last_seen",
)
AT_ONCE = 10_000
"""How many rows are in memory together."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries are asked for; None for any. Those that hold for all destinations concern each of them."""

    customer_id: str | None = None
    destination: str | None = None
    field: str | None = None
    reason: str | None = None

    @property
    def condition(self) -> str:
        """SQL over an entry."""
        named = [f"{name} = ${name}" for name in ("customer_id", "field", "reason") if getattr(self, name)]
        if self.destination:
            named.append("destination in ('', $destination)")
        return " and ".join(named) or "true"

    @property
    def parameters(self) -> dict[str, str]:
        """What the condition's names stand for."""
        names = ("customer_id", "destination", "field", "reason")
        return {name: getattr(self, name) for name in names if getattr(self, name)}


def of_day(settings: Settings, day: date | None = None) -> QuarantineManifest:
    """The quarantine of a day, or of the newest that has one.

    Raises:
        StateError: There is none.
    """
    layout = Layout(settings.state)
    if day is not None:
        return manifest.read(QuarantineManifest, layout.quarantine(day), QUARANTINE)
    for name in sorted(folders(layout.root / QUARANTINE), reverse=True):
        try:
            return manifest.read(QuarantineManifest, layout.root / QUARANTINE / name, QUARANTINE)
        except StateError:
            continue
    raise StateError(f"there is no quarantine yet: materialize {QUARANTINE} for a day")


def entries_of(settings: Settings, found: QuarantineManifest) -> Dataset:
    """The files of a quarantine.

    Raises:
        StateError: They are gone.
    """
    return Dataset.existing(Layout(settings.state).absolute(found.file), QUARANTINE)


def entries(settings: Settings, found: QuarantineManifest, asked: Asked) -> Iterator[tuple[Any, ...]]:
    """The entries that are asked for, by customer, with the columns SHOWN.

    Raises:
        StateError: The files are gone.
    """
    files = entries_of(settings, found).files
    with database.connect(settings, rules=False) as connection:
        dataset.read(connection, files, NO_ENTRIES).create_view("entries", replace=True)
        rows = connection.execute(
            f"select {', '.join(SHOWN)} from entries where {asked.condition} order by all", asked.parameters
        )
        while some := rows.fetchmany(AT_ONCE):
            yield from some
