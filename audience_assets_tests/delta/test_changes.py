"""The net changes between two snapshots are those of the plain model, whatever segments and consents they stand on."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audience_assets.delta import changes
from audience_assets.delta.snapshot import Members
from audience_assets_tests.delta import model
from audience_assets_tests.delta.model import COLUMNS, CONSENT, TYPES, Index, Log, Stored

CUSTOMERS = ["a", "b", "c", "d'", "é\n", "A"]
SEGMENTS = ["2026-11-01-x", "2026-11-02-y", "z'"]

values = st.fixed_dictionaries(
    {
        "x/CITY": st.sampled_from([None, "", "Santos", "Recife"]),
        "x/AGE": st.sampled_from([None, 0, 36]),
        CONSENT: st.sampled_from([None, True, False]),
    }
)
segments = st.builds(
    Stored,
    st.sets(st.sampled_from(list(TYPES))).map(lambda names: tuple(sorted(names))),
    st.fixed_dictionaries(dict.fromkeys(CUSTOMERS, values)),
)
logs = st.fixed_dictionaries(dict.fromkeys(SEGMENTS, segments))
indexes = st.dictionaries(
    st.sampled_from(CUSTOMERS),
    st.tuples(st.integers(0, 3), st.sampled_from(SEGMENTS)),
    max_size=len(CUSTOMERS),
)
examples = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def compared(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    before: Index | None,
    after: Index,
    log: Log,
    buckets: tuple[int, int] = (1, 1),
) -> tuple[dict[str, str], changes.Counts, set[str]]:
    """What the pipeline finds; None before a first delivery. And the customers whose rows it looked at."""
    paths = model.write_log(folder, log)
    held = model.write_index(folder / "held", before, buckets[0])
    due = model.write_index(folder / "due", after, buckets[1])
    changes.find_candidates(connection, Members(held), Members(due))
    stored = {name: f"x/{name}" for name in COLUMNS}
    for side in ("held", "due"):
        names = changes.candidate_segments(connection, side)
        changes.view_rows(connection, side, [paths[name] for name in sorted(names)], stored, CONSENT)
    counts = changes.compare(
        connection, {name: (f"held_rows.{name}", f"due_rows.{name}") for name in COLUMNS}
    )
    rows = connection.execute("select customer_id, change from net_changes").fetchall()
    assert len(rows) == len(dict(rows))
    looked_at = {name for (name,) in connection.execute("select customer_id from candidates").fetchall()}
    return dict(rows), counts, looked_at


@examples
@given(
    before=st.none() | indexes,
    after=indexes,
    log=logs,
    buckets=st.sampled_from([(1, 1), (1, 3), (3, 3), (3, 2)]),
)
def test_net_changes_are_those_of_the_model_in_any_number_of_buckets(
    connection: duckdb.DuckDBPyConnection,
    before: Index | None,
    after: Index,
    log: Log,
    buckets: tuple[int, int],
) -> None:
    with TemporaryDirectory() as folder:
        found, counts, looked_at = compared(connection, Path(folder), before, after, log, buckets)
    expected = model.net_changes(before or {}, after, log)
    assert found == expected
    assert counts == {"joined": 0, "changed": 0, "left": 0} | Counter(expected.values())
    assert looked_at == {
        name for name in CUSTOMERS if (before or {}).get(name, (0, None))[1] != after.get(name, (0, None))[1]
    }


@examples
@given(index=indexes, log=logs)
def test_between_a_snapshot_and_itself_nothing_changes(
    connection: duckdb.DuckDBPyConnection, index: Index, log: Log
) -> None:
    with TemporaryDirectory() as folder:
        found, counts, looked_at = compared(connection, Path(folder), index, index, log)
    assert (found, set(counts.values()), looked_at) == ({}, {0}, set())


@examples
@given(before=indexes, after=indexes, log=logs)
def test_there_and_back_joined_is_left_and_changed_is_changed(
    connection: duckdb.DuckDBPyConnection, before: Index, after: Index, log: Log
) -> None:
    with TemporaryDirectory() as folder:
        there, _, _ = compared(connection, Path(folder), before, after, log)
    with TemporaryDirectory() as folder:  # files of ours never change, and DuckDB may rely on it
        back, _, _ = compared(connection, Path(folder), after, before, log)
    opposite = {"joined": "left", "left": "joined", "changed": "changed"}
    assert {name: opposite[change] for name, change in there.items()} == back
