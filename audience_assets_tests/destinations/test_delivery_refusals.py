"""What a courier refuses to send: files that changed, deltas that are out of date, days that are too old."""

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.errors import ContractError, DeliveryInterruptedError, OutOfOrderError, StateError
from audience_assets.ledger import BatchStatus
from audience_assets.storage import files
from audience_assets_tests.destinations.state import NAME, Partner, State, only
from audience_assets_tests.on_disk import on_disk

FIRST, SECOND, THIRD = (date(2026, 11, number) for number in (1, 2, 3))
PEOPLE = {"a": {"CITY": "Santos"}, "b": {"CITY": "Recife"}, "c": {"CITY": "Natal"}}
PARTS = len(PEOPLE)


def file_of(state: State, made: DeltaManifest, number: int) -> Path:
    return on_disk(state.layout.delta(NAME, made.day)) / made.files[number].name


def statuses(state: State) -> list[BatchStatus]:
    newest = state.ledger.deliveries(NAME)[0]
    return [batch.status for batch in state.ledger.batches(newest.id)]


@pytest.mark.parametrize("how", ["changed", "cut off", "missing"])
def test_a_file_that_is_not_what_was_made_is_refused_before_anything_is_planned(
    state: State, how: str
) -> None:
    state.publish(FIRST, PEOPLE)
    path = file_of(state, state.plan(FIRST), 2)
    if how == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + (b"!" if how == "changed" else b""))
    partner = Partner()
    sentence = (
        "is missing: materialize vtex_ads/delta"
        if how == "missing"
        else "is not what was planned: its bytes changed"
    )
    with pytest.raises(StateError, match=sentence):
        state.courier(partner).deliver(FIRST)
    assert (partner.taken, state.ledger.deliveries(NAME)) == ([], [])


def test_a_file_that_changed_after_the_plan_is_not_sent(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    path = file_of(state, state.plan(FIRST), 1)
    with pytest.raises(DeliveryInterruptedError):
        state.courier(Partner(fail_before={1})).deliver(FIRST)
    path.write_bytes(b"another")
    partner = Partner()
    with pytest.raises(StateError, match=r"its bytes changed\. Materialize vtex_ads/delta again"):
        state.courier(partner).deliver(FIRST)
    assert len(partner.taken) == 1
    assert statuses(state) == [BatchStatus.ACKNOWLEDGED, BatchStatus.PLANNED, BatchStatus.PLANNED]


def test_a_file_of_another_shape_is_refused_though_its_manifest_names_its_bytes(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    made = state.plan(FIRST)
    path = file_of(state, made, 0)
    pq.write_table(pq.read_table(path).drop_columns(["CEP"]), path)
    wrong = made.files[0].model_copy(update={"sha256": files.sha256_of(path)})
    part = made.parts[0].model_copy(update={"files": [wrong, *made.files[1:]]})
    made.model_copy(update={"parts": [part]}).write(state.layout.delta(NAME, FIRST))
    with pytest.raises(ContractError, match="was written wrong and is not delivered: its columns are"):
        state.courier(Partner()).deliver(FIRST)


def test_a_day_without_a_delta_is_refused(state: State) -> None:
    with pytest.raises(StateError, match="vtex_ads/delta has nothing for this day yet"):
        state.courier(Partner()).deliver(FIRST)


def test_a_stale_delta_is_refused_with_what_to_do(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    state.plan(FIRST)
    state.publish(SECOND, PEOPLE | {"d": {}})
    state.plan(SECOND)
    partner = Partner()
    state.courier(partner).deliver(FIRST)
    with pytest.raises(OutOfOrderError) as caught:
        state.courier(partner).deliver(SECOND)
    assert str(caught.value) == (
        "the delta of 2026-11-02 for vtex_ads was made before another delivery was finished: "
        "materialize vtex_ads/delta for that day again, then vtex_ads/delivery"
    )
    assert len(partner.taken) == PARTS
    state.plan(SECOND)
    assert len(only(state.courier(partner).deliver(SECOND)).sent) == 1


def test_an_older_day_is_refused(state: State) -> None:
    state.publish(FIRST, PEOPLE)
    older = state.plan(FIRST)
    key = state.publish(SECOND, PEOPLE)
    state.plan(SECOND)
    partner = Partner()
    state.courier(partner).deliver(SECOND)
    with pytest.raises(OutOfOrderError):
        state.courier(partner).deliver(FIRST)
    part = older.parts[0].model_copy(update={"from_snapshot": key})
    older.model_copy(update={"parts": [part]}).write(state.layout.delta(NAME, FIRST))
    with pytest.raises(OutOfOrderError, match="'vtex_ads' holds 2026-11-02 and cannot go back to 2026-11-01"):
        state.courier(partner).deliver(FIRST)
    assert len(partner.taken) == PARTS
