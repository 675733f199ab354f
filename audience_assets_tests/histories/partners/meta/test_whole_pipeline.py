"""From raw extracts through the whole pipeline: what each audience holds is what the independent reference says of its members."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets.destinations.meta.settings import DEFAULT_KEYS
from audience_assets.pipeline import Pipeline
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.settings import Settings
from audience_assets_tests.histories.partners.meta.model import comparable, identities_of
from audience_assets_tests.reference import meta
from audience_assets_tests.reference.canonical import canonical

START = date(2026, 2, 26)
POOLS: Mapping[str, tuple[str | None, ...]] = {
    "email": ("a@example.com", "B@Example.com ", "c@example.com", "not an address", None),
    "phone": ("(11) 98765-4321", "+55 11 98765-4321", "21 99876-5432", "123", None),
    "first_name": ("Ana", "José", None),
    "last_name": ("de Souza", "O'Brien", None),
    "city": ("São Paulo", "Rio de Janeiro", None),
    "postal_code": ("01310-100", "20040-002", None),
    "consent": ("yes", "no", None),
}
"""Each value with whom it is shared: eight customers have few."""
LABELS = ("vip", "all")
SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        *((name, pa.string()) for name in POOLS),
        ("audiences", pa.list_(pa.string())),
    ]
)


@pytest.mark.parametrize("seed", range(5))
def test_three_days_from_the_extract_to_the_audience(
    meta_server: MetaServer, folder: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = Random(f"pipeline {seed}")  # noqa: S311
    account = meta_server.platform.add_account()
    pipeline = Pipeline(_settings(meta_server, account, folder, monkeypatch))
    rows = {f"c{number}": _row(rng, f"c{number}") for number in range(8)}
    for number in range(3):
        day = START + timedelta(days=number)
        for name in rng.sample(sorted(rows), 4):
            rows[name] = _row(rng, name)
        there = [row for row in rows.values() if rng.random() < 0.8]
        (folder / "extracts").mkdir(exist_ok=True)
        pq.write_table(pa.Table.from_pylist(there, SCHEMA), folder / "extracts" / f"{day}.parquet")
        _run(pipeline, day)
        for audience in account.audiences.values():
            assert comparable(audience.identifiers()) == _due(there, audience.name, day)
    del meta_server.platform.accounts[account.access_token]


def _row(rng: Random, name: str) -> dict[str, Any]:
    values = {field: rng.choice(pool) for field, pool in POOLS.items()}
    return {"customer_id": name, **values, "audiences": rng.sample(LABELS, rng.choice((0, 1, 2)))}


def _run(pipeline: Pipeline, day: date) -> None:
    pipeline.read_extract(day)
    pipeline.normalize(day)
    pipeline.hash(day)
    pipeline.plan("meta", day)
    pipeline.deliver("meta", day)


def _due(rows: list[dict[str, Any]], label: str, day: date) -> set[Any]:
    identities: set[Any] = set()
    for row in rows:
        result = canonical(row, as_of=day)
        if label in row["audiences"] and result.values.get("consent") is not False:
            values, _ = meta.normalized(result)
            digests = meta.digests(result, values)
            identities |= identities_of([(key, cell) for key in DEFAULT_KEYS if (cell := digests[key])])
    return identities


def _settings(
    server: MetaServer, account: Account, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("META_TOKEN", account.access_token)
    destination = {
        "type": "meta",
        "ad_account": account.id,
        "access_token": {"env": "META_TOKEN"},
        "base_url": server.base_url,
        "rows_per_batch": 3,
        "calls_per_second": 1000,
    }
    given = {
        "state_dir": str(folder / "state"),
        "source": {"path": str(folder / "extracts" / "{day}.parquet")},
        "engine": {"threads": 1},
        "destinations": {"meta": destination},
    }
    return Settings.model_validate_json(json.dumps(given))
