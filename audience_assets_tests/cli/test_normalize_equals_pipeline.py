"""`normalize` and the pipeline are the same expressions: they say the same of the same value."""

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings
from audience_assets_tests.cli.conftest import Ask
from audience_assets_tests.reference import corpus

DAY = date(2026, 3, 1)
COUNT = 400
LISTS = ("audiences", "nbo_products", "nbo_categories")
FEEDS = {
    "EMAIL_HASHED": ["email"],
    "PHONE_HASHED": ["phone"],
    "SOCIAL_ID_HASHED": ["social_id"],
    "FIRST_NAME_HASHED": ["first_name"],
    "LAST_NAME_HASHED": ["last_name"],
    "GENDER": ["gender"],
    "AGE": ["birth_date", "age"],
    "CEP": ["postal_code"],
    "COUNTRY": ["country"],
    "STATE": ["state"],
    "CITY": ["city"],
    "NEIGHBORHOOD": ["neighborhood"],
    "AUDIENCES": ["audiences"],
    "NBO_PRODUCTS": ["nbo_products"],
    "NBO_CATEGORIES": ["nbo_categories"],
}


def raw_rows() -> list[dict[str, Any]]:
    """Rows with good, bad, mutated and blank values; a list column of one file holds lists only."""
    rows: list[dict[str, Any]] = [dict(row) for row in corpus.records(COUNT, seed=91)]
    for number, row in enumerate(rows):
        row["customer_id"] = f"c{number:04d}"
        row["consent"] = row["consent_vtex_ads"] = None
        for field in LISTS:
            row[field] = row[field].split(";") if isinstance(row[field], str) else row[field]
    return rows


def delivered(folder: Path, rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """What a day's delta holds for each customer."""
    types = {field: pa.list_(pa.string()) if field in LISTS else pa.string() for field in rows[0]}
    columns = {field: pa.array([row[field] for row in rows], kind) for field, kind in types.items()}
    pq.write_table(pa.table(columns), folder / f"{DAY}.parquet")
    pipeline = Pipeline(Settings.model_validate({"source": {"path": "{day}.parquet"}}).under(folder))
    pipeline.read_extract(DAY)
    pipeline.normalize(DAY)
    pipeline.hash(DAY)
    _, made = pipeline.plan("vtex_ads", DAY)
    files = [pipeline.layout.delta("vtex_ads", DAY) / file.name for file in made.files]
    return {row["CUSTOMER_ID"]: row for file in files for row in pq.ParquetFile(file).read().to_pylist()}


def test_normalize_says_what_the_pipeline_delivers(ask: Ask, tmp_path: Path) -> None:
    rows = raw_rows()
    asked, places = [], []
    for row in rows:
        for column, fields in FEEDS.items():
            for field in fields:
                question = {"destination": "vtex_ads", "field": column, "value": row[field]}
                question |= {"country": row["country"], "as_of": DAY.isoformat()}
                asked.append(question | ({"from": field} if len(fields) > 1 else {}))
                places.append((row["customer_id"], column))
    said: dict[tuple[str, str], Any] = {}
    for place, answer in zip(places, ask(asked), strict=True):
        value = answer["sha256"] if place[1].endswith("_HASHED") else answer["normalized"]
        if said.get(place) is None:
            said[place] = value
        assert (value is None) == (answer["normalized"] is None)
        assert (value is None) <= (answer["reason"] is not None)
    held = delivered(tmp_path, rows)
    assert len(held) == COUNT
    differing = {
        place: (value, held[place[0]][place[1]])
        for place, value in said.items()
        if held[place[0]][place[1]] != value
    }
    assert differing == {}
    assert sum(value is not None for value in said.values()) > 10 * COUNT
