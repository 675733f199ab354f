"""VTEX Ads' delta: whole rows of who joined or changed, and the setting's row for who left."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any, Literal

import pyarrow.parquet as pq
import pytest

from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.errors import ContractError, StateError
from audience_assets.ledger import Segment
from audience_assets_tests.destinations.state import NAME, Partner, Row, State
from audience_assets_tests.destinations.tables import SCHEMA
from audience_assets_tests.on_disk import on_disk

FIRST, SECOND, THIRD = (date(2026, 11, number) for number in (1, 2, 3))
ANA: Row = {
    "EMAIL_HASHED": "ana@example.com",
    "AGE": 36,
    "CITY": "Santos",
    "AUDIENCES": "vip;churn",
    "NBO_PRODUCTS": "1;2",
}
EMPTY: dict[str, Any] = dict.fromkeys(SCHEMA.names)


def delivered(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The whole row as the partner gets it."""
    told = {key: value for key, value in row.items() if key != "consent"}
    if "EMAIL_HASHED" in told:
        told["EMAIL_HASHED"] = sha256(told["EMAIL_HASHED"].encode()).hexdigest()
    return EMPTY | {"CUSTOMER_ID": name} | told


def rows_of_second_day(
    state: State, before: Mapping[str, Row], after: Mapping[str, Row], **settings: Any
) -> list[dict[str, Any]]:
    """Deliver `before`, then plan `after`."""
    state = replace(state, settings=VtexAdsSettings(**settings))
    state.publish(FIRST, before)
    state.plan(FIRST)
    state.courier(Partner()).deliver(FIRST)
    state.publish(SECOND, after)
    return state.rows(state.plan(SECOND))


def test_a_first_load_has_everyone_in_order(state: State) -> None:
    state.publish(FIRST, {"b": {}, "a": ANA, "é": {}})
    made = state.plan(FIRST)
    assert state.rows(made) == [delivered("a", ANA), delivered("b", {}), delivered("é", {})]
    assert (made.parts[0].from_snapshot, made.joined, made.changed, made.left, made.rows) == (
        None,
        3,
        0,
        0,
        3,
    )


def test_files_are_cut_named_by_their_content_and_have_the_partners_schema(state: State) -> None:
    state = replace(state, settings=VtexAdsSettings(rows_per_file=2))
    state.publish(FIRST, {"b": {}, "a": ANA, "c": {}})
    made = state.plan(FIRST)
    assert [file.rows for file in made.files] == [2, 1]
    for part, file in enumerate(made.files, start=1):
        path = state.layout.delta(NAME, FIRST) / file.name
        assert sha256(path.read_bytes()).hexdigest() == file.sha256
        assert file.name == f"{file.sha256[:16]}-{part:04d}.parquet.snappy"
        assert on_disk(path).stat().st_mode & 0o777 == 0o600
        assert pq.read_schema(path).equals(SCHEMA, check_metadata=False)
    assert state.plan(FIRST) == made, "the same rows give the same bytes"
    assert len(list(on_disk(state.layout.delta(NAME, FIRST)).iterdir())) == 3


def test_only_who_joined_or_changed_is_sent_with_the_whole_row(state: State) -> None:
    changed = {**ANA, "CITY": "Recife"}
    found = rows_of_second_day(state, {"a": ANA, "b": ANA}, {"a": ANA, "b": changed, "c": {}})
    assert found == [delivered("b", changed), delivered("c", {})]


def test_another_order_of_audiences_is_no_change_and_another_order_of_products_is_one(state: State) -> None:
    after = {"a": {**ANA, "AUDIENCES": "churn;vip"}, "b": {**ANA, "NBO_PRODUCTS": "2;1"}}
    assert rows_of_second_day(state, {"a": ANA, "b": ANA}, after) == [delivered("b", after["b"])]


DEPARTED: dict[Literal["blank", "clear_audiences", "keep"], list[dict[str, Any]]] = {
    "blank": [delivered("a", {})],
    "clear_audiences": [delivered("a", {**ANA, "AUDIENCES": None})],
    "keep": [],
}


@pytest.mark.parametrize(("departed", "rows"), DEPARTED.items(), ids=list(DEPARTED))
@pytest.mark.parametrize("after", [{}, {"b": {}}], ids=["nobody", "another"])
def test_who_left_gets_the_row_of_the_setting(
    state: State, departed: str, rows: list[dict[str, Any]], after: dict[str, Row]
) -> None:
    joined = [delivered("b", {})] if "b" in after else []
    assert rows_of_second_day(state, {"a": ANA}, after, departed=departed) == rows + joined


def test_what_is_sent_of_who_left_is_what_the_partner_holds_and_not_what_the_record_says_now(
    state: State,
) -> None:
    state = replace(state, settings=VtexAdsSettings(departed="clear_audiences"))
    changed = {**ANA, "CITY": "Elsewhere", "EMAIL_HASHED": "new@example.com"}
    state.publish(FIRST, {"a": ANA})
    state.plan(FIRST)
    state.courier(Partner()).deliver(FIRST)
    state.publish(SECOND, {"a": changed})  # never delivered
    state.publish(THIRD, {})
    assert state.rows(state.plan(THIRD)) == [delivered("a", {**ANA, "AUDIENCES": None})]


@pytest.mark.parametrize("departed", list(DEPARTED))
def test_of_who_withdraws_consent_nothing_is_kept_whatever_the_setting(state: State, departed: str) -> None:
    withdrawn: Row = {**ANA, "consent": False}
    rows = rows_of_second_day(state, {"a": ANA}, {"a": withdrawn}, departed=departed)
    assert rows == [delivered("a", {})]


def test_without_consent_nobody_joins_and_without_a_word_everybody_does(state: State) -> None:
    answers: dict[str, Row] = {
        "no": {"consent": False},
        "unsaid": {"consent": None},
        "yes": {"consent": True},
    }
    state.publish(FIRST, answers)
    assert [row["CUSTOMER_ID"] for row in state.rows(state.plan(FIRST))] == ["unsaid", "yes"]


def test_who_agrees_again_joins_again(state: State) -> None:
    assert rows_of_second_day(state, {"a": {**ANA, "consent": False}}, {"a": ANA}) == [delivered("a", ANA)]


def test_rows_that_break_the_contract_publish_nothing(state: State) -> None:
    state = replace(state, settings=VtexAdsSettings())
    state.publish(FIRST, {"a": ANA, "b": {"CUSTOMER_ID": " "}})
    with pytest.raises(ContractError, match=r"CUSTOMER_ID: not blank \(1 of 2 rows\)"):
        state.plan(FIRST)
    assert list(on_disk(state.layout.delta(NAME, FIRST)).iterdir()) == []


def test_a_segment_that_is_not_hashed_or_is_gone_says_what_to_materialize(state: State) -> None:
    state.publish(FIRST, {"a": ANA})
    segment = state.ledger.segment(f"{FIRST}-snapshot-{FIRST}")
    assert segment is not None
    assert segment.hashed_file is not None
    on_disk(state.layout.absolute(segment.hashed_file)).unlink()
    with pytest.raises(StateError, match="is missing: materialize hashed_customers for that day again"):
        state.plan(FIRST)


def test_an_index_that_is_gone_says_what_to_materialize(state: State) -> None:
    snapshot = state.ledger.snapshot(state.publish(FIRST, {"a": ANA}))
    assert snapshot is not None
    on_disk(state.layout.absolute(snapshot.index_file)).unlink()
    with pytest.raises(StateError, match="is missing: materialize normalized_customers for that day again"):
        state.plan(FIRST)


def test_a_segment_without_its_hashed_file_in_the_ledger_is_told(state: State) -> None:
    state.ledger.record_segment(Segment(f"{FIRST}-snapshot-{FIRST}", FIRST, "rules", None, 1))
    with pytest.raises(StateError):
        state.plan(FIRST)
