"""Past one disk: the state on a real S3 server, the work on this machine or on Ray, and the same day comes out."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from audience_assets.errors import SettingsError
from audience_assets.sandbox.s3 import S3Server
from audience_assets.settings import Settings
from audience_assets.storage.object_path import ObjectPath
from audience_assets.workers import workers
from audience_assets_tests.ledger.postgres import PostgresServer, program
from audience_assets_tests.playing import DAYS, extract_in_parts, pipeline, played
from audience_assets_tests.storage.on_s3 import credentials, state_on_s3

pytestmark = pytest.mark.slow

BUSY_ON_RAY = b"ray::_run"
"""How Ray calls a process while it works on a task of ours."""


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of an extract, each in three files."""
    return extract_in_parts(tmp_path_factory.mktemp("crm"))


@pytest.fixture(scope="module")
def on_the_disk(crm: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    return played(pipeline(tmp_path_factory.mktemp("disk"), crm, {}))


@pytest.fixture
def state(s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    credentials(monkeypatch, s3_server.administrator)
    return state_on_s3(s3_server, tmp_path)


def drafts(settings: Settings) -> list[str]:
    """What is left of drafts on S3."""
    place = settings.state
    assert isinstance(place, ObjectPath)
    return [name for name in place.store.names(f"{place.key}/") if ".draft-" in name]


# Three, because processes that another test started do not have the variables of this one.
@pytest.mark.parametrize("engine", [{}, {"buckets": 3, "workers": 3}], ids=["here", "by three processes"])
def test_a_day_is_the_same_with_its_state_on_s3(
    tmp_path: Path,
    crm: Path,
    on_the_disk: list[tuple[Any, ...]],
    state: dict[str, Any],
    engine: dict[str, Any],
) -> None:
    run = pipeline(tmp_path, crm, engine, **state)
    assert played(run) == on_the_disk
    assert not (tmp_path / "state").exists()
    assert not drafts(run.settings)
    assert not [each for each in run.settings.scratch.rglob("*") if each.is_file()]


def test_a_day_run_again_changes_nothing(tmp_path: Path, crm: Path, state: dict[str, Any]) -> None:
    run = pipeline(tmp_path, crm, {"buckets": 2}, **state)
    days = []
    for _ in range(2):
        run.read_extract(DAYS[0])
        normalized, hashed = run.normalize(DAYS[0]), run.hash(DAYS[0])
        days.append((normalized, hashed.left_file, run.plan("vtex_ads", DAYS[0])[1]))
    assert days[0] == days[1]


def test_without_a_ledger_elsewhere_the_settings_are_refused(state: dict[str, Any]) -> None:
    with pytest.raises(
        ValueError, match="set ledger_url to a Postgres database, or to a file of this machine"
    ):
        Settings.model_validate(state | {"ledger_url": None})


@pytest.mark.parametrize("wrong", ["gs://bucket/state", "s3://", "s3://bucket//state", "s3://bucket/a?b"])
def test_a_url_that_is_no_folder_on_s3_is_refused(state: dict[str, Any], wrong: str) -> None:
    with pytest.raises(ValueError, match="neither a folder nor a URL such as s3://bucket/prefix"):
        Settings.model_validate(state | {"state_dir": wrong})


def test_the_variables_that_are_not_set_are_named(
    tmp_path: Path, crm: Path, state: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(state["state_on_s3"]["secret_access_key"]["env"])
    with pytest.raises(SettingsError, match="TEST_STATE_SECRET is not set"):
        pipeline(tmp_path, crm, {}, **state).read_extract(DAYS[0])


@pytest.fixture
def ray() -> Iterator[None]:
    """A cluster of two workers on this machine, as the settings start it."""
    cluster = pytest.importorskip("ray", reason="ray is not installed")
    yield
    cluster.shutdown()


@pytest.fixture
def postgres(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The URL of an empty database, as the settings name it."""
    if program("initdb") is None or program("postgres") is None:
        pytest.skip("needs Postgres's initdb and postgres, in PATH or in /usr/lib/postgresql")
    with PostgresServer() as server, server.database("ledger_of_s3") as name:
        monkeypatch.setenv("TEST_LEDGER_URL", server.url(name))
        yield {"env": "TEST_LEDGER_URL"}


@pytest.mark.usefixtures("ray")
def test_on_ray_with_a_worker_killed_in_the_middle_the_day_is_the_same(
    tmp_path: Path,
    crm: Path,
    on_the_disk: list[tuple[Any, ...]],
    state: dict[str, Any],
    postgres: dict[str, str],
) -> None:
    engine = {"buckets": 4, "workers": 2, "runner": "ray"}
    run = pipeline(tmp_path, crm, engine, **state | {"ledger_url": postgres})
    with workers(run.settings), a_busy_worker_killed() as killed:
        assert played(run) == on_the_disk
    assert len(killed) == 1
    assert not drafts(run.settings)


@contextmanager
def a_busy_worker_killed() -> Iterator[list[int]]:
    """Kill the first Ray worker of this process that is seen at a task; the pid is in the list afterwards."""
    killed: list[int] = []
    over = threading.Event()

    def watch() -> None:
        while not killed and not over.is_set():
            for pid in busy_workers():
                time.sleep(0.05)  # so that it is in the middle
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)
                return
            time.sleep(0.005)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield killed
    finally:
        over.set()
        watcher.join()


def busy_workers() -> list[int]:
    """Ray workers that this process started, by way of Ray's own processes, and that are at a task of ours."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cmdline").read_bytes().startswith(BUSY_ON_RAY):
                found.append(int(entry.name))
        except OSError:
            continue
    return [pid for pid in found if os.getpid() in ancestors(pid)]


def ancestors(pid: int) -> set[int]:
    """The processes that started a process, and those that started them."""
    above: set[int] = set()
    while pid > 1:
        try:
            pid = int(Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[1])
        except OSError:
            break
        above.add(pid)
    return above
