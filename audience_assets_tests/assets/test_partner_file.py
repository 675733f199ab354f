"""The partner's file, opened by three independent readers, and the key under which it lies."""

import io
import re
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets_tests.assets.deployment import DAYS, Deployment
from audience_assets_tests.assets.test_delivered_rows import COLUMNS

KEY = re.compile(
    r"audiences/([0-9]{4}/[0-9]{2}/[0-9]{2})/([0-9]+)-([0-9a-f]{16})-([0-9]{4})\.parquet\.snappy"
)


@pytest.fixture
def files(three_days: Deployment, tmp_path: Path) -> list[Path]:
    """What the partner downloads: one file a day."""
    downloaded = []
    for number, key in enumerate(three_days.keys()):
        file = tmp_path / f"{number}.parquet"
        file.write_bytes(three_days.object(key))
        downloaded.append(file)
    assert len(downloaded) == len(DAYS)
    return downloaded


def test_arrow_sees_the_sixteen_columns_in_order_and_case_and_only_the_id_required(files: list[Path]) -> None:
    for file in files:
        with pq.ParquetFile(file) as opened:
            fields = list(opened.schema_arrow)
            metadata = opened.metadata
        assert [field.name for field in fields] == COLUMNS
        assert [field.type for field in fields] == [
            pa.int32() if name == "AGE" else pa.string() for name in COLUMNS
        ]
        assert [metadata.schema.column(at).max_definition_level for at in range(16)] == [0] + [1] * 15
        chunks = [
            metadata.row_group(group).column(at)
            for group in range(metadata.num_row_groups)
            for at in range(16)
        ]
        assert {chunk.compression for chunk in chunks} == {"SNAPPY"}
        assert len(chunks) >= 16


def test_duckdb_sees_the_same(files: list[Path]) -> None:
    with duckdb.connect() as connection:
        for file in files:
            seen = connection.read_parquet(str(file))
            assert seen.columns == COLUMNS
            assert [str(kind) for kind in seen.types] == [
                "INTEGER" if name == "AGE" else "VARCHAR" for name in COLUMNS
            ]
            elements = connection.execute(
                "select name, repetition_type from parquet_schema($file) where num_children is null",
                {"file": str(file)},
            ).fetchall()
            assert [name for name, repetition in elements if repetition == "REQUIRED"] == ["CUSTOMER_ID"]


def test_polars_sees_the_same(files: list[Path]) -> None:
    for file in files:
        schema = pl.read_parquet(io.BytesIO(file.read_bytes())).schema
        assert list(schema) == COLUMNS
        assert list(schema.values()) == [pl.Int32 if name == "AGE" else pl.String for name in COLUMNS]


def test_each_day_lies_under_its_date_with_its_first_second_in_utc(three_days: Deployment) -> None:
    for key, day in zip(three_days.keys(), DAYS, strict=True):
        found = KEY.fullmatch(key.removeprefix(f"{three_days.prefix}/"))
        assert found is not None
        folder, timestamp, _, part = found.groups()
        assert folder == day.replace("-", "/")
        assert datetime.fromtimestamp(int(timestamp), UTC) == datetime.fromisoformat(f"{day}T00:00:00+00:00")
        assert part == "0001"
