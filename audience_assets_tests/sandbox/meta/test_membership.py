import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets_tests.sandbox.meta.caller import Caller, digest, digests, emails

MARY, PHONE, FIRST, LAST, CITY = (digest(text) for text in ("mary@x", "1555", "mary", "smith", "newyork"))


def test_an_equal_row_again_changes_nothing(caller: Caller, audience: Audience) -> None:
    caller.add(audience, [MARY, FIRST], schema=["EMAIL", "FN"])
    caller.add(audience, [FIRST, MARY, ""], schema=["FN", "EMAIL", "LN"])
    assert audience.members() == [{"EMAIL": MARY, "FN": FIRST}]
    assert audience.size() == 1


def test_a_row_holds_each_strong_key_and_all_other_cells_together(caller: Caller, audience: Audience) -> None:
    caller.add(audience, [FIRST, MARY, LAST, PHONE], schema=["FN", "EMAIL", "LN", "PHONE"])
    assert audience.identifiers() == {
        ("EMAIL", MARY),
        ("PHONE", PHONE),
        ("COMPOSITE", (("FN", FIRST), ("LN", LAST))),
    }


def test_one_other_cell_alone_identifies_nobody_and_is_known_by_its_row(
    caller: Caller, audience: Audience
) -> None:
    caller.add(audience, [CITY], schema=["CT"])
    assert audience.identifiers() == set()
    assert audience.members() == [{"CT": CITY}]
    caller.remove(audience, [CITY], schema=["CT"])
    assert audience.members() == []


def test_a_removal_takes_out_each_identifier_that_stands_in_it(caller: Caller, audience: Audience) -> None:
    schema = ["EMAIL", "PHONE"]
    caller.add(audience, [MARY, PHONE], [digest("b"), PHONE], schema=schema)
    caller.remove(audience, [MARY, ""], schema=schema)
    assert audience.identifiers() == {("EMAIL", digest("b")), ("PHONE", PHONE)}
    assert len(audience.members()) == audience.size() == 2
    caller.remove(audience, ["", PHONE], schema=schema)
    assert audience.identifiers() == {("EMAIL", digest("b"))}
    assert audience.members() == [{"EMAIL": digest("b"), "PHONE": PHONE}]


def test_a_composite_is_removed_only_as_a_whole(caller: Caller, audience: Audience) -> None:
    caller.add(audience, [FIRST, LAST, CITY], schema=["FN", "LN", "CT"])
    caller.remove(audience, [FIRST, LAST], schema=["FN", "LN"])
    assert audience.size() == 1
    caller.remove(audience, [CITY, LAST, FIRST], schema=["CT", "LN", "FN"])
    assert audience.size() == 0


def test_what_was_removed_can_be_added_again_and_brings_nobody_else_back(
    caller: Caller, audience: Audience
) -> None:
    schema = ["EMAIL", "PHONE"]
    caller.add(audience, [MARY, PHONE], schema=schema)
    caller.remove(audience, [MARY, PHONE], schema=schema)
    caller.add(audience, [MARY, ""], schema=schema)
    assert audience.members() == [{"EMAIL": MARY}]
    assert audience.identifiers() == {("EMAIL", MARY)}


def test_removing_whom_nobody_added_changes_nothing(caller: Caller, audience: Audience) -> None:
    caller.add(audience, "a")
    assert caller.remove(audience, "b").refusal is None
    assert emails(audience) == digests("a")


@pytest.fixture
def two_people(account: Account) -> None:
    """Two people who share a phone; a row with both addresses is the first one's."""
    account.people = [
        frozenset({("EMAIL", MARY), ("PHONE", PHONE)}),
        frozenset({("EMAIL", digest("john@x")), ("PHONE", PHONE)}),
    ]


@pytest.mark.usefixtures("two_people")
def test_people_are_found_by_any_strong_key_and_the_first_one_counts(
    caller: Caller, audience: Audience, account: Account
) -> None:
    schema = ["EMAIL", "PHONE", "FN"]
    caller.add(audience, [digest("john@x"), "", FIRST], [digest("nobody@x"), "", ""], schema=schema)
    assert audience.people() == {1}
    caller.add(audience, [digest("nobody@x"), PHONE, ""], schema=schema)
    assert audience.people() == {0, 1}
    account.matching = "people"
    assert audience.size() == 2
    caller.remove(audience, [digest("john@x"), PHONE, ""], schema=schema)
    assert audience.people() == {1}


@pytest.mark.usefixtures("two_people")
def test_a_removal_takes_out_the_person_by_whichever_key_finds_them(
    caller: Caller, audience: Audience
) -> None:
    caller.add(audience, "mary@x", "john@x")
    assert audience.people() == {0, 1}
    caller.remove(audience, [PHONE], schema=["PHONE"])
    assert audience.people() == {1}
    assert emails(audience) == {MARY, digest("john@x")}
