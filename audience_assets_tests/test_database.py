"""A step finds an empty database with the rules, whatever the steps before it did, and at a small step's price."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import duckdb
import fsspec
import pyarrow as pa
import pytest

from audience_assets import database
from audience_assets.rules import engine
from audience_assets.settings import EngineSettings, Settings

CREATED = "select table_name from information_schema.tables where table_name not in ({})".format(
    ", ".join(f"'{name}'" for name in engine.LOOKUPS)
)
TOO_LARGE = "create temp table large as select md5(i::varchar) || i as text from range(6_000_000) t(i)"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, engine=EngineSettings(memory_limit="200MB", threads=1))


def test_nothing_that_a_step_made_is_there_in_the_next(settings: Settings) -> None:
    with database.connect(settings) as connection:
        connection.sql("select 1 as number").create_view("by_relation")
        connection.execute("create table of_the_step as select 1 as number")
        connection.execute("create temp table temporary as select 1 as number")
        connection.execute("create temp view temporary_view as select * from by_relation")
        connection.execute("create macro of_the_step(value) as value")
        connection.execute("set variable day = '2026-01-05'")
        connection.register("arrow", pa.table({"number": [1]}))
        connection.register_filesystem(fsspec.filesystem("memory"))
    with database.connect(settings) as connection:
        assert connection.execute(CREATED).fetchall() == []
        assert connection.execute("select getvariable('day')").fetchall() == [(None,)]
        assert connection.list_filesystems() == []
        with pytest.raises(duckdb.CatalogException):
            connection.execute("select of_the_step(1)")


def test_a_step_that_failed_leaves_nothing_either(settings: Settings) -> None:
    def step() -> None:
        with database.connect(settings) as connection:
            connection.execute("create table of_the_step as select 1 as number")
            connection.execute("begin transaction")
            connection.execute("select cast('x' as integer)")

    with pytest.raises(duckdb.ConversionException):
        step()
    with database.connect(settings) as connection:
        assert connection.execute(CREATED).fetchall() == []


def test_the_rules_are_there_only_where_they_are_asked_for_and_then_always(settings: Settings) -> None:
    with database.connect(settings, rules=False) as connection:
        assert connection.execute("select 1").fetchall() == [(1,)]
    for _ in range(2):
        with database.connect(settings) as connection:
            assert connection.execute("select word_key('São Paulo')").fetchall() == [("saopaulo",)]
            assert connection.execute("select count(*) > 900 from country_names").fetchall() == [(True,)]


def test_bounds_are_those_of_the_settings_and_not_of_the_step_before(settings: Settings) -> None:
    def bounds(bounded: Settings, *, spill: bool = True) -> tuple[Any, ...]:
        with database.connect(bounded, spill=spill) as connection:
            return connection.execute(
                "select current_setting('threads'), current_setting('memory_limit'), current_setting('temp_directory')"
            ).fetchall()[0]

    spills = str(settings.scratch / "spill")
    more = settings.model_copy(update={"engine": EngineSettings(memory_limit="300MB", threads=2)})
    assert bounds(settings) == (1, "190.7 MiB", spills)
    assert bounds(more) == (2, "286.1 MiB", spills)
    assert bounds(settings, spill=False) == (1, "190.7 MiB", "")
    assert bounds(settings) == (1, "190.7 MiB", spills)


def test_steps_at_the_same_time_do_not_see_each_other(settings: Settings) -> None:
    together = Barrier(3)

    def step(number: int) -> Any:
        with database.connect(settings) as connection:
            connection.sql(f"select {number} as number").create_view("of_the_step", replace=True)
            together.wait(timeout=60)
            return connection.execute("select number from of_the_step").fetchall()[0][0]

    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            assert sorted(pool.map(step, range(3))) == [0, 1, 2]


@pytest.mark.parametrize("quick", [0.0, 60.0], ids=["slow", "quick"])
def test_what_a_step_spilled_is_gone_from_the_disk(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, quick: float
) -> None:
    monkeypatch.setattr(database, "QUICK", quick)
    spilled = settings.scratch / "spill"
    with database.connect(settings) as connection:
        connection.execute(TOO_LARGE)
        assert sum(file.stat().st_size for file in spilled.iterdir()) > 0
    assert list(spilled.iterdir()) == []


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Process ids, one for each time that the rules are installed; no database of another test is there."""
    database._close_idle()
    install = engine.install
    processes: list[int] = []

    def noted(connection: duckdb.DuckDBPyConnection) -> None:
        processes.append(os.getpid())
        install(connection)

    monkeypatch.setattr(engine, "install", noted)
    return processes


@pytest.mark.parametrize(("quick", "times"), [(0.0, 3), (60.0, 1)], ids=["slow", "quick"])
def test_the_rules_are_installed_once_for_quick_steps(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, installed: list[int], quick: float, times: int
) -> None:
    monkeypatch.setattr(database, "QUICK", quick)
    for _ in range(3):
        with database.connect(settings) as connection:
            assert connection.execute("select word_key('São Paulo')").fetchall() == [("saopaulo",)]
    assert len(installed) == times


def test_another_deployment_takes_over_the_database_with_its_rules_and_spills_into_its_own_folder(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: list[int]
) -> None:
    monkeypatch.setattr(database, "QUICK", 60.0)
    for name in ("one", "other"):
        bounded = settings.model_copy(update={"state_dir": tmp_path / name})
        with database.connect(bounded) as connection:
            connection.execute("select word_key('São Paulo')")
    assert len(installed) == 1
    with database.connect(bounded) as connection:
        connection.execute(TOO_LARGE)
        assert any((tmp_path / "other/spill").iterdir())


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_has_a_database_of_its_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, installed: list[int]
) -> None:
    monkeypatch.setattr(database, "QUICK", 60.0)
    with database.connect(settings):
        pass
    if (child := os.fork()) == 0:
        with database.connect(settings):
            os._exit(0 if os.getpid() in installed else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
