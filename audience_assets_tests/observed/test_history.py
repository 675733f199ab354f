"""The history of a customer says what was sent of them to whom and what became of it, also when the files are gone, and nothing of who they are."""

from hashlib import sha256
from typing import Any

import pytest

from audience_assets.destinations.meta.refused_people import REASON
from audience_assets.errors import StateError
from audience_assets.observed.history import History, Sent
from audience_assets_tests.assets.deployment import DAYS
from audience_assets_tests.observed.playing import EVERYBODY, Played, history_of

Told = tuple[str, str, str, str, bool]


def told(found: History) -> list[Told]:
    """Day, destination, audience, operation and whether it was a blank row, in order."""
    return sorted(
        (str(row.day), row.destination, row.audience, row.operation, row.blank) for row in found.sent
    )


def at(found: History, day: str, destination: str, operation: str) -> Sent:
    """The one row that is described so."""
    [row] = [
        each
        for each in found.sent
        if (str(each.day), each.destination, each.operation) == (day, destination, operation)
    ]
    return row


FIRST_LOAD: list[Told] = [
    (DAYS[0], "meta", "vip", "add", False),
    (DAYS[0], "tiktok", "vip", "add", False),
    (DAYS[0], "vtex_ads", "", "upsert", False),
]
REPLACED: Told = (DAYS[2], "meta", "vip", "replace", False)
TAKEN_OUT: list[tuple[str, str, str, bool]] = [
    ("meta", "vip", "remove", False),
    ("tiktok", "vip", "remove", False),
    ("vtex_ads", "", "upsert", True),
]


def taken_out(day: str) -> list[Told]:
    return [(day, *each) for each in TAKEN_OUT]


@pytest.mark.parametrize(
    ("customer", "later"),
    [
        ("c0", [REPLACED]),
        ("c5", taken_out(DAYS[1])),
        ("c7", taken_out(DAYS[1])),
        ("c8", [(DAYS[2], "tiktok", "vip", "remove", False), (DAYS[2], "vtex_ads", "", "upsert", True)]),
        (
            "c6",
            [
                (DAYS[1], "meta", "vip", "add", False),
                (DAYS[1], "meta", "vip", "remove", False),
                (DAYS[1], "tiktok", "vip", "add", False),
                (DAYS[1], "tiktok", "vip", "remove", False),
                (DAYS[1], "vtex_ads", "", "upsert", False),
                REPLACED,
            ],
        ),
    ],
    ids=["stays", "leaves", "withdraws", "is suppressed", "changes"],
)
def test_everything_that_was_sent_is_told_before_and_after_a_purge(
    played: Played, customer: str, later: list[Told]
) -> None:
    assert told(played.before[customer]) == [*FIRST_LOAD, *later]
    assert told(played.after[customer]) == [*FIRST_LOAD, *later]
    assert played.after[customer].not_kept == 0


def test_a_row_is_told_with_where_it_went_and_how_it_was_acknowledged(played: Played) -> None:
    row = at(played.before["c0"], DAYS[0], "vtex_ads", "upsert")
    assert row.status == "acknowledged"
    assert row.sent_at is not None
    assert row.acknowledged_at is not None
    assert row.sent_at <= row.acknowledged_at
    listed = played.world.client.list_objects_v2(Bucket=played.world.s3.bucket, Prefix=row.remote_key)
    assert [each["Key"] for each in listed["Contents"]] == [row.remote_key]
    with played.world.pipeline.ledger() as ledger:
        [batch] = [each for each in ledger.batches(row.delivery) if each.sequence == row.batch]
    assert (row.file, row.answer) == (batch.file, batch.answer)
    assert at(played.before["c0"], DAYS[0], "meta", "add").remote_key.endswith("/1")


def test_columns_are_told_by_name_with_whether_they_were_filled(played: Played) -> None:
    sent = at(played.before["c0"], DAYS[0], "vtex_ads", "upsert").columns
    assert sent is not None
    assert len(sent) == 15  # all but the id
    assert {name for name, filled in sent.items() if filled} == {
        "EMAIL_HASHED",
        "PHONE_HASHED",
        "SOCIAL_ID_HASHED",
        "FIRST_NAME_HASHED",
        "AUDIENCES",
    }
    blank = at(played.before["c5"], DAYS[1], "vtex_ads", "upsert").columns
    assert blank is not None
    assert not any(blank.values())
    assert at(played.before["c0"], DAYS[0], "meta", "add").columns == {"EMAIL": True, "PHONE": True}


def test_once_a_file_is_gone_all_but_the_columns_is_told(played: Played) -> None:
    for before, after in zip(played.before["c6"].sent, played.after["c6"].sent, strict=True):
        gone = str(before.day) != DAYS[2]
        assert after == (before.model_copy(update={"columns": None}) if gone else before)
        assert before.columns is not None


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_refused_row_is_told_with_the_reason(played: Played, when: str) -> None:
    found: History = getattr(played, when)["c3"]
    assert at(found, DAYS[0], "meta", "add").refused == REASON
    assert at(found, DAYS[2], "meta", "replace").refused == REASON
    assert at(found, DAYS[0], "tiktok", "add").refused is None
    others = [row for name, each in getattr(played, when).items() if name != "c3" for row in each.sent]
    assert {row.refused for row in others} == {None}
    [entry] = found.quarantine
    assert (entry.destination, entry.audience, entry.field, entry.reason) == ("meta", "vip", "", REASON)


def test_what_holds_now_is_told(played: Played) -> None:
    now = {name: found.known for name, found in played.after.items()}
    assert (now["c0"].present, now["c0"].withheld, now["c0"].legal_basis) == (True, "", "consent")
    assert str(now["c0"].since) == DAYS[0]
    assert str(now["c6"].since) == DAYS[1]
    assert [(each.destination, each.consent, each.audiences) for each in now["c0"].destinations] == [
        ("meta", True, ["vip"]),
        ("tiktok", True, ["vip"]),
        ("vtex_ads", True, None),
    ]
    assert {each.consent for each in now["c7"].destinations} == {False}
    assert (now["c8"].present, now["c8"].withheld) == (True, "suppressed")
    assert (now["c5"].present, str(now["c5"].day)) == (False, DAYS[2])


def test_one_destination_may_be_asked_for(played: Played) -> None:
    from audience_assets.observed import history  # noqa: PLC0415

    with played.world.pipeline.ledger() as ledger:
        found = history.of(played.world.pipeline.settings, ledger, "c3", ["tiktok"])
    assert {row.destination for row in found.sent} == {"tiktok"}
    assert [each.destination for each in found.known.destinations] == ["tiktok"]
    assert found.quarantine == []


def test_nothing_of_who_they_are_is_told(played: Played) -> None:
    said = "".join(each.model_dump_json() for each in [*played.before.values(), *played.after.values()])
    for row in EVERYBODY:
        for value in identifying(row):
            assert value not in said
            assert sha256(value.encode()).hexdigest() not in said.lower()
    assert "other@example.com" not in said
    assert sha256(b"other@example.com").hexdigest() not in said


def identifying(row: dict[str, Any]) -> list[str]:
    texts = [row[name] for name in ("email", "phone", "social_id", "first_name")]
    return [*texts, row["phone"].removeprefix("+"), row["first_name"].replace(" ", "").lower()]


def test_of_somebody_unknown_nothing_is_told(played: Played) -> None:
    with pytest.raises(StateError, match="nothing is known of a customer of this customer_id") as raised:
        history_of(played.world, "c99")
    assert "c99" not in str(raised.value)
