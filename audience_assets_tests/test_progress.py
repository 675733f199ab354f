"""Long work says how far it is: rows and percent that only rise, nothing of what is quick, and never at the step's expense."""

import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from time import monotonic, sleep

import duckdb
import pytest

from audience_assets import progress
from audience_assets.pipeline import Pipeline
from audience_assets.progress import Progress, Stage
from audience_assets.settings import Settings
from audience_assets.synthetic.extract import generate
from audience_assets.workers import Here, Processes

DAY = date(2026, 1, 5)
STEPS = ("read_extract", "normalize", "hash", "plan")


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look often, so that work of milliseconds is long."""
    monkeypatch.setattr(progress, "FIRST_LOOK", 0.001)
    monkeypatch.setattr(progress, "NEXT_LOOK", 0.001)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Callable[[], None]]:
    """A query of about a second over a file, in a database of one thread."""
    file = tmp_path / "numbers.parquet"
    with duckdb.connect(config={"threads": 1, "memory_limit": "200MB"}) as connection:
        connection.execute(f"copy (select range as n from range(600000)) to '{file}' (row_group_size 20000)")

        def run() -> None:
            with progress.query(connection):
                connection.execute(f"select max(sha256(sha256(n::varchar))) from '{file}'").fetchall()

        yield run


def until(seen: Callable[[], bool]) -> None:
    """Wait for the watching thread, which is due at any moment."""
    end = monotonic() + 20
    while not seen():
        assert monotonic() < end, "nothing was told"
        sleep(0.001)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (
            Progress("normalizing", 0.32, 3_200_000, 10_000_000),
            "normalizing, 3,200,000 of 10,000,000 rows (32 %)",
        ),
        (Progress("reading", 0.999), "reading, 99 %"),
        (Progress("planning", None, 250_000), "planning, 250,000 rows"),
        (Progress("planning", 0.5, 250_000), "planning, 250,000 rows (50 %)"),
        (Progress("hashing", None, None, 10), "hashing, 10 rows"),
        (Progress("comparing"), "comparing"),
    ],
)
def test_it_is_said_in_one_line_as_far_as_it_is_known(known: Progress, said: str) -> None:
    assert str(known) == said


@pytest.mark.usefixtures("eager")
def test_the_percentages_of_a_query_rise_to_a_hundred(slow: Callable[[], None]) -> None:
    told: list[Progress] = []
    with progress.told_to(told.append), progress.stage("hashing", 600_000):
        slow()
    shares = [each.share or 0 for each in told]
    assert shares == sorted(shares)
    assert len({share for share in shares if 0 < share < 1}) >= 3
    assert [each.ended for each in told[-2:]] == [False, True]
    assert told[-1] == Progress("hashing", 1.0, 600_000, 600_000, ended=True)
    assert all(each.done == int(600_000 * each.share) for each in told if each.share)


def test_nothing_is_told_of_what_is_quick_and_no_thread_is_left() -> None:
    told: list[Progress] = []
    with progress.told_to(told.append), progress.stage("reading") as stage:
        stage.advance(5)
    assert told == []
    assert all(thread.name != "progress" for thread in threading.enumerate())


def test_where_nobody_listens_nothing_is_watched(slow: Callable[[], None]) -> None:
    with progress.stage("hashing"):
        slow()
        assert all(thread.name != "progress" for thread in threading.enumerate())


@pytest.mark.usefixtures("eager")
def test_the_innermost_stage_is_told_and_a_failed_one_never_ends() -> None:
    told: list[Progress] = []
    with progress.told_to(told.append):
        with pytest.raises(ZeroDivisionError), progress.stage("outer"), progress.stage("inner"):  # noqa: PT012
            until(lambda: "inner" in [each.doing for each in told])
            raise ZeroDivisionError
        sleep(0.01)
    doing = [each.doing for each in told]  # the outer one only before the inner one began
    assert set(doing[doing.index("inner") :]) == {"inner"}
    assert not any(each.ended for each in told)


@pytest.mark.usefixtures("eager")
def test_a_look_that_fails_and_a_listener_that_fails_do_no_harm(slow: Callable[[], None]) -> None:
    asked, told = [], []

    def refuses() -> int:
        asked.append(True)
        raise RuntimeError

    def fails(told_of: Progress) -> None:
        told.append(told_of)
        raise RuntimeError

    closed = duckdb.connect()
    closed.close()
    with progress.told_to(fails), progress.stage("hashing", refuses):
        slow()
        with progress.query(closed):
            before = len(told)
            until(lambda: len(told) > before + 3)
    assert asked == [True]
    assert told[-1].ended
    assert {each.rows for each in told} == {None}


@pytest.mark.usefixtures("eager")
def test_whoever_listened_before_listens_still() -> None:
    outer: list[Progress] = []
    inner: list[Progress] = []
    with progress.told_to(outer.append), progress.told_to(inner.append), progress.stage("reading"):
        until(lambda: bool(inner))
    assert outer == inner


def test_a_stage_is_never_less_far_than_it_was_and_not_done_before_it_ends() -> None:
    stage = Stage("writing", None)
    reached = []
    for stage.part in ((0, 4), (1, 4), (0, 4), (4, 4)):
        reached.append(stage.now().share)
    assert reached == [None, 0.25, 0.25, progress.ALMOST]
    stage = Stage("delivering", 100)
    for _ in range(3):
        stage.advance(40)
    assert stage.now() == Progress("delivering", progress.ALMOST, 100, 100)
    assert stage.end() == Progress("delivering", 1.0, 100, 100, ended=True)


def double(_settings: Settings, number: int) -> int:
    """A task."""
    return 2 * number


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("crew", [Here(), Processes(2)], ids=["here", "processes"])
def test_tasks_count_as_they_finish(crew: Here | Processes) -> None:
    told: list[Progress] = []
    calls = [(Settings(), number) for number in range(4)]
    with progress.told_to(told.append), progress.stage("doubling", 1000) as stage:
        assert crew.map(double, calls) == [0, 2, 4, 6]
        assert stage.part == (4, 4)
        until(lambda: bool(told) and told[-1].share == progress.ALMOST)
    assert str(told[-1]) == "doubling, 1,000 of 1,000 rows (100 %)"


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day of an extract that is large enough for every step to be looked at."""
    folder = tmp_path_factory.mktemp("crm")
    generate(15_000, 1, folder)
    return folder


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("engine", [{"threads": 1}, {"threads": 1, "buckets": 3}], ids=["whole", "buckets"])
def test_every_step_of_a_day_tells_its_rows(tmp_path: Path, crm: Path, engine: dict[str, int]) -> None:
    given = {
        "state_dir": tmp_path / "state",
        "source": {"path": f"{crm}/extract/{{day}}/customers.parquet"},
        "engine": engine,
    }
    pipeline = Pipeline(Settings.model_validate(given))
    told: dict[str, list[Progress]] = {}
    for step in STEPS:
        told[step] = []
        with progress.told_to(told[step].append):
            getattr(pipeline, step)(*(("vtex_ads", DAY) if step == "plan" else (DAY,)))
    doings = {step: list(dict.fromkeys(each.doing for each in told[step])) for step in STEPS}
    assert doings["read_extract"] == ["reading the extract", "grouping by customer"]
    assert doings["normalize"] == ["comparing with the day before", "normalizing"]
    assert doings["hash"][0] == "hashing"
    assert doings["plan"] == ["planning"]
    raw, normalized, delta = pipeline.manifests(DAY, "vtex_ads")
    due = {
        "reading the extract": raw.rows,
        "normalizing": normalized.new,
        "hashing": normalized.new,
        "planning": delta.rows,
    }
    ends = {each.doing: each for step in STEPS for each in told[step] if each.ended}
    for doing, rows in due.items():
        assert str(ends[doing]) == f"{doing}, {rows:,} of {rows:,} rows (100 %)"
    for step in STEPS:
        for doing in doings[step]:
            shares = [each.share or 0 for each in told[step] if each.doing == doing]
            assert shares == sorted(shares)
