"""With a key everything of ours that can identify a person is sealed, and what the partners get stays the same."""

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets import database, workers
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.destinations.meta import refused_people
from audience_assets.errors import SettingsError, StateError
from audience_assets.ledger import Batch, BatchStatus, Delivery, DeliveryStatus
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets.settings import EngineSettings, Settings
from audience_assets.storage import keys, manifest, sealed
from audience_assets.storage.keys import new_key
from audience_assets.storage.layout import NORMALIZED, Layout
from audience_assets.storage.object_path import ObjectPath
from audience_assets_tests import playing
from audience_assets_tests.assets import deployment
from audience_assets_tests.assets.deployment import DAYS, Bucket, Deployment, Row, destination, settings_of
from audience_assets_tests.assets.meta_account import meta_destination, secrets_of
from audience_assets_tests.assets.tiktok_advertiser import tiktok_destination, token_of
from audience_assets_tests.on_disk import on_disk
from audience_assets_tests.playing import extract_in_parts, pipeline, played
from audience_assets_tests.storage.on_s3 import credentials, state_on_s3

KEY, EARLIER = "TEST_ENCRYPTION_KEY", "TEST_ENCRYPTION_KEY_BEFORE"
SEALED = {"encryption_key": {"env": KEY}}
EMAIL, CUSTOMER = "marked-7f3a@example.com", "MARKED-7f3a-1"
DIGEST = sha256(EMAIL.encode())
MARKS = (EMAIL.encode(), CUSTOMER.encode(), DIGEST.digest(), DIGEST.hexdigest().encode())


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, "q" * 43 + "=")
    monkeypatch.setenv(EARLIER, "r" * 43 + "=")


def customers(day: int) -> list[Row]:
    """The marked one changes each day; somebody joins and somebody leaves."""
    others: list[Row] = [
        {"customer_id": f"c{number}", "email": f"c{number}@example.com", "audiences": ["vip"]}
        for number in range(day, 40 + day)
    ]
    marked: Row = {"customer_id": CUSTOMER, "email": EMAIL, "city": f"Cidade {day}", "audiences": ["vip"]}
    return [marked, *others]


@dataclass(frozen=True)
class Lived:
    """A deployment that delivered three days to three partners."""

    deployment: Deployment

    @property
    def state(self) -> Path:
        return on_disk(self.deployment.settings.state_dir)

    @property
    def files(self) -> list[Path]:
        return [file for file in self.state.rglob("*") if file.is_file()]

    def deltas(self, name: str) -> list[DeltaManifest]:
        layout = self.deployment.pipeline.layout
        folders = [layout.delta(name, date.fromisoformat(day)) for day in DAYS]
        return [manifest.read(DeltaManifest, folder, name) for folder in folders]


@contextmanager
def lived(server: S3Server, administrator: Any, folder: Path, **given: Any) -> Iterator[Lived]:
    prefix = f"{server.prefix}/{folder.name}"
    with (
        TikTokServer(folder / "tiktok") as tiktok,
        MetaServer(folder / "meta") as meta,
        token_of(tiktok.advertiser),
        secrets_of(meta.account),
        dg.DagsterInstance.ephemeral() as instance,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv(KEY, "q" * 43 + "=")
        patch.setenv(deployment.KEY_ID, server.write_only.access_key_id)
        patch.setenv(deployment.KEY, server.write_only.secret_access_key)
        tiktok.advertiser.smallest_audience = 1
        places = {
            "vtex_ads": destination(server, prefix),
            "tiktok": tiktok_destination(tiktok, tiktok.advertiser),
            "meta": meta_destination(meta, meta.account, keys=["EMAIL", "EXTERN_ID"], rows_per_batch=50),
        }
        settings = settings_of(folder, places, **given)
        deployed = Deployment(settings, Bucket(server.bucket, administrator), prefix, instance)
        for number, day in enumerate(DAYS):
            deployed.land(day, customers(number))
            assert deployed.run(day).success
        yield Lived(deployed)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.fixture(scope="module")
def plain(
    s3_server: S3Server, administrator: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lived]:
    with umask(0o022), lived(s3_server, administrator, tmp_path_factory.mktemp("plain")) as found:
        yield found


@pytest.fixture(scope="module")
def encrypted(
    s3_server: S3Server, administrator: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lived]:
    with umask(0), lived(s3_server, administrator, tmp_path_factory.mktemp("sealed"), **SEALED) as found:
        yield found


@pytest.mark.parametrize("name", ["vtex_ads", "tiktok", "meta"])
def test_the_partners_get_the_same_bytes_with_a_key_and_without(
    plain: Lived, encrypted: Lived, name: str
) -> None:
    assert encrypted.deltas(name) == plain.deltas(name)
    assert [delta.rows > 0 for delta in plain.deltas(name)] == [True, True, True]


def found_in(files: list[Path]) -> set[bytes]:
    return {mark for file in files for mark in MARKS if mark in file.read_bytes()}


def test_no_identifier_id_or_digest_is_in_a_file_but_in_what_is_sent(plain: Lived, encrypted: Lived) -> None:
    ours, theirs = ([file for file in each.files if "delta" not in file.parts] for each in (plain, encrypted))
    assert found_in(ours) >= set(MARKS[:3])
    assert found_in(theirs) == set()
    sent = [file for file in encrypted.files if "delta" in file.parts]
    assert found_in(sent) >= {CUSTOMER.encode(), DIGEST.hexdigest().encode()}


def test_each_parquet_file_of_ours_is_sealed_and_what_is_sent_is_not(encrypted: Lived) -> None:
    for file in encrypted.files:
        if file.suffix in {".parquet", ".snappy"}:
            assert sealed.is_sealed(file.read_bytes()) == ("delta" not in file.parts), file


def test_only_the_owner_can_read_files_and_folders_whatever_the_umask(plain: Lived, encrypted: Lived) -> None:
    for each in (plain, encrypted):
        found = [each.state, *each.state.rglob("*")]
        assert len(found) > 60
        for path in found:
            expected = 0o700 if path.is_dir() else 0o600
            assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_the_ui_says_whether_it_is_encrypted(plain: Lived, encrypted: Lived) -> None:
    told = [each.deployment.metadata(NORMALIZED, DAYS[0])["encrypted"] for each in (plain, encrypted)]
    assert [getattr(each, "value", each) for each in told] == [False, True]


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return extract_in_parts(tmp_path_factory.mktemp("crm"))


@pytest.fixture(scope="module")
def in_clear(crm: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    return played(pipeline(tmp_path_factory.mktemp("whole"), crm, {}))


def test_several_processes_seal_and_open_alike(
    tmp_path: Path, crm: Path, in_clear: list[tuple[Any, ...]]
) -> None:
    workers._pool.cache_clear()  # processes that another test started do not have the variable
    assert played(pipeline(tmp_path, crm, {"buckets": 3, "workers": 2}, **SEALED)) == in_clear
    workers._pool.cache_clear()
    records = [each for each in (tmp_path / "state").rglob("*.parquet") if "delta" not in each.parts]
    assert len(records) > 3 * 9
    assert all(sealed.is_sealed(each.read_bytes()) for each in records)


def test_a_state_on_s3_is_sealed_before_it_leaves(
    tmp_path: Path,
    crm: Path,
    in_clear: list[tuple[Any, ...]],
    s3_server: S3Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    credentials(monkeypatch, s3_server.administrator)
    given = state_on_s3(s3_server, tmp_path) | SEALED
    run = pipeline(tmp_path, crm, {"buckets": 2}, **given)
    assert played(run) == in_clear
    place = run.settings.state
    assert isinstance(place, ObjectPath)
    found = [
        ObjectPath(place.store, name).read_bytes()
        for name in place.store.names(f"{place.key}/")
        if name.endswith(".parquet")
    ]
    assert len(found) > 12
    assert all(map(sealed.is_sealed, found))
    with pytest.raises(SettingsError, match=r"s3://.* is sealed: set encryption_key"):
        pipeline(tmp_path, crm, {"buckets": 2}, **{**given, "encryption_key": None}).hash(playing.DAYS[2])


@pytest.fixture
def first_day(tmp_path: Path) -> date:
    """A day that was built without a key."""
    day = playing.DAYS[0]
    write(tmp_path, day, 30)
    built(pipeline(tmp_path, tmp_path, {}), day)
    return day


def write(folder: Path, day: date, number: int) -> None:
    file = folder / "extract" / str(day) / "part-0.parquet"
    file.parent.mkdir(parents=True)
    rows = [{"customer_id": f"c{each}", "email": f"{each}@example.com"} for each in range(number)]
    pq.write_table(pa.Table.from_pylist(rows), file)


def built(run: Any, day: date) -> DeltaManifest:
    run.read_extract(day)
    run.normalize(day)
    run.hash(day)
    _, delta = run.plan("vtex_ads", day)
    assert isinstance(delta, DeltaManifest)
    return delta


def test_a_key_that_is_set_later_seals_what_is_new_and_reads_what_is_old(
    tmp_path: Path, first_day: date
) -> None:
    write(tmp_path, playing.DAYS[1], 50)
    run = pipeline(tmp_path, tmp_path, {}, **SEALED)
    assert built(run, first_day).joined == 30
    assert built(run, playing.DAYS[1]).joined == 50
    found = {
        day: {
            sealed.is_sealed(each.read_bytes())
            for each in (tmp_path / "state" / NORMALIZED / str(day)).glob("*.parquet")
        }
        for day in playing.DAYS[:2]
    }
    assert found == {first_day: {False}, playing.DAYS[1]: {True}}


def test_what_is_sealed_needs_its_key_and_says_so(tmp_path: Path) -> None:
    day = playing.DAYS[0]
    write(tmp_path, day, 30)
    built(pipeline(tmp_path, tmp_path, {}, **SEALED), day)
    with pytest.raises(SettingsError, match=r"index-\w+\.parquet is sealed: set encryption_key to the key"):
        pipeline(tmp_path, tmp_path, {}).hash(day)
    with pytest.raises(
        StateError, match=r"index-\w+\.parquet is sealed with a key that is not set: add that key"
    ):
        pipeline(tmp_path, tmp_path, {}, encryption_key={"env": EARLIER}).hash(day)


def test_after_a_change_of_keys_the_earlier_one_reads_and_the_new_one_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = playing.DAYS[:2]
    for number, day in enumerate(days):
        write(tmp_path, day, 30 + number)
    built(pipeline(tmp_path, tmp_path, {}, encryption_key={"env": EARLIER}), days[0])
    changed = pipeline(tmp_path, tmp_path, {}, **SEALED, encryption_keys_before=[{"env": EARLIER}])
    assert built(changed, days[1]).joined == 31
    monkeypatch.delenv(KEY)
    only_earlier = pipeline(tmp_path, tmp_path, {}, encryption_keys_before=[{"env": EARLIER}])
    only_earlier.hash(days[0])
    with pytest.raises(StateError, match="sealed with a key that is not set"):
        only_earlier.hash(days[1])


def test_a_key_that_is_missing_or_none_is_told_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, playing.DAYS[0], 1)
    run = pipeline(tmp_path, tmp_path, {}, **SEALED)
    monkeypatch.delenv(KEY)
    with pytest.raises(SettingsError, match=f"the environment variable {KEY} is not set"):
        run.read_extract(playing.DAYS[0])
    monkeypatch.setenv(KEY, "too short")
    with pytest.raises(
        SettingsError, match=f"{KEY} is not a key of 32 bytes as base64 or hex: audience-assets key"
    ):
        run.read_extract(playing.DAYS[0])


def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    day = playing.DAYS[0]
    write(tmp_path, day, 30)
    run = pipeline(tmp_path, tmp_path, {}, **SEALED)
    built(run, day)
    [index] = (tmp_path / "state" / NORMALIZED / str(day)).glob("index-*")
    content = bytearray(index.read_bytes())
    content[-20] ^= 1
    index.write_bytes(content)
    with pytest.raises(StateError, match=f"{index.name} is sealed and was changed or cut off.*: restore it"):
        run.hash(day)


def test_whom_meta_refused_is_sealed_too(tmp_path: Path) -> None:
    day, now = playing.DAYS[0], datetime.now(UTC)
    settings = Settings.model_validate({"state_dir": tmp_path, **SEALED})
    delivery = Delivery(
        7, "meta", "vip", day, 0, None, "s", DeliveryStatus.SENDING, 1, 0, 0, 1, None, now, None
    )
    batch = Batch(7, 1, "add", 1, "f", "sha", "k", BatchStatus.SENT, 1, now, None, None)
    layout = Layout(settings.state, settings.keys)
    refused_people.write(layout, delivery, batch, [CUSTOMER])
    [file] = (tmp_path / "meta" / "refused" / str(day)).iterdir()
    assert sealed.is_sealed(file.read_bytes())
    with sealed.opened_on_disk(file, settings.keys.ring()) as opened:
        assert pq.read_table(opened)["customer_id"].to_pylist() == [CUSTOMER]


def test_that_nothing_is_sealed_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keys.warn_of_clear_text.cache_clear()
    write(tmp_path, playing.DAYS[0], 1)
    pipeline(tmp_path, tmp_path, {}, **SEALED).read_extract(playing.DAYS[0])
    assert not caplog.records
    for _ in range(2):
        pipeline(tmp_path, tmp_path, {}).read_extract(playing.DAYS[0])
    [said] = caplog.records
    assert said.levelno == logging.WARNING
    assert said.getMessage().startswith("encryption_key is not set: ")


def test_an_overflow_in_clear_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    database._tell_of_overflow_in_clear.cache_clear()
    engine = EngineSettings(memory_limit="100MB", threads=1)
    settings = Settings.model_validate({"state_dir": tmp_path, "engine": engine, **SEALED})
    for rows in (10, 3_000_000, 3_000_000):
        with database.connect(settings, rules=False) as connection:
            connection.execute(f"create temp table t as select md5(i::varchar) || i from range({rows}) t(i)")
    [said] = caplog.records
    assert "was in spill for the moment, not encrypted" in said.getMessage()


def test_keys_are_made_for_the_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(KEY, new_key())
    with database.connect(
        Settings.model_validate({"state_dir": tmp_path, **SEALED}), rules=False
    ) as connection:
        assert "sealed" in connection.list_filesystems()
