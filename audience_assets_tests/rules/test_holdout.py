"""A share of an audience's customers is held out of it: always the same people, and more of them when the share grows."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audience_assets.rules import engine, holdout, lists
from audience_assets_tests.reference.holdout import held_out

CUSTOMERS = [f"c{number}" for number in range(4_000)]
SHARES = st.floats(0, 1)
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


def said(
    connection: duckdb.DuckDBPyConnection, salt: str, audience: str, share: float, ids: Sequence[str]
) -> set[str]:
    """Whom the SQL holds out."""
    condition = holdout.held_out_sql("$audience", "customer_id", salt, share)
    rows = connection.execute(
        f"select customer_id from (select unnest($ids) as customer_id) where {condition}",
        {"audience": audience, "ids": list(ids)},
    )
    return {customer for (customer,) in rows.fetchall()}


def expected(salt: str, audience: str, share: float, ids: Sequence[str]) -> set[str]:
    return {each for each in ids if held_out(salt, audience, each, share)}


@settings(max_examples=60, deadline=None)
@given(salt=WORDS, audience=WORDS, share=SHARES, ids=st.lists(WORDS, max_size=20, unique=True))
def test_the_sql_holds_out_whom_the_reference_does(
    rules: duckdb.DuckDBPyConnection, salt: str, audience: str, share: float, ids: list[str]
) -> None:
    assert said(rules, salt, audience, share, ids) == expected(salt, audience, share, ids)


@settings(max_examples=30, deadline=None)
@given(shares=st.tuples(SHARES, SHARES))
def test_a_larger_share_holds_out_the_same_people_and_some_more(
    rules: duckdb.DuckDBPyConnection, shares: tuple[float, float]
) -> None:
    less, more = (said(rules, "s", "vip", share, CUSTOMERS[:500]) for share in sorted(shares))
    assert less <= more


@pytest.mark.parametrize("share", [0, 0.01, 0.1, 0.5, 0.9, 1])
def test_as_many_are_held_out_as_the_share_says(rules: duckdb.DuckDBPyConnection, share: float) -> None:
    found = len(said(rules, "2026", "vip", share, CUSTOMERS)) / len(CUSTOMERS)
    assert found == pytest.approx(share, abs=0.03 if 0 < share < 1 else 0)


@pytest.mark.parametrize("other", [("2027", "vip"), ("2026", "buyers")])
def test_another_salt_or_audience_holds_out_other_people(
    rules: duckdb.DuckDBPyConnection, other: tuple[str, str]
) -> None:
    here, there = (said(rules, *pair, 0.5, CUSTOMERS) for pair in (("2026", "vip"), other))
    assert len(here & there) / len(CUSTOMERS) == pytest.approx(0.25, abs=0.03)


def test_only_the_audiences_with_a_share_are_taken_from_a_customer(rules: duckdb.DuckDBPyConnection) -> None:
    audiences: dict[str, Any] = {
        each: ["vip", "it's", "all"] if number % 2 else ["vip"] for number, each in enumerate(CUSTOMERS[:200])
    }
    rules.execute(
        "create or replace temp table cleaned as select * from (select unnest($ids) as customer_id, unnest($lists) as audiences)",
        {"ids": list(audiences), "lists": list(audiences.values())},
    )
    shares = {"vip": 0.5, "it's": 0.25}
    rule = holdout.applied(lists.AUDIENCES, "s", shares)
    for customer, left in rules.execute(f"select customer_id, {rule.value} from cleaned").fetchall():
        kept = [
            each for each in audiences[customer] if not held_out("s", each, customer, shares.get(each, 0))
        ]
        assert left == (kept or None)


def test_nobody_is_held_out_without_a_share() -> None:
    assert holdout.applied(lists.AUDIENCES, "s", {}) == lists.AUDIENCES
    assert holdout.signature("s", {}) == []


def test_salt_and_shares_are_part_of_the_rules_signature() -> None:
    signatures = [
        engine.signature([lists.AUDIENCES], [], holdout.signature(salt, shares))
        for salt, shares in (("a", {}), ("a", {"vip": 0.1}), ("b", {"vip": 0.1}), ("a", {"vip": 0.2}))
    ]
    assert len(set(signatures)) == len(signatures)
