"""Purging is safe to be killed, touches nothing but what is ours, does the same on S3, and says what it did."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from audience_assets.assets import retention as asset
from audience_assets.errors import StateError
from audience_assets.retention import purging
from audience_assets.retention.purging import LEFTOVERS, RECORDS
from audience_assets.sandbox.s3 import S3Server
from audience_assets.storage.object_path import ObjectPath
from audience_assets_tests.retention.world import DAYS, LONG_AGO, World, moment
from audience_assets_tests.storage.on_s3 import credentials, state_on_s3

KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from audience_assets.retention import purging
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings

settings, now, number = Settings.model_validate_json(sys.argv[1]), datetime.fromisoformat(sys.argv[2]), int(sys.argv[3])
unlink = Path.unlink

def counted(path, **given):
    global number
    if number == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    number -= 1
    unlink(path, **given)

Path.unlink = counted
run = Pipeline(settings)
with run.ledger() as ledger:
    purging.purge(settings, ledger, run.destinations, now=now)
"""


@pytest.mark.parametrize("after", [0, 1, 20])
def test_killed_in_the_middle_the_next_purge_removes_the_rest(world: World, after: int) -> None:
    twin = world.twin()
    before = world.files()
    given = (world.settings.model_dump_json(), moment(1000).isoformat(), str(after))
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, *given], check=False, capture_output=True, timeout=120
    )
    assert ended.returncode == -9, ended.stderr.decode()
    assert len(before - world.files()) == after
    world.run.hash(DAYS[5])
    for each in (world, twin):
        each.purge(1000)
    assert world.files() == twin.files()
    world.build(DAYS[6])
    assert world.deliver(DAYS[6]).rows > 0


def test_drafts_of_killed_processes_go_after_a_day(world: World) -> None:
    places = [
        f"raw_customers/{DAYS[5]}/.draft-a/share-0/x.parquet",
        "spill/duckdb_temp_1",
        ".draft-b/y.parquet",
    ]
    for age, name in ((LONG_AGO, "old"), (moment(-1) + timedelta(hours=1), "new")):
        for place in places:
            file = world.state / f"{place}-{name}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"12")
            os.utime(file, (age.timestamp(),) * 2)
    removed = world.purge(0)
    assert (removed.files[LEFTOVERS], removed.bytes[LEFTOVERS]) == (3, 6)
    left = {name for name in world.files() if name.startswith(("spill", ".draft")) or ".draft" in name}
    assert left == {f"{place}-new" for place in places}


def test_what_is_not_ours_is_never_touched(world: World) -> None:
    others = [
        "notes.txt",
        "2020-01-01/x.parquet",
        f"other/delta/{DAYS[0]}/x.parquet",
        f"hashed_customers/readme/{DAYS[0]}",
    ]
    for name in others:
        (world.state / name).parent.mkdir(parents=True, exist_ok=True)
        (world.state / name).write_bytes(b"x")
    world.age()
    world.purge(10_000)
    assert set(others) <= world.files()
    assert {
        f"{name}/{day}/manifest.json" for name in ("raw_customers", "vtex_ads/delta") for day in DAYS[:6]
    } <= world.files()


def test_a_missing_index_stops_the_purge(world: World) -> None:
    [index] = (world.state / "normalized_customers" / str(DAYS[1])).glob("index-*")
    index.unlink()
    before = world.files()
    with pytest.raises(StateError, match=r"index-.* is missing"):
        world.purge(0)
    assert world.files() == before


def test_on_s3_the_same_goes_and_the_same_stays(
    tmp_path: Path, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials(monkeypatch, s3_server.administrator)
    far = World(tmp_path / "far", state_on_s3(s3_server, tmp_path))
    near = World(tmp_path / "near", {})
    for each in (far, near):
        for day in DAYS[:3]:
            each.build(day)
        each.deliver(DAYS[1])
    place = far.settings.state
    assert isinstance(place, ObjectPath)
    draft = place / "raw_customers" / str(DAYS[0]) / ".draft-x" / "y.parquet"
    place.store.put(draft.key, b"x", "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881")
    removed = [each.purge(3650) for each in (near, far)]
    assert removed[1].files[LEFTOVERS] == 1
    assert removed[1].files[RECORDS] == 2 * removed[0].files[RECORDS] == 4  # on S3 each has its contents too
    left = place.store.names(f"{place.key}/")
    assert not any(".draft" in name for name in left)
    assert kinds(near.files()) == kinds({name.removeprefix(f"{place.key}/") for name in left})
    for each in (far, near):
        each.build(DAYS[3])
    assert far.plan(DAYS[3]).rows == near.plan(DAYS[3]).rows > 0


def kinds(names: set[str]) -> set[str]:
    """Names without what is only on S3: the contents, and the digests of the bytes."""
    return {
        "/".join(name.split("/")[:3]).split(".parquet")[0] if "/delta/" not in name else name
        for name in names
    }


def test_the_asset_removes_and_says_how_much(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    purge: Any = purging.purge
    monkeypatch.setattr(
        purging, "purge", lambda *given, **named: purge(*given, **{**named, "now": moment(1000)})
    )
    result = dg.materialize([asset.build(world.run)])
    [event] = result.get_asset_materialization_events()
    told = event.materialization.metadata
    assert told["files of normalized records"].value == 5
    assert told["kept"].value == "nothing"
    [index] = (world.state / "normalized_customers" / str(DAYS[4])).glob("index-*")
    index.unlink()
    failed = dg.materialize([asset.build(world.run)], raise_on_error=False)
    [failure] = [event for event in failed.all_events if event.is_step_failure]
    assert "is missing: materialize normalized_customers" in str(failure.step_failure_data.user_failure_data)
