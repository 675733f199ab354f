"""Who joins and leaves an audience is what the plain model says, and nobody who stays loses what names them."""

from collections.abc import Iterator, Mapping, Sequence

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audience_assets.delta import membership, shared_identifiers
from audience_assets.delta.changes import Counts
from audience_assets.delta.membership import Audience, Shape
from audience_assets_tests.delta import audiences_model as model
from audience_assets_tests.delta.audiences_model import (
    ATTRIBUTES,
    COLUMNS,
    IDENTIFIERS,
    Customer,
    Members,
    Wanted,
)

CUSTOMERS = ["a", "b", "c", "d'", "A", "é"]
AUDIENCES = ["vip", "VIP", "it's; all"]
SHAPE = Shape(
    types=dict.fromkeys(COLUMNS, "VARCHAR"),
    identifiers=IDENTIFIERS,
    attributes=ATTRIBUTES,
    enough="LN is not null and (FN is not null or ZIP is not null)",
)

cells = st.fixed_dictionaries(
    {
        "EMAIL": st.sampled_from([None, None, "e1", "e2", "e3"]),
        "PHONE": st.sampled_from([None, None, "p1", "e1"]),
        "LN": st.sampled_from([None, "silva", "souza"]),
        "FN": st.sampled_from([None, "ana"]),
        "ZIP": st.sampled_from([None, "0", "1"]),
        "VALUE": st.sampled_from([None, "1", "2"]),
    }
)
labels = st.lists(st.sampled_from(AUDIENCES), unique=True).map(tuple)
customers = st.dictionaries(
    st.sampled_from(CUSTOMERS), st.builds(Customer, cells, labels), max_size=len(CUSTOMERS)
)
columns = st.sets(st.sampled_from(COLUMNS)).map(frozenset)
feeding = st.dictionaries(st.sampled_from(AUDIENCES), st.builds(Wanted, columns, st.booleans()), min_size=1)
examples = settings(
    deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def next_day(draw: st.DrawFn, before: Mapping[str, Customer]) -> tuple[dict[str, Customer], set[str]]:
    """The customers of a later day, and who of them is known to be as they were."""
    kept = draw(st.sets(st.sampled_from(sorted(before)))) if before else set()
    others = draw(customers)
    return {
        **{name: one for name, one in others.items() if name not in kept},
        **{name: before[name] for name in kept},
    }, kept


@st.composite
def two_days(draw: st.DrawFn) -> tuple[dict[str, Customer], dict[str, Customer], set[str]]:
    before = draw(customers)
    after, unchanged = draw(next_day(before))
    return before, after, unchanged


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Tables here have the names of views that other modules leave behind."""
    with duckdb.connect(config={"threads": 1}) as opened:
        yield opened


def view(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    rows: Sequence[tuple[str, Customer]],
    segment: str = "new",
) -> None:
    """A view as the log gives it."""
    names, customers = [name for name, _ in rows], [one for _, one in rows]
    table = {
        "/customer_id": pa.array(names, pa.string()),
        "/segment": pa.array([segment] * len(rows), pa.string()),
        "/audiences": pa.array([list(one.audiences) for one in customers], pa.list_(pa.string())),
    } | {column: pa.array([one.cells[column] for one in customers], pa.string()) for column in COLUMNS}
    connection.register(name, pa.table(table))


def view_index(connection: duckdb.DuckDBPyConnection, name: str, segments: Mapping[str, str]) -> None:
    """Customers and their segments, as an index or the candidates have them."""
    table = {
        "customer_id": pa.array(list(segments), pa.string()),
        "segment": pa.array(list(segments.values()), pa.string()),
    }
    connection.register(name, pa.table(table))


def compared(
    connection: duckdb.DuckDBPyConnection,
    before: Mapping[str, Customer],
    after: Mapping[str, Customer],
    unchanged: set[str],
    wanted: Mapping[str, Wanted],
) -> tuple[dict[str, Counts], dict[str, Members], dict[str, Members]]:
    """Counts, removals and additions of each audience; who is unchanged is looked at only where it matters."""
    held = [(name, one) for name, one in before.items() if name not in unchanged]
    due = [(name, one) for name, one in after.items() if name not in unchanged]
    view(connection, "held_rows", held)
    view(connection, "due_rows", due)
    # The log has the superseded rows, too: they stand in the segment of another day.
    view(connection, "logged_before", [*before.items()], "old")
    view(connection, "logged_anew", due)
    connection.execute(
        "create or replace temp view log_rows as from logged_before union all from logged_anew"
    )
    view_index(connection, "due", {name: "old" if name in unchanged else "new" for name in after})
    candidates = dict.fromkeys([name for name, _ in [*held, *due]], "new")
    view_index(connection, "candidates", candidates)
    tracked = [Audience(name, one.columns, one.wanted) for name, one in wanted.items()]
    counts = membership.compare(connection, SHAPE, tracked)
    membership.list_changes(connection, [audience.name for audience in tracked])
    shared_identifiers.spare_what_others_hold(connection, SHAPE)
    return counts, found(connection, "removals", wanted), found(connection, "additions", wanted)


def found(
    connection: duckdb.DuckDBPyConnection, table: str, wanted: Mapping[str, Wanted]
) -> dict[str, Members]:
    listed = connection.execute(f"select audience, customer_id, {', '.join(COLUMNS)} from {table}").fetchall()
    result: dict[str, Members] = {name: {} for name in wanted}
    for audience, customer, *row in listed:
        assert customer not in result[audience], "a customer stands twice"
        result[audience][customer] = dict(zip(COLUMNS, row, strict=True))
    return result


@examples
@given(days=two_days(), wanted=feeding)
def test_each_audience_is_told_what_the_model_says(
    connection: duckdb.DuckDBPyConnection,
    days: tuple[dict[str, Customer], dict[str, Customer], set[str]],
    wanted: dict[str, Wanted],
) -> None:
    before, after, unchanged = days
    counts, removals, additions = compared(connection, before, after, _really(unchanged, wanted), wanted)
    for name, one in wanted.items():
        expected = model.delta(before, after, name, one)
        assert counts[name] == {"joined": expected.joined, "changed": expected.changed, "left": expected.left}
        assert removals[name] == expected.removals
        assert additions[name] == expected.additions


@examples
@given(days=two_days(), wanted=feeding)
def test_no_removal_holds_what_names_a_member_nor_what_names_nobody(
    connection: duckdb.DuckDBPyConnection,
    days: tuple[dict[str, Customer], dict[str, Customer], set[str]],
    wanted: dict[str, Wanted],
) -> None:
    before, after, unchanged = days
    _, removals, additions = compared(connection, before, after, _really(unchanged, wanted), wanted)
    for name, one in wanted.items():
        stays = model.members(after, name, one.columns) if one.wanted else {}
        named = {identity for row in stays.values() for identity in model.identities(row)}
        for row in removals[name].values():
            assert model.identities(row)
            assert not model.identities(row) & named
            assert row["VALUE"] is None
            assert model.enough(row) or not any(row[attribute] for attribute in ATTRIBUTES)
        assert all(additions[name][customer] == stays[customer] for customer in additions[name])


@examples
@given(days=two_days(), wanted=feeding)
def test_removing_and_then_adding_leads_from_one_day_to_the_next(
    connection: duckdb.DuckDBPyConnection,
    days: tuple[dict[str, Customer], dict[str, Customer], set[str]],
    wanted: dict[str, Wanted],
) -> None:
    before, after, unchanged = days
    _, removals, additions = compared(connection, before, after, _really(unchanged, wanted), wanted)
    for name, one in wanted.items():
        held = _named(model.members(before, name, one.columns))
        held -= _named(removals[name])
        held |= _named(additions[name])
        assert held == _named(model.members(after, name, one.columns) if one.wanted else {})


@examples
@given(rows=customers, wanted=feeding)
def test_nothing_is_told_where_nothing_changed(
    connection: duckdb.DuckDBPyConnection, rows: dict[str, Customer], wanted: dict[str, Wanted]
) -> None:
    still = {name: Wanted(one.columns) for name, one in wanted.items()}
    counts, removals, additions = compared(connection, rows, rows, set(), still)
    assert not any(number for each in counts.values() for number in each.values())
    assert not any([*removals.values(), *additions.values()])


@examples
@given(rows=customers, wanted=feeding)
def test_a_first_load_has_everybody_who_can_be_named(
    connection: duckdb.DuckDBPyConnection, rows: dict[str, Customer], wanted: dict[str, Wanted]
) -> None:
    view(connection, "everyone_rows", [*rows.items()])
    sizes = membership.audience_sizes(connection, SHAPE, "everyone_rows")
    for name, one in wanted.items():
        connection.execute("set variable audience = $name", {"name": name})
        everyone = f"create or replace temp table everyone as {membership.everyone_sql(SHAPE, one.columns)}"
        connection.execute(everyone)
        assert found(connection, "everyone", wanted)[name] == model.members(rows, name, one.columns)
        assert sizes.get(name, 0) == len(model.members(rows, name, frozenset(COLUMNS)))


def _really(unchanged: set[str], wanted: Mapping[str, Wanted]) -> set[str]:
    """An audience that is not wanted any more is compared with nothing, so nobody counts as unchanged for it."""
    return unchanged if all(one.wanted for one in wanted.values()) else set()


def _named(rows: Members) -> set[model.Identity]:
    return {identity for row in rows.values() for identity in model.identities(row)}
