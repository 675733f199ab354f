import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.sandbox.meta.caller import Caller, batch, digests, emails

WINDOW = 90 * 60


def test_batches_follow_one_another_until_the_last(caller: Caller, audience: Audience) -> None:
    for seq, name in enumerate("abc", start=1):
        session = batch(9_778_993, seq, last=seq == 3, estimated_num_total=3)
        answer = caller.add(audience, name, session=session)
        assert answer.body["audience_id"] == audience.id
        assert answer.body["session_id"] == 9_778_993
        assert answer.body["num_received"] == seq
    assert emails(audience) == digests("a", "b", "c")
    assert caller.add(audience, "d", session=batch(9_778_993, 4)).refusal == (2650, 1870159)


def test_without_a_session_an_addition_is_taken_at_once(caller: Caller, audience: Audience) -> None:
    answer = caller.add(audience, "a", "b")
    assert answer.body["num_received"] == 2
    assert answer.body["session_id"] > 0
    assert emails(audience) == digests("a", "b")
    assert audience.sessions == {}


@pytest.mark.parametrize(
    "session",
    [
        "none",
        {"session_id": 1, "batch_seq": 1},
        {"session_id": 1, "last_batch_flag": True},
        {"batch_seq": 1, "last_batch_flag": True},
        batch(0, 1),
        batch(-1, 1),
        batch(2**63, 1),
        {**batch(1, 1), "session_id": "1"},
        {**batch(1, 1), "session_id": True},
        batch(1, 0),
        {**batch(1, 1), "batch_seq": 1.5},
        {**batch(1, 1), "last_batch_flag": "true"},
        batch(1, 1, estimated_num_total=-1),
        batch(1, 1, colour="red"),
    ],
)
def test_a_session_that_is_incomplete_or_malformed_is_refused(
    caller: Caller, audience: Audience, session: dict[str, object]
) -> None:
    assert caller.add(audience, "a", session=session).refusal == (100, None)
    assert audience.members() == []


def test_the_largest_session_id_is_taken(caller: Caller, audience: Audience) -> None:
    assert caller.add(audience, "a", session=batch(2**63 - 1, 1)).body["session_id"] == 2**63 - 1


def test_a_session_begins_with_batch_1(caller: Caller, audience: Audience) -> None:
    assert caller.add(audience, "a", session=batch(1, 2)).refusal == (2650, 1870147)
    assert caller.add(audience, "a", session=batch(1, 1)).refusal is None


def test_a_gap_is_refused(caller: Caller, audience: Audience) -> None:
    caller.add(audience, "a", session=batch(1, 1))
    assert caller.add(audience, "c", session=batch(1, 3)).refusal == (100, None)
    assert caller.add(audience, "b", session=batch(1, 2)).refusal is None
    assert emails(audience) == digests("a", "b")


def test_the_same_batch_again_is_answered_alike_and_changes_nothing_more(
    caller: Caller, audience: Audience
) -> None:
    first = caller.add(audience, "a", ["bad"], session=batch(1, 1))
    caller.remove(audience, "a")
    again = caller.add(audience, "a", ["bad"], session=batch(1, 1))
    assert again.body == first.body
    assert emails(audience) == set()
    assert audience.sessions[1].received == 2


def test_the_last_batch_may_be_repeated_but_not_followed(caller: Caller, audience: Audience) -> None:
    caller.add(audience, "a", session=batch(1, 1))
    caller.add(audience, "b", session=batch(1, 2, last=True))
    assert caller.add(audience, "b", session=batch(1, 2, last=True)).body["num_received"] == 2
    assert caller.add(audience, "c", session=batch(1, 3)).refusal == (2650, 1870159)


@pytest.mark.parametrize(("name", "last"), [("b", False), ("a", True)])
def test_a_number_is_never_used_for_something_else(
    caller: Caller, audience: Audience, name: str, *, last: bool
) -> None:
    caller.add(audience, "a", session=batch(1, 1))
    assert caller.add(audience, name, session=batch(1, 1, last=last)).refusal == (100, None)
    assert emails(audience) == digests("a")


def test_a_session_id_is_used_once_in_an_ad_account(caller: Caller, audience: Audience) -> None:
    caller.add(audience, "a", session=batch(1, 1))
    assert caller.add(caller.create(), "a", session=batch(1, 2)).refusal == (100, None)
    assert caller.remove(audience, "a", session=batch(1, 2)).refusal == (100, None)
    assert caller.replace(audience, "a", session=batch(1, 1)).refusal == (100, None)


def test_a_session_id_is_not_free_again_after_its_audience_is_deleted(
    caller: Caller, audience: Audience
) -> None:
    caller.add(audience, "a", session=batch(1, 1, last=True))
    caller.post(audience.id, method="DELETE")
    assert caller.add(caller.create(), "a", session=batch(1, 1)).refusal == (100, None)


def test_another_ad_account_may_use_the_same_session_id(
    caller: Caller, audience: Audience, meta_server: MetaServer
) -> None:
    caller.add(audience, "a", session=batch(1, 1))
    with Caller(meta_server.base_url, meta_server.platform.add_account()) as other:
        assert other.add(other.create(), "a", session=batch(1, 1)).refusal is None


def test_after_90_minutes_batches_are_refused_and_what_came_stays(
    caller: Caller, audience: Audience, meta_server: MetaServer
) -> None:
    caller.add(audience, "a", session=batch(1, 1))
    meta_server.platform.clock.advance(WINDOW - 5)
    assert caller.add(audience, "b", session=batch(1, 2)).refusal is None
    meta_server.platform.clock.advance(5)
    assert caller.add(audience, "c", session=batch(1, 3)).refusal == (2650, 1870158)
    assert caller.add(audience, "b", session=batch(1, 2)).refusal == (2650, 1870158)
    assert emails(audience) == digests("a", "b")


def test_removals_have_sessions_of_their_own(caller: Caller, audience: Audience) -> None:
    caller.add(audience, "a", "b", "c", session=batch(1, 1, last=True))
    caller.remove(audience, "a", session=batch(2, 1))
    answer = caller.remove(audience, "b", session=batch(2, 2, last=True))
    assert answer.body["num_received"] == 2
    assert emails(audience) == digests("c")
