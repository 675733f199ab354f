"""No planted value leaves normalized_customers: not in events, metadata, logs, ledger, manifests or other files."""

import io
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import pytest

from audience_assets.rules import name
from audience_assets.sandbox.s3 import S3Server
from audience_assets_tests.assets.deployment import (
    DAYS,
    NORMALIZED,
    Bucket,
    Deployment,
    Row,
    destination,
    failure,
    settings_of,
)
from audience_assets_tests.on_disk import on_disk

PERSONAL = (
    "marked-7f3a",
    "973137313",
    "97313-7313",
    "52998224725",
    "529.982.247-25",
    "1987-03-13",
    "13/03/1987",
)
"""Never anywhere but in normalized_customers, in any case."""
PLAIN = "plain-9c41"
"""Ids and places: the partner gets them as they are, so they stand in Parquet columns, and nowhere else."""
PLAIN_COLUMNS = (
    "customer_id",
    *(f"vtex_ads/{name}" for name in ("CUSTOMER_ID", "CITY", "NEIGHBORHOOD", "STATE")),
)
PLAIN_COLUMNS += ("vtex_ads/AUDIENCES", "vtex_ads/NBO_PRODUCTS", "vtex_ads/NBO_CATEGORIES")
PARTNER_COLUMNS = tuple(name.removeprefix("vtex_ads/") for name in PLAIN_COLUMNS)

USABLE: Row = {
    "email": "MARKED-7f3a@Example.com",
    "phone": "(11) 97313-7313",
    "social_id": "529.982.247-25",
    "first_name": "Marked-7f3a",
    "last_name": "da MARKED-7f3a",
    "gender": "F",
    "birth_date": "13/03/1987",
    "age": "39",
    "postal_code": "01310-100",
    "country": "BR",
    "state": "SP",
    "city": "Plain-9c41",
    "neighborhood": "plain-9c41",
    "audiences": ["plain-9c41"],
    "nbo_products": ["plain-9c41"],
    "nbo_categories": ["plain-9c41 > x"],
    "mobile_ad_id": "MARKED-7f3a",
    "external_id": "MARKED-7f3a",
    "value": "10",
    "consent": "sim",
    "notes": "MARKED-7f3a",
}
REFUSED: Row = {
    **dict.fromkeys(USABLE, "MARKED-7f3a"),
    **{
        name: USABLE[name] for name in ("city", "neighborhood", "audiences", "nbo_products", "nbo_categories")
    },
    "state": None,
}
"""Values that no rule takes, but for names, which take anything."""


def customers(*versions: Row) -> list[Row]:
    return [{"customer_id": f"PLAIN-9c41-{number}", **row} for number, row in enumerate(versions)]


@dataclass(frozen=True)
class Lived:
    """A deployment after two good days and a failed one, Dagster's own files, and everything that was said."""

    deployment: Deployment
    dagster: Path
    said: str


@pytest.fixture(scope="module")
def lived(s3_server: S3Server, bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """The third day fails inside DuckDB, whose message quotes the value."""
    folder = tmp_path_factory.mktemp("lived")
    (folder / "dagster").mkdir()
    prefix = f"{s3_server.prefix}/{folder.name}"
    settings = settings_of(folder, {"vtex_ads": destination(s3_server, prefix)})
    edited, twice = {**USABLE, "last_name": "MARKED-7f3a Silva"}, {"customer_id": "PLAIN-9c41-twice"}
    with (
        dg.DagsterInstance.local_temp(str(folder / "dagster")) as instance,
        redirect_stderr(io.StringIO()) as said,
        redirect_stdout(said),
    ):
        deployed = Deployment(settings, bucket, prefix, instance)
        deployed.land(
            DAYS[0], [*customers(USABLE, REFUSED, USABLE), {**USABLE, **twice}, {**edited, **twice}]
        )
        assert deployed.run(DAYS[0]).success
        deployed.land(DAYS[1], customers(edited, USABLE))
        assert deployed.run(DAYS[1]).success
        with pytest.MonkeyPatch.context() as patch:
            number = replace(name.SPACELESS_LOWER, expression="cast(cast({0} as integer) as varchar)")
            patch.setattr(name, "SPACELESS_LOWER", number)
            deployed.land(DAYS[2], customers(USABLE))
            asset, sentence = failure(replace(deployed).run(DAYS[2]))
        assert asset == "hashed_customers"
        assert "ConversionException" in sentence
        yield Lived(deployed, folder / "dagster", said.getvalue())


def planted(text: str, *more: str) -> list[str]:
    lowered = text.lower()
    return [mark for mark in (*PERSONAL, *more) if mark in lowered]


def test_the_plants_are_where_they_may_be(lived: Lived) -> None:
    clear = sorted((on_disk(lived.deployment.settings.state_dir) / NORMALIZED).rglob("customers-*.parquet"))
    assert planted(str([pq.read_table(file).to_pylist() for file in clear]), PLAIN)
    assert planted(str(lived.deployment.delivered(DAYS[0]).to_pylist()), PLAIN) == [PLAIN]


def test_no_planted_value_is_in_events_metadata_logs_or_dagster_s_own_files(lived: Lived) -> None:
    instance = lived.deployment.instance
    runs = instance.get_runs()
    assert len(runs) == 3
    for run in runs:
        records = instance.all_logs(run.run_id)
        assert len(records) > 10
        for record in records:
            assert not planted(repr(record), PLAIN)
    files = [file for file in lived.dagster.rglob("*") if file.is_file()]
    assert any(file.suffix == ".db" for file in files)
    for file in files:
        assert not planted(file.read_bytes().decode("latin-1"), PLAIN), file
    assert "vtex_ads acknowledged 3 rows" in lived.said
    assert "ConversionException" in lived.said
    assert not planted(lived.said, PLAIN)


def test_no_planted_value_is_in_the_ledger_the_manifests_or_any_other_file_of_ours(lived: Lived) -> None:
    kinds = set()
    for file in (each for each in on_disk(lived.deployment.settings.state_dir).rglob("*") if each.is_file()):
        kinds.add(file.suffix)
        if file.suffix in {".parquet", ".snappy"}:
            continue
        assert not planted(file.read_bytes().decode("latin-1"), PLAIN), file
    assert {".json", ".sqlite", ".parquet", ".snappy"} <= kinds


def test_no_planted_value_is_in_a_parquet_file_but_in_the_plain_columns(lived: Lived) -> None:
    state = on_disk(lived.deployment.settings.state_dir)
    files = [file for suffix in ("parquet", "snappy") for file in state.rglob(f"*.{suffix}")]
    looked_at = 0
    for file in files:
        if file.is_relative_to(state / NORMALIZED) and not file.name.startswith("index-"):
            continue
        for column, values in _columns(file):
            allowed = column in PLAIN_COLUMNS or column in PARTNER_COLUMNS
            assert not planted(repr(values), *(() if allowed else (PLAIN,))), (file, column)
            looked_at += 1
    assert looked_at > 50


def _columns(file: Path) -> Iterator[tuple[str, list[Any]]]:
    with pq.ParquetFile(file) as opened:
        table = opened.read()
    for column in table.column_names:
        yield column, table.column(column).to_pylist()
