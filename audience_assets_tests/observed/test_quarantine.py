"""The quarantine has what is refused as of a day, since when, and nothing whose cause is gone."""

from dataclasses import replace
from typing import Any

import duckdb
import pytest

from audience_assets.errors import StateError
from audience_assets.rules import canonical, email, lists
from audience_assets.storage.state_reading import columns
from audience_assets_tests.observed.quarantining import DAYS, REASONS, Refusing, customer
from audience_assets_tests.on_disk import on_disk

pytestmark = pytest.mark.usefixtures("one_database")
FIRST, SECOND, THIRD, *_ = DAYS
NO_AT = ("a", "", "email", "no @")
A, B = customer("a", email="nobody"), customer("b")


def test_the_first_day_has_everything_that_is_refused(refusing: Refusing) -> None:
    rows = [
        customer(f"c{number}", **{name: ["vip", "a;b"] if name == "audiences" else value})
        for number, (name, value) in enumerate(REASONS)
    ]
    found = refusing.day(FIRST, [*rows, B])
    assert refusing.seen(found) == {
        (f"c{number}", *said): (FIRST, FIRST) for number, said in enumerate(REASONS.values())
    }
    assert (found.rows, found.new, found.gone, found.complete) == (len(REASONS), len(REASONS), 0, True)
    rules = {row["field"]: (row["rule"], row["kind"]) for row in refusing.entries(found)}
    assert rules["email"] == (f"email@{email.CANONICAL.version}", "field")
    assert rules["AUDIENCES"] == (f"list.joined_set@{lists.JOINED_SET.version}", "form")


def test_who_did_not_change_is_seen_first_when_they_were(refusing: Refusing) -> None:
    refusing.day(FIRST, [A, B])
    found = refusing.day(SECOND, [A, B])
    assert refusing.seen(found) == {NO_AT: (FIRST, SECOND)}
    assert (found.new, found.gone) == (0, 0)


def test_who_changed_elsewhere_keeps_the_day_too(refusing: Refusing) -> None:
    refusing.day(FIRST, [A, B])
    found = refusing.day(SECOND, [A | {"phone": "+5511987654322"}, B])
    assert refusing.seen(found) == {NO_AT: (FIRST, SECOND)}


def test_a_mended_value_vanishes_and_comes_back_as_a_new_entry(refusing: Refusing) -> None:
    refusing.day(FIRST, [A, B])
    found = refusing.day(SECOND, [customer("a"), B])
    assert (refusing.entries(found), found.gone) == ([], 1)
    assert refusing.seen(refusing.day(THIRD, [A, B])) == {NO_AT: (THIRD, THIRD)}


def test_another_reason_for_the_same_field_is_a_new_entry(refusing: Refusing) -> None:
    refusing.day(FIRST, [customer("a", phone="1", email="nobody")])
    found = refusing.day(SECOND, [customer("a", phone="12", email="nobody")])
    assert refusing.seen(found) == {NO_AT: (FIRST, SECOND), ("a", "", "phone", "too short"): (SECOND, SECOND)}
    assert (found.new, found.gone) == (1, 1)


@pytest.mark.parametrize("extract", ["full", "incremental"])
def test_who_left_vanishes(refusing: Refusing, extract: str) -> None:
    source = {"path": str(refusing.folder / "extract" / "{day}.parquet"), "extract": extract}
    bent = refusing.bent(source=source)
    bent.day(FIRST, [A | {"departed": "no"}, B | {"departed": "no"}])
    gone = [B | {"departed": "no"}] if extract == "full" else [A | {"departed": "yes"}]
    assert bent.entries(bent.day(SECOND, gone)) == []


def test_in_an_incremental_extract_absence_means_nothing(refusing: Refusing) -> None:
    source = {"path": str(refusing.folder / "extract" / "{day}.parquet"), "extract": "incremental"}
    bent = refusing.bent(source=source)
    bent.day(FIRST, [A, B])
    assert bent.seen(bent.day(SECOND, [B])) == {NO_AT: (FIRST, SECOND)}


def test_a_new_version_of_a_rule_is_looked_at_anew(
    refusing: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing.day(FIRST, [A, customer("c", phone="1")])
    milder = replace(email.CANONICAL, version=email.CANONICAL.version + 1, refusal="'not an address'")
    rules = tuple(milder if rule is email.CANONICAL else rule for rule in canonical.RULES)
    monkeypatch.setattr(canonical, "RULES", rules)
    found = refusing.day(SECOND, [A, customer("c", phone="1")])
    assert refusing.seen(found) == {
        ("a", "", "email", "not an address"): (SECOND, SECOND),
        ("c", "", "phone", "not a phone number"): (FIRST, SECOND),
    }
    [entry] = [row for row in refusing.entries(found) if row["field"] == "email"]
    assert entry["rule"] == f"email@{milder.version}"


def test_a_new_version_that_refuses_the_same_stands_there_with_the_first_day(
    refusing: Refusing, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing.day(FIRST, [A])
    later = replace(email.CANONICAL, version=email.CANONICAL.version + 1)
    rules = tuple(later if rule is email.CANONICAL else rule for rule in canonical.RULES)
    monkeypatch.setattr(canonical, "RULES", rules)
    [entry] = refusing.entries(refusing.day(SECOND, [A]))
    assert (entry["rule"], entry["first_seen"]) == (f"email@{later.version}", FIRST)


def test_another_setting_is_looked_at_anew(refusing: Refusing) -> None:
    brazilian = customer("a", phone="(11) 98765-4321")
    abroad = refusing.bent(rules={"default_country": "PT"})
    [entry] = abroad.entries(abroad.day(FIRST, [brazilian]))
    assert entry["field"] == "phone"
    assert refusing.entries(refusing.day(SECOND, [brazilian])) == []


def test_the_same_day_again_says_the_same(refusing: Refusing) -> None:
    refusing.day(FIRST, [A, B])
    found = refusing.day(SECOND, [A, customer("b", phone="1")])
    again = refusing.run.quarantine(SECOND)
    assert again == found
    assert refusing.seen(again)[NO_AT] == (FIRST, SECOND)


def test_a_corrected_day_is_compared_with_the_day_before_it(refusing: Refusing) -> None:
    refusing.day(FIRST, [A, B])
    refusing.day(SECOND, [customer("a"), customer("b", phone="1")])
    found = refusing.day(SECOND, [A, B])
    assert refusing.seen(found) == {NO_AT: (FIRST, SECOND)}


def test_without_the_quarantine_before_it_is_made_from_the_records(refusing: Refusing) -> None:
    refusing.build(FIRST, [A, customer("c", phone="1"), customer("d", phone="1")])
    refusing.build(SECOND, [A, customer("c"), customer("d", phone="12")])
    found = refusing.day(THIRD, [A, customer("c"), customer("d", phone="12"), customer("e", phone="1")])
    assert found.complete
    assert refusing.seen(found) == {
        NO_AT: (FIRST, THIRD),
        ("d", "", "phone", "too short"): (SECOND, THIRD),
        ("e", "", "phone", "not a phone number"): (THIRD, THIRD),
    }


def forget_records(refusing: Refusing, day: Any) -> None:
    """As retention does."""
    with refusing.run.ledger() as ledger:
        for segment in ledger.every_segment():
            if segment.day == day:
                ledger.forget_normalized_file(segment.name)


def test_it_says_whom_it_cannot_look_at_until_their_rows_change(refusing: Refusing) -> None:
    refusing.build(FIRST, [A, customer("c", phone="1")])
    forget_records(refusing, FIRST)
    found = refusing.day(SECOND, [A, customer("c", phone="12")])
    assert refusing.seen(found) == {("c", "", "phone", "too short"): (SECOND, SECOND)}
    assert (found.complete, [name[:10] for name in found.unknown]) == (False, [str(FIRST)])
    assert not refusing.day(THIRD, [A, customer("c", phone="12")]).complete
    changed = refusing.day(DAYS[3], [A | {"phone": "1"}, customer("c", phone="12")])
    assert changed.complete
    assert refusing.seen(changed)[NO_AT] == (DAYS[3], DAYS[3])


def test_a_day_whose_records_are_gone_keeps_the_quarantine_that_it_has(refusing: Refusing) -> None:
    refusing.day(FIRST, [A])
    found = refusing.day(SECOND, [A, customer("c", phone="1")])
    forget_records(refusing, SECOND)
    again = refusing.run.quarantine(SECOND)
    assert refusing.seen(again) == {
        NO_AT: (FIRST, SECOND),
        ("c", "", "phone", "not a phone number"): (SECOND,) * 2,
    }
    assert again.rows == found.rows
    assert again.complete


def test_without_the_hashed_customers_there_is_none(refusing: Refusing) -> None:
    refusing.land(FIRST, [A])
    with pytest.raises(StateError, match="hashed_customers has nothing for this day yet"):
        refusing.run.quarantine(FIRST)


def test_the_customer_stands_first_in_its_files_so_that_an_erasure_finds_them(refusing: Refusing) -> None:
    found = refusing.day(FIRST, [A])
    with duckdb.connect() as connection:
        file = on_disk(refusing.run.layout.absolute(found.file))
        assert columns(connection, file)[0] == "customer_id"
