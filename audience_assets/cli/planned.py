"""Shows what a day's deliveries would send and what that takes: as a table for people, as JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from rich.table import Table
from rich.text import Text

from audience_assets.destinations.forecast import PartForecast
from audience_assets.destinations.manifest import DeltaPart
from audience_assets.pipeline import Pipeline

COLUMNS = ("rows", "removals", "files", "calls", "bytes", "minutes")


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """What would be sent of one audience; `not_sent` says why it is nothing, `why` why all is sent anew."""

    audience: str
    mode: str
    why: str
    rows: int
    removals: int
    files: int
    calls: int
    bytes: int
    minutes: float
    not_sent: str


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """What a destination's delivery would send; `limits` says what its minutes follow from."""

    destination: str
    day: str
    calls: int
    bytes: int
    minutes: float
    limits: str
    parts: list[PlannedPart]


def look(pipeline: Pipeline, destination: str, day: date) -> PlannedDay:
    """Make the delta as the asset does, and leave what the day's delta said before as it is."""
    _, made = pipeline.plan(destination, day, purpose="look")
    forecast = pipeline.forecast(made)
    parts = [
        _part(part, takes, forecast.limits.minutes(takes.calls))
        for part, takes in zip(made.parts, forecast.parts, strict=True)
    ]
    return PlannedDay(
        destination=destination,
        day=day.isoformat(),
        calls=forecast.calls,
        bytes=forecast.file_bytes,
        minutes=forecast.minutes,
        limits=forecast.limits.said,
        parts=parts,
    )


def table(found: Sequence[PlannedDay]) -> Table:
    """A line for each audience, and one for all audiences of a destination that has several."""
    made = Table("destination", "audience", "mode", "why")
    for name in COLUMNS:
        made.add_column(name, justify="right")
    for planned in found:
        for part in planned.parts:
            said = Text(part.not_sent or part.why or "-")
            made.add_row(planned.destination, part.audience or "-", part.mode, said, *_figures(part))
        if len(planned.parts) > 1:
            made.add_row(planned.destination, "all", "", "", *_figures(_total(planned)))
        made.add_section()
    return made


def sentences(found: Sequence[PlannedDay]) -> Iterator[str]:
    """What the minutes follow from, and that nothing was sent."""
    for planned in found:
        yield f"{planned.destination}: {planned.limits}"
    yield "Nothing was sent. Calls while a partner is busy, and repeats after a failure, come on top."


def as_json(found: Sequence[PlannedDay]) -> str:
    """A list with an object for each destination."""
    return json.dumps([asdict(each) for each in found], indent=2, ensure_ascii=False)


def _part(part: DeltaPart, takes: PartForecast, minutes: float) -> PlannedPart:
    there = bool(part.files) and not takes.calls
    return PlannedPart(
        audience=part.audience,
        mode=part.mode,
        why=part.why,
        rows=part.rows,
        removals=part.taken_out,
        files=takes.files,
        calls=takes.calls,
        bytes=takes.file_bytes,
        minutes=minutes,
        not_sent=part.held or part.stopped or ("it is there already" if there else ""),
    )


def _total(planned: PlannedDay) -> PlannedPart:
    rows, removals, files = (
        sum(getattr(part, name) for part in planned.parts) for name in ("rows", "removals", "files")
    )
    return PlannedPart(
        "", "", "", rows, removals, files, planned.calls, planned.bytes, planned.minutes, not_sent=""
    )


def _figures(part: PlannedPart) -> list[str]:
    return [f"{getattr(part, name):,}" for name in COLUMNS[:-1]] + [f"{part.minutes:.1f}"]
