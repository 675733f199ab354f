"""What is ours: each thing that is missing or damaged is one named finding, before anybody is asked for anything."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets.destinations import catalog
from audience_assets.destinations.column import Destination
from audience_assets.pipeline import Pipeline
from audience_assets.preflight import looking
from audience_assets.sandbox.s3 import S3Server
from audience_assets.storage.layout import HASHED, NORMALIZED
from audience_assets_tests.assets.deployment import settings_of
from audience_assets_tests.on_disk import on_disk
from audience_assets_tests.preflight.looking import OnMeta, OnS3, failed, outcomes
from audience_assets_tests.storage.on_s3 import credentials, state_on_s3

DAY = date(2026, 1, 5)


class Usage(NamedTuple):
    """What the operating system says of a disk."""

    total: int
    used: int
    free: int


@pytest.fixture
def hashed(s3: OnS3) -> OnS3:
    """A day of three customers, normalized and hashed."""
    file = s3.folder / "extract" / DAY.isoformat() / "customers.parquet"
    file.parent.mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist([{"customer_id": f"c{number}"} for number in range(3)]), file)
    for step in (s3.pipeline.read_extract, s3.pipeline.normalize, s3.pipeline.hash):
        step(DAY)
    return s3


def state(deployed: OnS3) -> Path:
    return on_disk(deployed.pipeline.settings.state_dir)


def lose_the_index(deployed: OnS3) -> None:
    shutil.rmtree(state(deployed) / NORMALIZED)


def lose_the_log(deployed: OnS3) -> None:
    shutil.rmtree(state(deployed) / HASHED)


def spoil_the_log(deployed: OnS3) -> None:
    for file in (state(deployed) / HASHED).rglob("*.parquet"):
        file.write_bytes(b"rubbish")


def age_the_ledger(deployed: OnS3) -> None:
    (state(deployed) / "ledger.sqlite").unlink()
    with closing(sqlite3.connect(state(deployed) / "ledger.sqlite")) as other, other:
        other.execute("create table something_else (id)")


def lose_the_extract(deployed: OnS3) -> None:
    shutil.rmtree(deployed.folder / "extract")


DAMAGES: dict[str, tuple[Callable[[OnS3], None], str]] = {
    "index": (lose_the_index, "snapshot"),
    "log": (lose_the_log, "hashed_log"),
    "rubbish in the log": (spoil_the_log, "hashed_log"),
    "ledger": (age_the_ledger, "ledger"),
    "extract": (lose_the_extract, "extract"),
}


def test_a_hashed_day_passes_and_the_state_is_left_as_it_was(hashed: OnS3) -> None:
    before = sorted(path for path in state(hashed).rglob("*") if "ledger" not in path.name)
    found = hashed.look(DAY)
    assert outcomes(found) == {}
    assert [each.check for each in found[:7]] == [
        *("disk", "state", "ledger", "contract", "snapshot", "hashed_log", "extract")
    ]
    assert sorted(path for path in state(hashed).rglob("*") if "ledger" not in path.name) == before


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_missing_is_the_one_error(hashed: OnS3, damage: str) -> None:
    spoil, check = DAMAGES[damage]
    spoil(hashed)
    only = failed(hashed.look(DAY))
    assert (only.check, only.severity) == (check, "error")
    assert hashed.sent == []


def test_a_log_from_before_a_destination_was_there_is_the_one_error(hashed: OnS3, meta: OnMeta) -> None:
    meta.folder = hashed.folder
    only = failed(meta.look())
    assert (only.check, only.severity) == ("hashed_log", "error")
    assert "before meta was there" in only.sentence
    assert meta.sent == []


def test_a_full_disk_is_the_one_error(hashed: OnS3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 999_999_999))
    only = failed(hashed.look())
    assert only.check == "disk"
    assert "1.0 GB may be needed" in only.sentence


def test_a_large_day_needs_room_for_two_of_its_size(hashed: OnS3, monkeypatch: pytest.MonkeyPatch) -> None:
    with (state(hashed) / HASHED / DAY.isoformat() / "large").open("wb") as file:
        file.truncate(3_000_000_000)  # no block of it is written
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, 5_900_000_000))
    assert "6.0 GB may be needed" in failed(hashed.look()).sentence


def test_a_state_that_cannot_be_written_is_the_one_error(s3: OnS3) -> None:
    (s3.folder / "state").write_text("a file in the folder's place")
    only = failed(s3.look())
    assert (only.check, only.severity) == ("state", "error")
    assert "mend the folder or its rights" in only.sentence


def test_a_state_on_s3_is_written_and_read_and_nothing_is_left_there(
    s3: OnS3, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials(monkeypatch, s3_server.administrator)
    given = state_on_s3(s3_server, s3.folder)
    pipeline = Pipeline(settings_of(s3.folder, {s3.name: s3.declared}, **given))
    assert outcomes(looking.look(pipeline, s3.name)) == {}
    bucket, _, prefix = str(given["state_dir"]).removeprefix("s3://").partition("/")
    assert "Contents" not in s3.owner.list_objects_v2(Bucket=bucket, Prefix=prefix)
    no_bucket = given | {"state_dir": "s3://nobody-s-bucket/state"}
    pipeline = Pipeline(settings_of(s3.folder, {s3.name: s3.declared}, **no_bucket))
    only = failed(looking.look(pipeline, s3.name))
    assert (only.check, only.severity) == ("state", "error")


def test_columns_that_are_declared_twice_have_no_contract(s3: OnS3, monkeypatch: pytest.MonkeyPatch) -> None:
    [table] = s3.pipeline.destinations.values()
    twice = Destination(table.name, (*table.columns, table.columns[0]))
    monkeypatch.setattr(catalog, "configured", lambda _: {table.name: twice})
    only = failed(s3.look())
    assert (only.check, only.severity) == ("contract", "error")


def test_a_day_that_has_not_landed_is_the_one_error(hashed: OnS3) -> None:
    assert outcomes(hashed.look(date(2026, 1, 6))) == {"extract": "error"}
