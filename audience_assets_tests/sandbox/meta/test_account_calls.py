import json

import pytest

from audience_assets.sandbox.meta.platform import Account
from audience_assets_tests.sandbox.meta.caller import (
    Caller,
    answer_of,
    batch,
    digest,
    digests,
    emails,
    upload,
)

REQUIRED = {"name": "Buyers", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY"}


def test_an_audience_is_created_empty(caller: Caller) -> None:
    audience = caller.create(
        "Compradores de maçã", description="Who bought", is_value_based="true", retention_days="180"
    )
    assert (audience.name, audience.description) == ("Compradores de maçã", "Who bought")
    assert (audience.subtype, audience.customer_file_source) == ("CUSTOM", "USER_PROVIDED_ONLY")
    assert (audience.is_value_based, audience.retention_days) == (True, 180)
    assert (audience.status, audience.members(), audience.schema_kind) == (200, [], None)


@pytest.mark.parametrize("source", ["PARTNER_PROVIDED_ONLY", "BOTH_USER_AND_PARTNER_PROVIDED"])
def test_customers_may_come_from_partners(caller: Caller, source: str) -> None:
    assert caller.create(customer_file_source=source).customer_file_source == source


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": " "},
        {"subtype": "LOOKALIKE"},
        {"subtype": ""},
        {"customer_file_source": ""},
        {"customer_file_source": "FOUND"},
        {"is_value_based": "perhaps"},
        {"retention_days": "0"},
        {"retention_days": "181"},
        {"retention_days": "ten"},
        {"colour": "red"},
    ],
)
def test_a_creation_with_a_wrong_parameter_is_refused(
    caller: Caller, account: Account, wrong: dict[str, str]
) -> None:
    assert caller.post(f"{account.id}/customaudiences", **(REQUIRED | wrong)).refusal == (100, None)
    assert account.audiences == {}


def test_two_audiences_may_have_one_name(caller: Caller, account: Account) -> None:
    assert caller.create("Buyers").id != caller.create("Buyers").id
    assert len(account.audiences) == 2


def test_an_account_has_only_so_many_audiences(caller: Caller, account: Account) -> None:
    account.audience_limit = 1
    caller.create()
    answer = caller.post(f"{account.id}/customaudiences", **REQUIRED)
    assert answer.refusal == (2654, None)
    assert len(account.audiences) == 1


def test_a_list_comes_in_pages(caller: Caller, account: Account) -> None:
    made = [caller.create(f"Audience {number}").id for number in range(5)]
    path = f"{account.id}/customaudiences"
    first = caller.get(path, limit=2, fields="name").body
    assert [one["name"] for one in first["data"]] == ["Audience 0", "Audience 1"]
    second = caller.get(path, limit=2, after=first["paging"]["cursors"]["after"]).body
    assert second["data"] == [{"id": made[2]}, {"id": made[3]}]
    last = answer_of(caller.http.get(second["paging"]["next"])).body
    assert last["data"] == [{"id": made[4]}]
    assert "next" not in last["paging"]
    assert "next" not in caller.get(path, limit=5).body["paging"]


def test_a_page_holds_25_unless_asked_otherwise(caller: Caller, account: Account) -> None:
    for number in range(26):
        caller.create(str(number))
    path = f"{account.id}/customaudiences"
    assert len(caller.get(path).body["data"]) == 25
    assert len(caller.get(path, limit=100).body["data"]) == 26


def test_a_list_of_nothing_has_no_pages(caller: Caller, account: Account) -> None:
    assert caller.get(f"{account.id}/customaudiences").body == {"data": []}


@pytest.mark.parametrize(
    ("operator", "value", "found"),
    [("EQUAL", "Buyers", [0]), ("CONTAIN", "Buyers", [0, 1]), ("EQUAL", "buyers", []), ("CONTAIN", "x", [])],
)
def test_a_list_is_filtered_by_name(
    caller: Caller, account: Account, operator: str, value: str, found: list[int]
) -> None:
    made = [caller.create(name).id for name in ("Buyers", "Buyers of shoes", "Others")]
    filtering = json.dumps([{"field": "name", "operator": operator, "value": value}])
    answer = caller.get(f"{account.id}/customaudiences", filtering=filtering)
    assert [one["id"] for one in answer.body["data"]] == [made[at] for at in found]


@pytest.mark.parametrize(
    "wrong",
    [
        {"filtering": "[name]"},
        {"filtering": '[{"field": "id", "operator": "EQUAL", "value": "1"}]'},
        {"filtering": '[{"field": "name", "operator": "LIKE", "value": "1"}]'},
        {"after": "!"},
        {"after": "bm9ib2R5"},
        {"limit": "0"},
        {"limit": "many"},
        {"fields": "colour"},
    ],
)
def test_a_list_that_cannot_be_made_is_refused(
    caller: Caller, account: Account, wrong: dict[str, str]
) -> None:
    caller.create()
    assert caller.get(f"{account.id}/customaudiences", **wrong).refusal == (100, None)


def test_an_account_tells_only_what_is_asked(caller: Caller, account: Account) -> None:
    assert caller.get(account.id).body == {"id": account.id}
    assert caller.get(account.id, fields="account_id,account_status").body == {
        "account_id": account.id.removeprefix("act_"),
        "account_status": 1,
        "id": account.id,
    }
    assert caller.get(account.id, fields="balance").refusal == (100, None)


def test_people_are_taken_out_of_every_audience_of_the_account(caller: Caller, account: Account) -> None:
    one, two = caller.create(), caller.create()
    caller.add(one, "a", "b")
    caller.add(two, "a", "c")
    answer = caller.post(f"{account.id}/usersofanyaudience", method="DELETE", **upload("a", ["bad"]))
    assert (emails(one), emails(two)) == (digests("b"), digests("c"))
    assert answer.body["num_received"] == 2
    assert answer.body["num_invalid_entries"] == 1
    again = upload("a", session=batch(9, 1, last=True))
    answer = caller.post(f"{account.id}/usersofanyaudience", method="DELETE", **again)
    assert answer.body["session_id"] == 9
    malformed = upload("a", session=batch(0, 1))
    answer = caller.post(f"{account.id}/usersofanyaudience", method="DELETE", **malformed)
    assert answer.refusal == (100, None)


def test_an_erasure_waits_for_a_replace_and_does_nothing_by_halves(caller: Caller, account: Account) -> None:
    one, two = caller.create(), caller.create()
    caller.add(one, [digest("a")])
    two.forced_status = 414
    answer = caller.post(f"{account.id}/usersofanyaudience", method="DELETE", **upload("a"))
    assert answer.refusal == (2650, 1870145)
    assert emails(one) == digests("a")
