"""Three days of a small extract, played through all steps but the delivery, to compare ways to do it."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from audience_assets import database
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings
from audience_assets.storage import state_reading
from audience_assets.synthetic.extract import generate

DAYS = [date(2026, 1, 5) + timedelta(days=number) for number in range(3)]


def extract_in_parts(folder: Path) -> Path:
    """The extract of each day in three files below a folder."""
    generate(600, len(DAYS), folder)
    for day in DAYS:
        whole = folder / "extract" / str(day) / "customers.parquet"
        with duckdb.connect() as connection:
            for part in range(3):
                rows = connection.read_parquet(str(whole)).filter(f"hash(email) % 3 = {part}")
                rows.write_parquet(str(whole.with_name(f"part-{part}.parquet")))
        whole.unlink()
    return folder


def pipeline(folder: Path, crm: Path, engine: dict[str, Any], **others: Any) -> Pipeline:
    """A deployment that reads the extract; its state lies in the folder unless it is said otherwise."""
    given = {
        "state_dir": folder / "state",
        "source": {"path": f"{crm}/extract/{{day}}/part-*.parquet"},
        "engine": engine,
    }
    return Pipeline(Settings.model_validate(given | others))


def played(run: Pipeline) -> list[tuple[Any, ...]]:
    """What each day's steps counted, and the rows of its delta."""
    days, planned = [], None
    for day in DAYS:
        raw, normalized, hashed = run.read_extract(day), run.normalize(day), run.hash(day)
        standings, delta = run.plan("vtex_ads", day, planned=planned)
        planned = {each.audience: each.due for each in standings}
        files = [run.layout.delta("vtex_ads", day) / file.name for file in delta.files]
        with database.connect(run.settings, rules=False) as connection:
            rows = connection.read_parquet(state_reading.names(connection, files)).fetchall() if files else []
        days.append(
            (
                raw.rows, raw.customers, raw.set_aside, raw.repeated_rows, normalized.customers, normalized.new,
                normalized.changed, normalized.left, normalized.usable, normalized.refused, hashed.left_out,
                delta.joined, delta.changed, delta.left, sorted(map(str, rows)),
            )
        )  # fmt: skip
    return days
