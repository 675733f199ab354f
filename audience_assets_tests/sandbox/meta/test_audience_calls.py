import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.sandbox.meta.caller import Caller, answer_of, batch, digest


def test_an_audience_tells_only_what_is_asked(caller: Caller, audience: Audience) -> None:
    assert caller.get(audience.id).body == {"id": audience.id}
    answer = caller.get(audience.id, fields="name,operation_status,account_id,retention_days")
    assert answer.body == {
        "name": "Buyers",
        "operation_status": {"code": 200, "description": "Normal"},
        "account_id": caller.account.number,
        "retention_days": 0,
        "id": audience.id,
    }
    assert caller.get(audience.id, fields="name,colour").refusal == (100, None)


def test_every_documented_field_is_told(caller: Caller, audience: Audience) -> None:
    fields = (
        "id,name,description,subtype,is_value_based,operation_status,delivery_status,approximate_count_lower_bound,"
        "approximate_count_upper_bound,account_id,time_created,time_updated,customer_file_source,retention_days"
    )
    assert caller.get(audience.id, fields=fields).body.keys() == set(fields.split(","))


@pytest.mark.parametrize(
    ("members", "lower", "upper"),
    [(0, -1, -1), (19, -1, -1), (20, 20, 20), (121, 120, 130), (1_234, 1_200, 1_300)],
)
def test_sizes_are_told_roughly_and_small_ones_not_at_all(
    caller: Caller, audience: Audience, members: int, lower: int, upper: int
) -> None:
    if members:
        caller.add(audience, *(str(number) for number in range(members)))
    told = caller.get(audience.id, fields="approximate_count_lower_bound,approximate_count_upper_bound").body
    assert told["approximate_count_lower_bound"] == lower
    assert told["approximate_count_upper_bound"] == upper


@pytest.mark.parametrize("code", [100, 400, 411, 412, 414, 415, 441, 470, 471, 500])
def test_a_test_can_force_a_status(caller: Caller, audience: Audience, code: int) -> None:
    audience.forced_status = code
    assert caller.get(audience.id, fields="operation_status").body["operation_status"]["code"] == code


def test_an_audience_is_still_filling_for_as_long_as_the_account_says(
    caller: Caller, audience: Audience, meta_server: MetaServer
) -> None:
    caller.account.filling_seconds = 60
    caller.add(audience, "a")
    assert audience.status == 441
    meta_server.platform.clock.advance(61)
    assert audience.status == 200
    caller.remove(audience, "a")
    assert audience.status == 441


def test_name_and_description_can_be_changed(caller: Caller, audience: Audience) -> None:
    assert caller.post(audience.id, name="Clients").body == {"success": True}
    assert caller.post(audience.id, description="Who came").body == {"success": True}
    assert (audience.name, audience.description) == ("Clients", "Who came")
    assert caller.post(audience.id, name="").refusal == (100, None)
    assert caller.post(audience.id, subtype="CUSTOM").refusal == (100, None)


def test_a_deleted_audience_is_gone(caller: Caller, audience: Audience) -> None:
    assert answer_of(caller.http.delete(caller.url(audience.id))).body == {"success": True}
    assert caller.get(audience.id).refusal == (100, 33)
    assert caller.add(audience, "a").refusal == (100, 33)


def test_a_new_audience_may_not_be_there_yet(caller: Caller, account: Account) -> None:
    account.absent_calls = 2
    audience = caller.create()
    assert caller.get(audience.id).refusal == (803, None)
    assert caller.add(audience, "a").refusal == (803, None)
    assert caller.add(audience, "a").refusal is None


def test_sessions_tell_how_far_they_are_in_texts(caller: Caller, audience: Audience) -> None:
    caller.add(audience, "a", ["bad"], session=batch(5, 1))
    caller.remove(audience, "a", session=batch(6, 1, last=True))
    listed = caller.get(f"{audience.id}/sessions").body["data"]
    assert [(one["session_id"], one["stage"], one["progress"]) for one in listed] == [
        ("5", "uploading", "0"),
        ("6", "completed", "100"),
    ]
    first = listed[0]
    assert (first["num_received"], first["num_matched"], first["num_invalid_entries"]) == ("2", "1", "1")
    assert "end_time" not in first
    assert listed[1].keys() == first.keys() | {"end_time"}
    assert all(isinstance(value, str) for one in listed for value in one.values())
    assert caller.get(f"{audience.id}/sessions", session_id=6).body["data"] == [listed[1]]


def test_a_session_that_was_never_finished_ends_with_its_window(
    caller: Caller, audience: Audience, meta_server: MetaServer
) -> None:
    caller.add(audience, [digest("a")], session=batch(5, 1))
    meta_server.platform.clock.advance(90 * 60)
    listed = caller.get(f"{audience.id}/sessions").body["data"][0]
    assert listed["stage"] == "completed"
    assert int(listed["end_time"]) - int(listed["start_time"]) == 90 * 60
