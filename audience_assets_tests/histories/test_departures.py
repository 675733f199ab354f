"""Who leaves: absence in a full extract, a flag in an incremental one, a consent that is withdrawn."""

from collections.abc import Callable

import pytest

from audience_assets_tests.histories.model import Departed, Model
from audience_assets_tests.histories.people import COLUMNS
from audience_assets_tests.histories.small import day, people, person
from audience_assets_tests.histories.world import World

pytestmark = pytest.mark.usefixtures("one_database")
NewWorld = Callable[..., World]
EVERY_COLUMN = (*COLUMNS, "departed")


@pytest.mark.parametrize(
    ("departed", "email", "audiences"),
    [("blank", False, False), ("clear_audiences", True, False), ("keep", True, True)],
)
def test_who_left_is_told_as_the_setting_says(
    new_world: NewWorld, departed: Departed, *, email: bool, audiences: bool
) -> None:
    world = new_world(Model(departed=departed))
    world.run(day(0), people("stays", "leaves", "withdraws"))
    world.run(day(1), [person("stays"), person("withdraws", consent="não")])
    row = world.partner.holds["leaves"]
    assert (row["EMAIL_HASHED"] is not None, row["AUDIENCES"] is not None) == (email, audiences)
    withdrawn = {**world.partner.holds["withdraws"], "CUSTOMER_ID": None}
    assert set(withdrawn.values()) == {None}, "whatever becomes of who left, nothing is kept of who withdrew"
    assert world.partner.rows_received == (4 if departed == "keep" else 5)


@pytest.mark.parametrize("departed", ["blank", "clear_audiences", "keep"])
def test_who_returns_is_sent_whole_again(new_world: NewWorld, departed: Departed) -> None:
    world = new_world(Model(departed=departed))
    for number, extract in enumerate((people("a", "b"), people("a"), people("a", "b"), people("a", "b"))):
        world.run(day(number), extract)
    assert world.partner.holds["b"]["EMAIL_HASHED"]
    assert world.partner.rows_received == (3 if departed == "keep" else 4)


def test_who_never_agreed_is_never_mentioned(new_world: NewWorld) -> None:
    world = new_world()
    world.run(day(0), [person("a"), person("b", consent="no")])
    world.run(day(1), people("a"))
    assert set(world.partner.holds) == {"a"}


def test_an_ambiguous_row_changes_nothing_at_the_partner(new_world: NewWorld) -> None:
    world = new_world()
    world.run(day(0), people("a", "b"))
    world.run(
        day(1), [*people("a", "b"), person("b", city="Recife"), *people("new"), person("new", city="Natal")]
    )
    assert world.partner.rows_received == 2
    world.run(day(2), [person("a"), person("b", city="Recife"), person("new", city="Natal")])
    assert world.partner.rows_received == 4


def test_in_an_incremental_extract_absence_means_nothing(new_world: NewWorld) -> None:
    world = new_world(Model(incremental=True))
    world.columns = EVERY_COLUMN
    world.run(day(0), people("a", "b", "c"))
    world.run(day(1), [person("a", city="Recife")])
    world.run(day(3), [person("b", departed="yes"), person("d"), person("unknown", departed="sim")])
    assert {"a", "c", "d"} == {who for who, row in world.partner.holds.items() if row["EMAIL_HASHED"]}
    world.run(day(3), [person("d")])  # a correction: b did not leave after all
    assert world.partner.holds["b"]["EMAIL_HASHED"]
    world.run(day(4), [])
    assert world.partner.rows_received == 3 + 1 + 2 + 1
