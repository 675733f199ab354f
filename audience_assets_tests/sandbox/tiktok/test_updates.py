import pytest

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets_tests.sandbox.tiktok.caller import Caller, digest, digests, emails, lines, table

DAY = 86_400


@pytest.mark.parametrize(
    ("action", "held"),
    [("APPEND", ("a", "b", "c", "d")), ("REMOVE", ("a", "b")), ("REPLACE", ("c", "d"))],
)
def test_files_append_remove_or_replace(
    caller: Caller, audience: Audience, action: str, held: tuple[str, ...]
) -> None:
    for _ in range(1 if action == "REPLACE" else 2):  # a repeat changes nothing more
        assert caller.update(audience, action, lines("c", "d")).code == 0
        assert emails(audience) == digests(*held)
        assert caller.details(audience)["cover_num"] == len(held)


def test_an_update_that_names_no_action_replaces(caller: Caller, audience: Audience) -> None:
    params = {"custom_audience_id": audience.id, "file_paths": [caller.path(lines("d"))]}
    assert caller.post("update", **params).code == 0
    assert emails(audience) == digests("d")


def test_a_removal_takes_out_each_identifier_of_a_row(caller: Caller) -> None:
    header = "email_SHA256,phone_SHA256"
    audience = caller.created(table(header, ["e", "p"], ["f", "q"], ["", "p"]), "MULTIPLE_TYPES")
    assert audience.size() == 3
    assert caller.update(audience, "REMOVE", table("phone_SHA256", ["p"])).code == 0
    assert audience.identifiers() == {
        ("email_SHA256", digest("e")),
        ("email_SHA256", digest("f")),
        ("phone_SHA256", digest("q")),
    }
    assert audience.size() == 2
    assert caller.update(audience, "REMOVE", table(header, ["e", "q"])).code == 0
    assert audience.identifiers() == {("email_SHA256", digest("f"))}
    assert audience.size() == 1


def test_a_removal_goes_by_column(caller: Caller) -> None:
    audience = caller.created(table("email_SHA256,phone_SHA256", ["x", "x"]), "MULTIPLE_TYPES")
    caller.update(audience, "REMOVE", table("email_SHA256", ["x"]))
    assert audience.identifiers() == {("phone_SHA256", digest("x"))}


def test_people_can_be_followed_through_a_graph(caller: Caller, advertiser: Advertiser) -> None:
    mary = {("email_SHA256", digest("m")), ("phone_SHA256", digest("p"))}
    john = {("email_SHA256", digest("j"))}
    advertiser.people = [frozenset(mary), frozenset(john)]
    audience = caller.created(table("email_SHA256", ["m"], ["j"], ["nobody"]), "MULTIPLE_TYPES")
    assert audience.people() == {0, 1}
    caller.update(audience, "REMOVE", table("phone_SHA256", ["p"]))
    assert audience.people() == {1}
    assert audience.size() == 3


@pytest.mark.parametrize(("action", "content"), [("REMOVE", lines("b", "c")), ("REPLACE", lines("x"))])
def test_a_change_that_leaves_too_few_is_refused(
    caller: Caller, advertiser: Advertiser, audience: Audience, action: str, content: bytes
) -> None:
    advertiser.smallest_audience = 2
    answer = caller.update(audience, action, content)
    assert (answer.code, "fewer than 2" in answer.message) == (40002, True)
    assert emails(audience) == digests("a", "b", "c")


def test_a_change_that_leaves_too_few_may_also_fail_when_it_is_processed(
    caller: Caller, advertiser: Advertiser, audience: Audience
) -> None:
    advertiser.smallest_audience, advertiser.too_few = 2, "failed"
    assert caller.update(audience, "REMOVE", lines("b", "c")).code == 0
    details = caller.details(audience)
    assert (details["is_valid"], "fewer than 2" in details["error_msg"]) == (True, True)
    assert emails(audience) == digests("a", "b", "c")
    assert caller.update(audience, "REMOVE", lines("c")).code == 0
    assert caller.details(audience)["error_msg"] == ""


def test_files_are_of_the_audiences_type(caller: Caller, audience: Audience) -> None:
    params = {"custom_audience_id": audience.id, "action": "APPEND"}
    assert caller.post("update", file_paths=[caller.path(lines("d"), "PHONE_SHA256")], **params).code == 40909


def test_one_replace_in_a_day(caller: Caller, audience: Audience, clock: Clock) -> None:
    assert caller.update(audience, "REPLACE", lines("d")).code == 0
    answer = caller.update(audience, "REPLACE", lines("e"))
    assert (answer.code, "no more than one replace operation per day" in answer.message) == (40002, True)
    assert caller.update(audience, "APPEND", lines("f")).code == 0
    clock.advance(DAY)
    assert caller.update(audience, "REPLACE", lines("e")).code == 0
    assert emails(audience) == digests("e")


def test_a_change_takes_effect_when_it_was_processed(
    caller: Caller, advertiser: Advertiser, clock: Clock, audience: Audience
) -> None:
    advertiser.processing_seconds = 3_600
    assert caller.update(audience, "APPEND", lines("d")).code == 0
    assert emails(audience) == digests("a", "b", "c")
    details = caller.details(audience)
    assert (details["is_valid"], details["msg"], details["cover_num"]) == (True, "Processing", 3)
    for action in ("APPEND", "REMOVE", "REPLACE"):
        answer = caller.update(audience, action, lines("e"))
        assert (answer.code, "being processed" in answer.message) == (40002, True)
    clock.advance(3_601)
    assert emails(audience) == digests("a", "b", "c", "d")
    assert caller.details(audience)["msg"] == ""
    assert caller.update(audience, "REMOVE", lines("a")).code == 0


def test_a_new_audience_is_not_valid_before_it_was_processed(
    caller: Caller, advertiser: Advertiser, clock: Clock
) -> None:
    advertiser.processing_seconds = 3_600
    audience = caller.created(lines("a"))
    details = caller.details(audience)
    assert (details["is_valid"], details["error_msg"], details["cover_num"]) == (False, "", 0)
    clock.advance(3_601)
    details = caller.details(audience)
    assert (details["is_valid"], details["error_msg"], details["cover_num"]) == (True, "", 1)


def test_a_replace_during_a_replace_is_told_so(
    caller: Caller, advertiser: Advertiser, audience: Audience
) -> None:
    advertiser.processing_seconds = 2 * DAY
    assert caller.update(audience, "REPLACE", lines("d")).code == 0
    assert "unfinished replace operation" in caller.update(audience, "REPLACE", lines("e")).message


def test_a_name_changes_at_any_time(caller: Caller, advertiser: Advertiser, audience: Audience) -> None:
    advertiser.processing_seconds = 3_600
    caller.update(audience, "APPEND", lines("d"))
    params = {"custom_audience_id": audience.id}
    assert caller.post("update", custom_audience_name="Others", **params).code == 0
    assert caller.details(audience)["name"] == "Others"
    assert caller.post("update", custom_audience_name="x" * 129, **params).code == 40002


def test_an_update_has_either_a_name_or_files(caller: Caller, audience: Audience) -> None:
    params = {"custom_audience_id": audience.id}
    assert caller.post("update", **params).code == 40002
    both = {"custom_audience_name": "B", "file_paths": [caller.path(lines("d"))]}
    assert caller.post("update", **params, **both).code == 40002
    assert caller.post("update", **params, file_paths=both["file_paths"], action="ADD").code == 40002
    assert emails(audience) == digests("a", "b", "c")


def test_a_sub_type_is_changed_one_way_and_alone(caller: Caller, audience: Audience) -> None:
    params = {"custom_audience_id": audience.id, "custom_audience_name": "Others"}
    assert caller.post("update", audience_sub_type="NORMAL", **params).code == 40002
    assert caller.post("update", audience_sub_type="REACH_FREQUENCY", **params).code == 0
    details = caller.details(audience)
    assert (details["audience_sub_type"], details["name"]) == ("REACH_FREQUENCY", "Buyers")


def test_an_audience_ends_a_year_after_its_last_change(
    caller: Caller, audience: Audience, clock: Clock
) -> None:
    clock.advance(300 * DAY)
    caller.update(audience, "APPEND", lines("d"))
    clock.advance(300 * DAY)
    assert audience.is_valid
    clock.advance(65 * DAY)
    details = caller.details(audience)
    assert (details["is_valid"], details["error_msg"]) == (False, "The audience has expired")
    assert caller.update(audience, "APPEND", lines("e")).code == 40002


def test_an_audience_with_a_retention_ends_whatever_is_done_with_it(caller: Caller, clock: Clock) -> None:
    audience = caller.created(lines("a"), retention_in_days=30)
    clock.advance(24 * DAY)
    caller.update(audience, "APPEND", lines("d"))
    details = caller.details(audience)
    assert (details["is_valid"], details["is_expiring"]) == (True, True)
    clock.advance(6 * DAY)
    assert not audience.is_valid


def test_an_audience_that_is_not_there_is_not_found(caller: Caller) -> None:
    assert caller.post("update", custom_audience_id="17", custom_audience_name="B").code == 40007
    assert caller.post("update", custom_audience_id=17, custom_audience_name="B").code == 40002
