"""A day is the same whoever works on it: in one piece, in buckets, by several processes, or by a Ray cluster."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from audience_assets.errors import ExtractError, SettingsError, WorkersError
from audience_assets.settings import EngineSettings, Settings
from audience_assets.workers import Here, Processes, workers
from audience_assets_tests.playing import DAYS, extract_in_parts, pipeline, played

pytestmark = pytest.mark.slow

PARTS: dict[str, dict[str, Any]] = {
    "in three buckets": {"buckets": 3},
    "by two processes": {"buckets": 4, "workers": 2},
}


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three days of an extract, each in three files."""
    return extract_in_parts(tmp_path_factory.mktemp("crm"))


@pytest.fixture(scope="module")
def in_one_piece(crm: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    return played(pipeline(tmp_path_factory.mktemp("whole"), crm, {}))


@pytest.mark.parametrize("engine", PARTS.values(), ids=PARTS)
def test_a_day_is_the_same_however_it_is_cut(
    tmp_path: Path, crm: Path, in_one_piece: list[tuple[Any, ...]], engine: dict[str, Any]
) -> None:
    assert in_one_piece[0][11] > 500
    assert played(pipeline(tmp_path, crm, engine)) == in_one_piece


def test_another_number_of_buckets_changes_nothing_for_the_partner(tmp_path: Path, crm: Path) -> None:
    before, after = (pipeline(tmp_path, crm, {"buckets": number}) for number in (2, 3))
    for step in (before.read_extract, before.normalize, before.hash):
        step(DAYS[0])
    standings, _ = before.plan("vtex_ads", DAYS[0])
    planned = {each.audience: each.due for each in standings}
    cut = [step(DAYS[1]) for step in (after.read_extract, after.normalize, after.hash)]
    assert cut[1].left == pytest.approx(0.005 * 600, abs=2)  # type: ignore[union-attr]
    _, delta = after.plan("vtex_ads", DAYS[1], planned=planned)
    assert 0 < delta.joined + delta.changed + delta.left < 60


def test_an_extract_read_again_has_the_same_checksum_though_a_customer_stands_twice(
    tmp_path: Path, crm: Path
) -> None:
    runs = [pipeline(tmp_path, crm, {"buckets": number}) for number in (1, 3, 1, 1, 2)]
    found = [run.read_extract(DAYS[1]) for run in runs]
    assert found[0].set_aside["customer_id stands twice with different content"] > 0
    assert len({each.checksum for each in found}) == 1


def test_another_number_of_buckets_on_a_day_without_a_change_keeps_everybody(tmp_path: Path) -> None:
    for day in DAYS[:2]:
        folder = tmp_path / "extract" / str(day)
        folder.mkdir(parents=True)
        with duckdb.connect() as connection:
            rows = connection.sql(
                "select 'c' || i as customer_id, i || '@example.com' as email from range(50) t(i)"
            )
            rows.write_parquet(str(folder / "part-0.parquet"))
    before, after = (pipeline(tmp_path, tmp_path, {"buckets": number}) for number in (1, 3))
    for step in (before.read_extract, before.normalize, before.hash):
        step(DAYS[0])
    standings, first = before.plan("vtex_ads", DAYS[0])
    raw, normalized, _ = after.read_extract(DAYS[1]), after.normalize(DAYS[1]), after.hash(DAYS[1])
    _, delta = after.plan("vtex_ads", DAYS[1], planned={each.audience: each.due for each in standings})
    assert raw.checksum == before.read_extract(DAYS[0]).checksum
    assert (normalized.customers, normalized.new, normalized.changed, normalized.left) == (50, 0, 0, 0)
    assert (first.joined, delta.joined, delta.changed, delta.left) == (50, 0, 0, 0)


def test_a_worker_gets_its_part_of_memory_and_threads() -> None:
    for given, part in (("2GB", "500MB"), ("1GiB", "256MIB"), ("80%", "20.000%"), ("100MB", "25000KB")):
        engine = EngineSettings(memory_limit=given, threads=8, workers=4).part_of_a_worker()
        assert (engine.memory_limit, engine.threads, engine.workers) == (part, 2, 1)
        with duckdb.connect(config={"memory_limit": part}) as connection:
            connection.execute("select 1")


def test_an_error_of_a_task_comes_back_as_it_is(tmp_path: Path, crm: Path) -> None:
    run = pipeline(tmp_path, crm, {"workers": 2})
    with pytest.raises(ExtractError, match="has not landed"):
        run.read_extract(DAYS[0] - timedelta(days=1))


def dies(settings: Settings, number: int) -> int:
    """A task whose process is killed in the middle of it."""
    if number == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return number + settings.engine.workers


def test_a_worker_process_that_is_killed_is_told_and_nothing_is_published(tmp_path: Path, crm: Path) -> None:
    settings = pipeline(tmp_path, crm, {"workers": 2}).settings
    with pytest.raises(WorkersError, match="run the day again"):
        Processes(2).map(dies, [(settings, number) for number in range(3)])
    assert Processes(2).map(dies, [(settings, number) for number in (0, 2)]) == [1, 3]


def test_without_ray_the_setting_is_told(tmp_path: Path, crm: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    run = pipeline(tmp_path, crm, {"runner": "ray"})
    with pytest.raises(SettingsError, match=r"audience-assets\[ray\]"):
        run.read_extract(DAYS[0])


def test_one_worker_needs_no_process_of_its_own(tmp_path: Path, crm: Path) -> None:
    with workers(pipeline(tmp_path, crm, {}).settings) as crew:
        assert isinstance(crew, Here)


@pytest.fixture
def ray() -> Iterator[Any]:
    """A cluster of two workers on this machine, as the settings start it."""
    cluster = pytest.importorskip("ray", reason="ray is not installed")
    yield cluster
    cluster.shutdown()


def dies_once(settings: Settings, mark: Path, number: int) -> int:
    """A task whose process is killed when it runs for the first time."""
    if number == 1 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number + settings.engine.workers


@pytest.mark.usefixtures("ray")
def test_on_ray_a_day_is_the_same_and_a_task_whose_worker_was_killed_runs_again(
    tmp_path: Path, crm: Path, in_one_piece: list[tuple[Any, ...]]
) -> None:
    engine = {"buckets": 4, "workers": 2, "runner": "ray"}
    with workers(pipeline(tmp_path, crm, engine).settings) as crew:
        calls = [(pipeline(tmp_path, crm, engine).settings, tmp_path / "mark", number) for number in range(3)]
        assert crew.map(dies_once, calls) == [1, 2, 3]
        assert (tmp_path / "mark").exists()
        assert played(pipeline(tmp_path, crm, engine))[:2] == in_one_piece[:2]
