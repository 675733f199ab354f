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
            "fingerprint": pa.array([model.fingerprint(today[name][0]) for name in ids], pa.uuid()),
            "departed": pa.array([today[name][1] for name in ids], pa.bool_()),
        }
    )
    connection.register("today", table)
    connection.register("kept", pa.table({"customer_id": pa.array(sorted(kept), pa.string())}))
    connection.execute("set variable segment = 'new'")
    with TemporaryDirectory() as folder:
        file = None if parent is None else model.write_index(Path(folder) / "index.parquet", parent)
        snapshots.view_index(connection, "parent", file)
        wanted = snapshots.select_changed(connection)
        rows: list[tuple[Any, ...]] = connection.execute(
            snapshots.next_index_sql(incremental=incremental)
        ).fetchall()
    changed = {name for (name,) in connection.execute("select customer_id from wanted").fetchall()}
    assert wanted == len(changed)
    assert [name for name, _, _ in rows] == sorted({name for name, _, _ in rows}, key=str.encode)
    return {name: (number.int, segment) for name, number, segment in rows}, changed


def new_or_changed(today: Mapping[str, tuple[int, bool]], parent: Index) -> set[str]:
    return {name for name, (number, _) in today.items() if name not in parent or parent[name][0] != number}


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
