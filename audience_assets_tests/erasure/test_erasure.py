"""One request removes a person from every partner and from everything of ours, stays, and is receipted without the person."""

import re
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

import duckdb
import pytest

from audience_assets import database
from audience_assets.erasure import carrying_out
from audience_assets.erasure.receipt import Receipt, receipts
from audience_assets.erasure.requests import ErasureRequest
from audience_assets.errors import DeliveryInterruptedError, ExtractError
from audience_assets.sandbox.meta.faults import Fault
from audience_assets.storage import state_reading
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.assets.tiktok_advertiser import TOKEN as TIKTOK_TOKEN
from audience_assets_tests.three_partners import EVERYBODY, World, person


def erase(world: World, **identifiers: Any) -> Receipt:
    """Ask for somebody's erasure, carry it out, and return the receipt."""
    carrying_out.register(world.pipeline, [ErasureRequest(request="R-1", **identifiers)])
    carrying_out.settle(world.pipeline, carrying_out.deliver(world.pipeline))
    return receipt_of(world)


def receipt_of(world: World) -> Receipt:
    """The receipt of the one request."""
    with world.pipeline.ledger() as ledger:
        [receipt] = receipts(ledger)
    return receipt


def rows_of(world: World, customer: str) -> dict[str, int]:
    """How many rows of a customer each Parquet file of ours has."""
    found = {}
    for file in sorted(world.pipeline.layout.root.rglob("*.parquet*")):  # type: ignore[union-attr]
        with database.connect(world.pipeline.settings, rules=False) as connection:
            rows = connection.read_parquet(state_reading.names(connection, [file]), hive_partitioning=False)
            key = duckdb.ColumnExpression(rows.columns[0])
            found[file.name] = len(rows.filter(key == duckdb.ConstantExpression(customer)).fetchall())
    return {name: number for name, number in found.items() if number}


@pytest.mark.parametrize(
    "identifiers",
    [
        {"customer_id": "c3"},
        {"email": "PERSON3@example.com"},
        {"phone": "11 98765 0003"},
        {"social_id": person(3)["social_id"]},
        {"email": sha256(b"person3@example.com").hexdigest()},
    ],
)
def test_a_person_vanishes_from_every_partner_and_from_our_files(
    world: World, identifiers: dict[str, str]
) -> None:
    assert rows_of(world, "c3")
    receipt = erase(world, **identifiers)
    assert world.held() == (11, 11, 11)
    assert "c3" not in world.at_vtex_ads()
    assert rows_of(world, "c3") == {}
    assert rows_of(world, "c4")
    assert receipt.done_at is not None
    assert receipt.rows_removed > 0
    assert not receipt.overdue


def test_the_receipt_names_every_place_and_nobody(world: World) -> None:
    receipt = erase(world, email="person3@example.com")
    assert {(place.destination, place.audience) for place in receipt.places} == {
        ("vtex_ads", ""), ("tiktok", "vip"), ("meta", "vip"), ("meta", "*"),
    }  # fmt: skip
    assert not any(place.open for place in receipt.places)
    told = receipt.model_dump_json()
    theirs = person(3)
    for value in ("c3", *(str(theirs[name]) for name in ("email", "phone", "social_id", "first_name"))):
        assert not re.search(rf"\b{re.escape(value)}\b", told)
        assert sha256(value.encode()).hexdigest() not in told


def test_meta_is_asked_for_its_whole_account(world: World) -> None:
    stranger = next(iter(world.meta.account.audiences.values()))
    world.meta.account.record = True
    erase(world, customer_id="c3")
    asked = [call for call in world.meta.account.calls if call.operation == "remove_everywhere"]
    assert len(asked) == 1
    assert stranger.size() == 11


def test_a_day_after_does_not_bring_the_person_back(world: World) -> None:
    erase(world, customer_id="c3")
    world.run(DAYS[1], EVERYBODY)
    assert world.held() == (11, 11, 11)
    assert rows_of(world, "c3") == {}


def test_an_older_day_run_again_does_not_bring_the_person_back(world: World) -> None:
    world.run(DAYS[1], EVERYBODY)
    erase(world, customer_id="c3")
    world.prepare(DAYS[0])
    world.prepare(DAYS[1])
    world.run(DAYS[1])
    assert world.held() == (11, 11, 11)


def test_the_same_person_under_another_id_stays_out(world: World) -> None:
    erase(world, customer_id="c3")
    again = person(3, customer_id="another")
    world.run(DAYS[1], [*EVERYBODY, again, person(99)])
    assert world.held() == (12, 12, 12)
    assert "another" not in world.at_vtex_ads()


def test_somebody_who_shares_a_phone_stays(world: World) -> None:
    shared = person(50, phone=person(3)["phone"])
    world.run(DAYS[1], [*EVERYBODY, shared])
    erase(world, customer_id="c3")
    world.run(DAYS[2], [*EVERYBODY, shared])
    assert "c50" in world.at_vtex_ads()
    [vip] = world.meta.account.audiences.values()
    held = {value for _, value in vip.identifiers()}
    assert sha256(str(shared["phone"]).lstrip("+").encode()).hexdigest() in held
    assert sha256(str(shared["email"]).encode()).hexdigest() in held
    assert sha256(b"person3@example.com").hexdigest() not in held


def test_a_request_that_stands_for_many_is_refused(world: World) -> None:
    shop = "+551130000000"
    world.run(DAYS[1], [{**row, "phone": shop} for row in EVERYBODY])
    with pytest.raises(ExtractError, match="stand for 12 customers"):
        carrying_out.register(world.pipeline, [ErasureRequest(request="R-1", phone=shop)])
    with world.pipeline.ledger() as ledger:
        assert ledger.erasures.tombstones() == []


def test_a_person_nobody_knows_is_kept_out_from_then_on(world: World) -> None:
    receipt = erase(world, email="person77@example.com")
    assert (receipt.customers, receipt.places) == (0, [])
    assert receipt.done_at is not None
    world.run(DAYS[1], [*EVERYBODY, person(77)])
    assert world.held() == (12, 12, 12)


def test_a_partner_that_refuses_leaves_the_request_open_until_it_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TIKTOK_TOKEN, "another")
    receipt = erase(world, customer_id="c3")
    assert receipt.done_at is None
    assert {place.destination for place in receipt.places if place.open} == {"tiktok"}
    assert rows_of(world, "c3")  # a removal still has to be sent
    monkeypatch.setenv(TIKTOK_TOKEN, world.tiktok.advertiser.access_token)
    carrying_out.settle(world.pipeline, carrying_out.deliver(world.pipeline))
    assert receipt_of(world).done_at is not None
    assert world.held() == (11, 11, 11)
    assert rows_of(world, "c3") == {}


def test_an_addition_under_way_is_finished_and_then_removed(world: World) -> None:
    world.land(DAYS[1], [*EVERYBODY, person(60)])
    world.prepare(DAYS[1])
    at = date.fromisoformat(DAYS[1])
    world.pipeline.plan("meta", at)
    world.meta.account.faults.append(Fault("users_add", "drop_after", times=20))
    with pytest.raises(DeliveryInterruptedError):
        world.pipeline.deliver("meta", at)
    assert world.at_meta() == 13
    world.meta.account.faults.clear()
    receipt = erase(world, customer_id="c60")
    assert world.held() == (12, 12, 12)
    assert receipt.done_at is not None


def test_a_deadline_that_passed_is_told(world: World) -> None:
    asked = datetime.now(UTC) - timedelta(days=30)
    request = ErasureRequest(request="R-1", customer_id="c3", asked_at=asked)
    carrying_out.register(world.pipeline, [request])
    assert receipt_of(world).overdue


@pytest.mark.parametrize("departed", ["blank", "clear_audiences", "keep"])
def test_vtex_ads_gets_a_blank_row(make: Any, departed: str) -> None:
    world: World = make(vtex_ads={"departed": departed})
    world.run(DAYS[0], EVERYBODY)
    carrying_out.register(world.pipeline, [ErasureRequest(request="R-1", customer_id="c3")])
    world.run(DAYS[1], EVERYBODY)  # the ordinary day, not `deliver`
    carrying_out.settle(world.pipeline)
    assert "c3" not in world.at_vtex_ads()
    assert receipt_of(world).done_at is not None
