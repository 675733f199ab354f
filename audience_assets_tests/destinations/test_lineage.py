"""Who may stand elsewhere in the log since an earlier snapshot is found without comparing everybody, and nobody is overlooked."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from audience_assets import database
from audience_assets.delta import changes
from audience_assets.destinations import lineage
from audience_assets.ledger.ledger import Ledger
from audience_assets.pipeline import Pipeline
from audience_assets_tests.on_disk import on_disk
from audience_assets_tests.playing import DAYS, extract_in_parts, pipeline, played

Candidates = set[tuple[str, str | None, str | None]]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Pipeline:
    """Three days; customers come, change and leave on each."""
    run = pipeline(
        tmp_path_factory.mktemp("lived"), extract_in_parts(tmp_path_factory.mktemp("crm")), {"buckets": 2}
    )
    played(run)
    return run


@pytest.fixture
def run(lived: Pipeline, tmp_path: Path) -> Pipeline:
    """A copy of that deployment."""
    shutil.copytree(on_disk(lived.layout.root), tmp_path / "state")
    return Pipeline(lived.settings.model_copy(update={"state_dir": tmp_path / "state"}))


@pytest.fixture
def connection(run: Pipeline) -> Iterator[duckdb.DuckDBPyConnection]:
    with database.connect(run.settings, rules=False) as connection:
        yield connection


@pytest.fixture
def ledger(run: Pipeline) -> Iterator[Ledger]:
    with run.ledger() as ledger:
        yield ledger


def key(ledger: Ledger, number: int) -> str:
    """The snapshot of a day."""
    snapshot = ledger.current_snapshot(DAYS[number])
    assert snapshot is not None
    return snapshot.key


def found(
    connection: duckdb.DuckDBPyConnection,
    run: Pipeline,
    ledger: Ledger,
    days: tuple[int, int],
    *,
    among: bool,
) -> Candidates:
    held, due = (key(ledger, number) for number in days)
    before, after = (lineage.members_of(ledger, run.layout, each) for each in (held, due))
    those = lineage.view_who_may_differ(connection, run.layout, ledger, held, due) if among else None
    assert (those is not None) == among
    changes.find_candidates(connection, before, after, those)
    return set(connection.execute("from candidates").fetchall())


@pytest.mark.parametrize("days", [(0, 1), (1, 2), (0, 2), (1, 1)], ids=["a day", "the next", "both", "none"])
def test_the_same_differ_as_when_everybody_is_compared(
    connection: duckdb.DuckDBPyConnection, run: Pipeline, ledger: Ledger, days: tuple[int, int]
) -> None:
    expected = found(connection, run, ledger, days, among=False)
    assert found(connection, run, ledger, days, among=True) == expected
    assert bool(expected) == (days[0] != days[1])
    if expected:
        assert {(held is None, due is None) for _, held, due in expected} == {
            (False, False),
            (True, False),
            (False, True),
        }


def test_few_are_looked_at(connection: duckdb.DuckDBPyConnection, run: Pipeline, ledger: Ledger) -> None:
    held, due = key(ledger, 0), key(ledger, 1)
    table = lineage.view_who_may_differ(connection, run.layout, ledger, held, due)
    snapshot = ledger.snapshot(due)
    assert table is not None
    assert snapshot is not None
    assert changes.count_rows(connection, table) == snapshot.new + snapshot.changed + snapshot.left


def test_everybody_is_compared_where_the_way_is_not_known(
    connection: duckdb.DuckDBPyConnection, run: Pipeline, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def may_differ(held: str | None, due: str | None) -> str | None:
        return lineage.view_who_may_differ(connection, run.layout, ledger, held, due)

    first, second, third = (key(ledger, number) for number in range(3))
    assert may_differ(third, first) is None, "one cannot come from a later one"
    assert may_differ(None, first) is None
    assert may_differ(second, None) is None
    with monkeypatch.context() as many:
        many.setattr(changes, "MANY", 3)
        assert may_differ(first, second) is None, "they are too many to be looked for"
    shutil.rmtree(on_disk(run.layout.left(DAYS[1], second)))
    assert may_differ(first, third) is None, "the list of who left on the way was removed"
    assert may_differ(second, third) is not None
