"""One customer in the eyes of three partners: the strings that were hashed, and how their digests begin."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rich.table import Table

from audience_assets import database
from audience_assets.normalize import Normalizer
from audience_assets.pipeline import Pipeline

COLUMNS = {
    "email": {"vtex_ads": "EMAIL_HASHED", "meta": "EMAIL", "tiktok": "email_SHA256"},
    "phone": {"vtex_ads": "PHONE_HASHED", "meta": "PHONE", "tiktok": "phone_SHA256"},
    "first_name": {"vtex_ads": "FIRST_NAME_HASHED", "meta": "FN"},
}
SHOWN = 12


def table_of(pipeline: Pipeline, extract: Path) -> Table:
    """The strings of a synthetic customer whose partners' strings all differ, if there is one in the first rows."""
    row, answers = _most_telling(pipeline, extract)
    table = Table(title=f"customer {row['customer_id']}, three partners, three strings", title_justify="left")
    for header in ("field", "in the extract", "partner", "string that is hashed", "SHA-256"):
        table.add_column(header)
    for (field, partner), answer in answers.items():
        digest = answer["sha256"]
        table.add_row(
            field, str(row[field]), partner, answer["normalized"], f"{digest[:SHOWN]}…" if digest else "-"
        )
    return table


def _most_telling(pipeline: Pipeline, extract: Path) -> tuple[dict[str, Any], dict[tuple[str, str], Any]]:
    """The row with the most different strings, among the first ones."""
    rows = pq.read_table(extract).slice(0, 300).to_pylist()
    usable = [row for row in rows if row["customer_id"] and all(row[field] for field in COLUMNS)]
    with database.connect(pipeline.settings, spill=False) as connection:
        normalizer = Normalizer(connection, pipeline.settings, pipeline.destinations)
        asked = [
            (
                (number, field, partner),
                json.dumps(
                    {"destination": partner, "field": column, "value": row[field], "country": row["country"]}
                ),
            )
            for number, row in enumerate(usable)
            for field, partners in COLUMNS.items()
            for partner, column in partners.items()
        ]
        said = [json.loads(line) for line in normalizer.lines(line for _, line in asked)]
    answers: dict[int, dict[tuple[str, str], Any]] = {}
    for ((number, field, partner), _), answer in zip(asked, said, strict=True):
        answers.setdefault(number, {})[field, partner] = answer
    best = max(
        answers,
        key=lambda number: len(
            {(field, answer["normalized"]) for (field, _), answer in answers[number].items()}
        ),
    )
    return usable[best], answers[best]
