"""Whoever is on the suppression list, or withdraws consent, is removed by the next run from wherever they were delivered."""

from datetime import date
from hashlib import sha256
from typing import Any

import pytest

from audience_assets.errors import AudienceAssetsError
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.three_partners import EVERYBODY, World, person

LISTED = {"path": "suppressed.csv"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("customer_id", "c3"),
        ("email", " Person3@Example.com "),
        ("email", sha256(b"person3@example.com").hexdigest().upper()),
        ("phone", "(11) 98765-0003"),
        ("phone", sha256(b"+5511987650003").hexdigest()),
        ("social_id", person(3)["social_id"]),
    ],
)
def test_an_unchanged_customer_is_removed_from_every_partner(make: Any, column: str, value: str) -> None:
    world: World = make(suppression=LISTED)
    listed = world.folder / "suppressed.csv"
    listed.write_text(f"{column}\n")
    world.run(DAYS[0], EVERYBODY)
    assert world.held() == (12, 12, 12)
    listed.write_text(f"{column}\n{value}\n")
    world.run(DAYS[1], EVERYBODY)
    assert world.held() == (11, 11, 11)
    assert "c3" not in world.at_vtex_ads()


def test_the_same_day_again_obeys_a_list_that_has_changed(make: Any) -> None:
    world: World = make(suppression=LISTED)
    listed = world.folder / "suppressed.csv"
    listed.write_text("customer_id\nnobody\n")
    world.run(DAYS[0], EVERYBODY)
    listed.write_text("customer_id\nc3\nc4\n")
    world.run(DAYS[0])
    assert world.held() == (10, 10, 10)


def test_somebody_new_is_never_delivered(make: Any) -> None:
    world: World = make(suppression=LISTED)
    (world.folder / "suppressed.csv").write_text("email\nperson5@example.com\n")
    world.run(DAYS[0], EVERYBODY)
    assert world.held() == (11, 11, 11)


def test_whoever_is_taken_off_the_list_is_delivered_again(make: Any) -> None:
    world: World = make(suppression=LISTED)
    listed = world.folder / "suppressed.csv"
    listed.write_text("customer_id\nc3\n")
    world.run(DAYS[0], EVERYBODY)
    listed.write_text("customer_id\nnobody\n")
    world.run(DAYS[1], EVERYBODY)
    assert world.held() == (12, 12, 12)


def test_an_identifier_counts_that_the_customer_has_now(make: Any) -> None:
    world: World = make(suppression=LISTED)
    (world.folder / "suppressed.csv").write_text("email\nperson5@example.com\n")
    world.run(DAYS[0], EVERYBODY)
    moved = [person(5, email="other@example.com") if row["customer_id"] == "c5" else row for row in EVERYBODY]
    world.run(DAYS[1], moved)
    assert world.held() == (12, 12, 12)


@pytest.mark.parametrize("departed", ["blank", "clear_audiences", "keep"])
def test_vtex_ads_gets_a_blank_row_however_departures_are_told(make: Any, departed: str) -> None:
    world: World = make(vtex_ads={"departed": departed}, suppression=LISTED)
    listed = world.folder / "suppressed.csv"
    listed.write_text("customer_id\nnobody\n")
    world.run(DAYS[0], EVERYBODY)
    listed.write_text("customer_id\nc3\n")
    world.run(DAYS[1], EVERYBODY)
    assert "c3" not in world.at_vtex_ads()


@pytest.mark.parametrize("departed", ["blank", "keep"])
def test_whoever_withdraws_consent_is_blanked_at_vtex_ads(make: Any, departed: str) -> None:
    world: World = make(vtex_ads={"departed": departed})
    world.run(DAYS[0], [{**row, "consent": "yes"} for row in EVERYBODY])
    world.run(
        DAYS[1], [{**row, "consent": "no" if row["customer_id"] == "c3" else "yes"} for row in EVERYBODY]
    )
    assert world.held() == (11, 11, 11)


def test_a_list_that_is_not_there_stops_the_day(make: Any) -> None:
    world: World = make(suppression=LISTED)
    world.land(DAYS[0], EVERYBODY)
    world.pipeline.read_extract(date.fromisoformat(DAYS[0]))
    with pytest.raises(AudienceAssetsError, match=r"the suppression list: .* is not there"):
        world.pipeline.normalize(date.fromisoformat(DAYS[0]))


def test_a_list_without_a_column_that_names_anybody_is_refused(make: Any) -> None:
    world: World = make(suppression=LISTED)
    (world.folder / "suppressed.csv").write_text("mail\nperson5@example.com\n")
    world.land(DAYS[0], EVERYBODY)
    world.pipeline.read_extract(date.fromisoformat(DAYS[0]))
    with pytest.raises(AudienceAssetsError, match="none of the columns"):
        world.pipeline.normalize(date.fromisoformat(DAYS[0]))


def test_entries_that_name_nobody_are_counted(make: Any) -> None:
    world: World = make(suppression=LISTED)
    (world.folder / "suppressed.csv").write_text("email,phone\nnot an address,12\nperson5@example.com,\n")
    world.land(DAYS[0], EVERYBODY)
    world.pipeline.read_extract(date.fromisoformat(DAYS[0]))
    made = world.pipeline.normalize(date.fromisoformat(DAYS[0]))
    assert (made.suppression_rows, made.suppression_unusable, made.withheld) == (2, 1, 1)


@pytest.mark.parametrize(
    ("policy", "answer", "delivered"),
    [
        ("opt_out", None, True),
        ("opt_out", "no", False),
        ("opt_out", "revoked on paper", False),
        ("opt_in", None, False),
        ("opt_in", "yes", True),
        ("opt_in", "revoked on paper", False),
    ],
)
def test_what_holds_without_an_answer_is_the_destinations_policy(
    make: Any, policy: str, answer: str | None, *, delivered: bool
) -> None:
    world: World = make(vtex_ads={"consent": policy})
    day = date.fromisoformat(DAYS[0])
    world.land(DAYS[0], [{**row, "consent_vtex_ads": answer, "email": row["email"]} for row in EVERYBODY])
    world.prepare(DAYS[0])
    world.pipeline.plan("vtex_ads", day)
    world.pipeline.deliver("vtex_ads", day)
    assert len(world.at_vtex_ads()) == (12 if delivered else 0)
