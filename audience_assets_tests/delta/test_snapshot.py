"""The next index is that of the plain model, for full and for incremental extracts."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audience_assets.delta import snapshot as snapshots
from audience_assets.delta.snapshot import IndexCounts
from audience_assets_tests.delta import model
from audience_assets_tests.delta.model import Index

CUSTOMERS = [f"c{number}" for number in range(7)] + ["C1", "é", ""]
names = st.sampled_from(CUSTOMERS)
fingerprints = st.integers(0, 2)
parents = st.dictionaries(names, st.tuples(fingerprints, st.sampled_from(["one", "two"])))
examples = settings(
    deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def found(
    connection: duckdb.DuckDBPyConnection,
    today: Mapping[str, tuple[int, bool]],
    kept: set[str],
    parent: Index | None,
    *,
    incremental: bool,
) -> tuple[dict[str, tuple[int, str]], set[str]]:
    """The next index and the customers to normalize, as the pipeline has them."""
    ids = sorted(today)
    table = pa.table(
        {
            "customer_id": pa.array(ids, pa.string()),
            "fingerprint": pa.array([today[name][0] for name in ids], pa.uint64()),
            "departed": pa.array([today[name][1] for name in ids], pa.bool_()),
        }
    )
    connection.register("today", table)
    connection.register("kept", pa.table({"customer_id": pa.array(sorted(kept), pa.string())}))
    connection.execute("set variable segment = 'new'")
    with TemporaryDirectory() as folder:
        model.write_index(Path(folder), parent).view(connection, "parent", snapshots.NO_INDEX)
        connection.execute(
            f"create or replace temp table following as {snapshots.next_index_sql(incremental=incremental)}"
        )
        counts = snapshots.count(connection)
        rows: list[tuple[Any, ...]] = connection.execute("from following").fetchall()
    index = {name: (number, segment) for name, number, segment in rows}
    assert len(index) == len(rows)
    before = set(parent or {})
    fresh = {name for name, (_, segment) in index.items() if segment == "new"}
    assert counts == IndexCounts(len(index), len(fresh), len(fresh - before), len(before - index.keys()))
    return index, fresh


def new_or_changed(today: Mapping[str, tuple[int, bool]], parent: Index) -> set[str]:
    """Whose row must be normalized; nobody's who left with it."""
    return {
        name
        for name, (number, departed) in today.items()
        if not departed and (name not in parent or parent[name][0] != number)
    }


@examples
@given(st.dictionaries(names, fingerprints), st.sets(names), st.none() | parents)
def test_after_a_full_extract_absence_is_leaving_unless_the_customer_is_kept(
    connection: duckdb.DuckDBPyConnection, today: dict[str, int], conflicting: set[str], parent: Index | None
) -> None:
    kept = conflicting - today.keys()
    given_ = {name: (number, False) for name, number in today.items()}
    index, changed = found(connection, given_, kept, parent, incremental=False)
    assert index == model.next_full(today, kept, parent or {}, "new")
    assert changed == new_or_changed(given_, parent or {})


@examples
@given(st.dictionaries(names, st.tuples(fingerprints, st.booleans())), st.none() | parents)
def test_after_an_incremental_extract_absence_means_nothing(
    connection: duckdb.DuckDBPyConnection, today: dict[str, tuple[int, bool]], parent: Index | None
) -> None:
    index, changed = found(connection, today, set(), parent, incremental=True)
    assert index == model.next_incremental(today, parent or {}, "new")
    assert changed == new_or_changed(today, parent or {})


@examples
@given(parents)
def test_the_same_extract_again_keeps_every_segment(
    connection: duckdb.DuckDBPyConnection, parent: Index
) -> None:
    today = {name: (number, False) for name, (number, _) in parent.items()}
    for incremental in (False, True):
        assert found(connection, today, set(), parent, incremental=incremental) == (parent, set())
