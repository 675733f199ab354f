"""Additions, removals and replacements reach each audience once in effect, one at a time as TikTok takes them."""

import json
from hashlib import md5

import pytest

from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError
from audience_assets.ledger import BatchStatus
from audience_assets.sandbox.faults import FaultKind
from audience_assets.sandbox.tiktok.faults import OperationName
from audience_assets_tests.destinations.delivering import (
    DAYS,
    KilledError,
    digest,
    email_of,
    emails_of,
    outcome,
)
from audience_assets_tests.destinations.tiktok.delivering import HOUR, NAME, Advertising, member, members

FIRST, SECOND, THIRD, *_ = DAYS
PHONE, DEVICE = "+5511987654321", "0f0e0d0c-0000-4000-8000-000000000001"


def test_three_days_end_in_what_the_source_says(ads: Advertising) -> None:
    ads.run(FIRST, {"a": member("a", "vip", "all"), "b": member("b", "all"), "c": member("c", "vip")})
    ads.run(SECOND, {"a": member("new", "vip", "all"), "b": member("b", "vip")})
    assert (ads.emails("vip"), ads.emails("all")) == (emails_of("new", "b"), emails_of("new"))
    ads.run(THIRD, {"b": member("b", "vip", "all")})
    assert (ads.emails("vip"), ads.emails("all")) == (emails_of("b"), emails_of("b"))
    assert ads.changes().count("create") == 2


def test_a_first_load_is_one_creation_with_every_file(ads: Advertising) -> None:
    ads.run(FIRST, members(7))
    [create] = ads.calls()
    assert ads.uploaded() == [3, 3, 1]
    assert create.operation == "create"
    assert len(set(create.params["file_paths"])) == 3
    assert create.params["file_paths"] == [batch.remote_key for batch in ads.batches()]
    assert ads.emails() == emails_of(*members(7))


def test_a_file_carries_the_signature_and_the_kind_of_what_is_in_it(ads: Advertising) -> None:
    ads.run(FIRST, {"a": member("a", phone_SHA256=PHONE), "b": member("b", MAID=DEVICE)})
    [upload] = ads.calls("upload")
    content = upload.params["file"]
    assert content.decode().splitlines() == [
        "email_SHA256,phone_SHA256,MAID",
        f"{digest(email_of('a'))},{digest(PHONE)},",
        f"{digest(email_of('b'))},,{digest(DEVICE)}",
    ]
    assert upload.params["file_signature"] == md5(content, usedforsecurity=False).hexdigest()
    assert upload.params["calculate_type"] == "MULTIPLE_TYPES"


def test_what_joins_is_added_before_what_leaves_is_removed(ads: Advertising) -> None:
    ads.run(FIRST, members(3))
    ads.run(SECOND, members(3, start=1))
    assert ads.changes() == ["create", "update_append", "update_remove"]
    assert ads.emails() == emails_of(*members(3, start=1))


def test_every_change_says_what_it_does(ads: Advertising) -> None:
    ads.run(FIRST, members(5))
    ads.run(SECOND, members(5, start=1))
    ads.clock.advance(24 * HOUR)
    ads.run(THIRD, members(5, start=2), replace=["vip"])
    updates = [call for call in ads.calls() if call.operation.startswith("update")]
    assert [call.params.get("action") for call in updates] == ["APPEND", "REMOVE", "REPLACE"]


def test_a_delivered_day_again_changes_nothing(ads: Advertising) -> None:
    ads.run(FIRST, members(3))
    before = len(ads.advertiser.calls)
    ads.plan(FIRST)
    report = ads.deliver(FIRST)
    assert outcome(report).already is not None
    assert (report.sent, ads.advertiser.calls[before:]) == ([], [])


def test_the_ledger_keeps_what_was_uploaded(ads: Advertising) -> None:
    ads.run(FIRST, members(4))
    answers = [json.loads(batch.answer or "") for batch in ads.batches()]
    assert [answer["rows"] for answer in answers] == [3, 1]
    assert [answer["bytes"] for answer in answers] == [
        len(call.params["file"]) for call in ads.calls("upload")
    ]


def test_a_first_load_is_waited_for_by_later_runs(ads: Advertising) -> None:
    ads.advertiser.processing_seconds = 30 * HOUR
    found = outcome(ads.run(FIRST, members(4)))
    assert found.delivery is None
    assert found.waiting == f"TikTok accepted it and still processes the audience {ads.audience().id}"
    assert ads.pointer() is None
    assert {batch.status for batch in ads.batches()} == {BatchStatus.ACKNOWLEDGED}
    assert outcome(ads.deliver(FIRST)).waiting
    ads.clock.advance(30 * HOUR)
    found = outcome(ads.deliver(FIRST))
    assert (found.waiting, ads.pointer()) == ("", f"snapshot-{FIRST}")
    assert (ads.changes(), len(ads.calls("upload"))) == (["create"], 2)


def test_a_removal_waits_until_what_was_added_is_in_place(ads: Advertising) -> None:
    ads.run(FIRST, members(4))
    ads.advertiser.processing_seconds = HOUR
    found = outcome(ads.run(SECOND, members(4, start=2)))
    assert "still processes" in found.waiting
    assert ads.changes() == ["create", "update_append"]
    assert [batch.status for batch in ads.batches()] == [BatchStatus.ACKNOWLEDGED, BatchStatus.PLANNED]
    ads.clock.advance(HOUR)
    assert outcome(ads.deliver(SECOND)).waiting
    assert ads.changes() == ["create", "update_append", "update_remove"]
    assert ads.pointer() == f"snapshot-{FIRST}"
    ads.clock.advance(HOUR)
    assert outcome(ads.deliver(SECOND)).resumed is not None
    assert (ads.emails(), ads.pointer()) == (emails_of(*members(4, start=2)), f"snapshot-{SECOND}")
    assert ads.changes() == ["create", "update_append", "update_remove"]


def test_a_day_behind_one_that_is_still_processed_waits_and_is_not_lost(ads: Advertising) -> None:
    ads.advertiser.processing_seconds = 30 * HOUR
    ads.run(FIRST, members(2))
    assert outcome(ads.run(SECOND, members(3))).waiting
    assert ads.changes() == ["create"]
    ads.clock.advance(30 * HOUR)
    assert outcome(ads.deliver(SECOND)).waiting
    assert (ads.changes(), ads.pointer()) == (["create", "update_append"], f"snapshot-{FIRST}")
    ads.clock.advance(30 * HOUR)
    ads.deliver(SECOND)
    assert (ads.emails(), ads.pointer()) == (emails_of(*members(3)), f"snapshot-{SECOND}")


def test_a_change_that_finds_the_audience_busy_is_made_when_it_is_free(ads: Advertising) -> None:
    """Somebody changes the audience at TikTok by hand."""
    ads.run(FIRST, members(3))
    ads.advertiser.processing_seconds = HOUR
    ads.audience().begin("APPEND", [], 1)
    ads.advertiser.processing_seconds = 0.0
    found = outcome(ads.run(SECOND, members(4)))
    assert "TikTok has the files and is still working on an earlier change" in found.waiting
    assert (ads.emails(), ads.pointer()) == (emails_of(*members(3)), f"snapshot-{FIRST}")
    ads.clock.advance(HOUR)
    assert outcome(ads.deliver(SECOND)).waiting == ""
    assert (ads.emails(), ads.pointer()) == (emails_of(*members(4)), f"snapshot-{SECOND}")


def test_an_audience_that_is_processed_holds_up_no_other(ads: Advertising) -> None:
    ads.run(FIRST, members(1, "all", "busy", "vip"))
    ads.advertiser.processing_seconds = HOUR
    ads.audience("busy").begin("APPEND", [], 1)
    ads.advertiser.processing_seconds = 0.0
    report = ads.run(SECOND, members(2, "all", "busy", "vip"))
    assert {each.audience: bool(each.waiting) for each in report.outcomes} == {
        "all": False,
        "busy": True,
        "vip": False,
    }
    assert [len(ads.emails(label)) for label in ("all", "busy", "vip")] == [2, 1, 2]


def test_files_whose_paths_expired_are_uploaded_again(ads: Advertising) -> None:
    ads.publish(FIRST, members(7))
    ads.plan(FIRST)
    with pytest.raises(KilledError):
        ads.deliver(FIRST, kill_after=2)
    ads.clock.advance(ads.advertiser.file_seconds + 1)
    ads.deliver(FIRST)
    assert ads.emails() == emails_of(*members(7))
    assert ads.uploaded() == [3, 3, 1, 3, 3, 1]
    assert len(ads.advertiser.audiences) == 1


def test_files_that_tiktok_keeps_losing_are_left_to_the_next_run(ads: Advertising) -> None:
    ads.advertiser.file_seconds = 0.0
    ads.publish(FIRST, members(1))
    ads.plan(FIRST)
    with pytest.raises(DeliveryInterruptedError, match="vip: TikTok keeps losing its files"):
        ads.deliver(FIRST)
    assert len(ads.calls("upload")) == 4
    ads.advertiser.file_seconds = HOUR
    ads.deliver(FIRST)
    assert ads.emails() == emails_of("c00000")


@pytest.mark.parametrize("killed_after", [1, 2])
def test_a_killed_delivery_uploads_only_what_was_missing(ads: Advertising, killed_after: int) -> None:
    ads.publish(FIRST, members(7))
    ads.plan(FIRST)
    with pytest.raises(KilledError):
        ads.deliver(FIRST, kill_after=killed_after)
    assert ads.advertiser.audiences == {}
    assert outcome(ads.deliver(FIRST)).resumed is not None
    assert ads.uploaded() == [3, 3, 1]
    assert ads.emails() == emails_of(*members(7))


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ("upload", "drop_after"),
        ("update_append", "drop_after"),
        ("update_append", "truncated"),
        ("update_remove", "drop_before"),
        ("get", "truncated"),
    ],
)
def test_a_call_whose_answer_is_lost_is_made_again(
    ads: Advertising, operation: OperationName, kind: FaultKind
) -> None:
    ads.run(FIRST, members(3))
    ads.fault(operation, kind)
    ads.run(SECOND, members(3, start=1))
    assert ads.advertiser.faults == []
    assert (ads.emails(), ads.pointer()) == (emails_of(*members(3, start=1)), f"snapshot-{SECOND}")


@pytest.mark.parametrize("code", [40001, 40105, 40300])
def test_what_refuses_the_advertiser_stops_everything_at_once(ads: Advertising, code: int) -> None:
    ads.run(FIRST, members(1, "all", "vip"))
    ads.publish(SECOND, members(2, "all", "vip"))
    ads.plan(SECOND)
    ads.advertiser.refused_with = code
    before = len(ads.advertiser.calls)
    with pytest.raises(DestinationRefusedError, match=f"code {code}") as caught:
        ads.deliver(SECOND)
    assert not caught.value.one_audience
    assert len(ads.advertiser.calls) == before + 1
    ads.advertiser.refused_with = None
    ads.deliver(SECOND)
    assert ads.emails("all") == ads.emails("vip") == emails_of("c00000", "c00001")


def test_one_audience_that_is_gone_holds_up_no_other(ads: Advertising) -> None:
    ads.run(FIRST, members(1, "all", "vip", "zoo"))
    del ads.advertiser.audiences[ads.audience("vip").id]
    ads.publish(SECOND, members(2, "all", "vip", "zoo"))
    ads.plan(SECOND)
    with pytest.raises(DestinationRefusedError, match=r"^1 of tiktok's audiences .* others were: vip: "):
        ads.deliver(SECOND)
    assert (len(ads.emails("all")), len(ads.emails("zoo"))) == (2, 2)
    assert ads.ledger.forget_audience(NAME, "vip")
    ads.plan(SECOND)
    ads.deliver(SECOND)
    assert ads.emails("vip") == emails_of("c00000", "c00001")


@pytest.mark.parametrize(
    ("identifier", "kind", "column", "clear"),
    [
        ("email", "EMAIL_SHA256", "email_SHA256", "a@example.com"),
        ("phone", "PHONE_SHA256", "phone_SHA256", PHONE),
        ("maid", "FIRST_SHA256", "MAID", DEVICE),
    ],
)
def test_one_kind_of_identifier_is_one_digest_a_line(
    ads: Advertising, identifier: str, kind: str, column: str, clear: str
) -> None:
    ads.configure(identifiers=[identifier])
    ads.run(FIRST, {"a": {column: clear, "audiences": ["vip"]}, "b": {"audiences": ["vip"]}})
    [upload] = ads.calls("upload")
    assert upload.params["file"].decode() == f"{digest(clear)}\n"
    assert (upload.params["calculate_type"], ads.audience().calculate_type) == (kind, kind)
    assert ads.audience().identifiers() == {(column, digest(clear))}


def test_both_forms_of_a_phone_stand_in_columns_of_one_name(ads: Advertising) -> None:
    ads.configure(identifiers=["email", "phone"], phone="both")
    digits = PHONE.removeprefix("+")
    ads.run(FIRST, {"a": member("a", phone_SHA256=PHONE, phone_SHA256_digits=digits), "b": member("b")})
    [upload] = ads.calls("upload")
    assert upload.params["file"].splitlines()[0] == b"email_SHA256,phone_SHA256,phone_SHA256"
    held = {value for column, value in ads.audience().identifiers() if column == "phone_SHA256"}
    assert held == {digest(PHONE), digest(digits)}
    ads.run(SECOND, {"b": member("b")})
    assert ads.audience().identifiers() == {("email_SHA256", digest(email_of("b")))}


def test_a_device_id_may_go_as_it_is(ads: Advertising) -> None:
    ads.configure(identifiers=["email", "maid"], maid="plain")
    ads.run(FIRST, {"a": member("a", MAID_plain=DEVICE), "b": member("b")})
    assert ("MAID", DEVICE) in ads.audience().identifiers()
