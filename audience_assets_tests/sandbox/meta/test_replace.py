import pytest

from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.sandbox.meta.caller import Caller, batch, digest, digests, emails

WINDOW = 90 * 60


@pytest.fixture
def audience(caller: Caller) -> Audience:
    """An audience with one member, so that a replace has something to drop."""
    audience = caller.create()
    caller.add(audience, "old")
    return audience


def test_a_replace_of_one_batch_drops_the_old_members(caller: Caller, audience: Audience) -> None:
    answer = caller.replace(audience, "a", ["bad"], session=batch(1, 1, last=True))
    assert (answer.body["num_received"], answer.body["num_invalid_entries"]) == (2, 1)
    assert answer.body["session_id"] == 1
    assert emails(audience) == digests("a")
    assert audience.status == 200


def test_the_old_members_stay_until_the_last_batch(caller: Caller, audience: Audience) -> None:
    caller.replace(audience, "a", session=batch(1, 1))
    caller.replace(audience, "b", session=batch(1, 2))
    assert emails(audience) == digests("old")
    assert audience.status == 414
    caller.replace(audience, "c", session=batch(1, 3, last=True))
    assert emails(audience) == digests("a", "b", "c")


def test_after_the_first_batch_any_order_and_repeats_are_fine(caller: Caller, audience: Audience) -> None:
    for seq, name in ((1, "a"), (7, "d"), (3, "b"), (3, "b"), (3, "c")):
        assert caller.replace(audience, name, session=batch(1, seq)).refusal is None
    answer = caller.replace(audience, "e", session=batch(1, 2, last=True))
    assert answer.body["num_received"] == 4
    assert emails(audience) == digests("a", "b", "c", "d", "e")


def test_the_last_batch_flag_is_optional(caller: Caller, audience: Audience) -> None:
    assert caller.replace(audience, "a", session={"session_id": 1, "batch_seq": 1}).refusal is None
    assert audience.status == 414


@pytest.mark.parametrize("session", [None, {"session_id": 1}, {"batch_seq": 1}])
def test_a_replace_needs_a_session(
    caller: Caller, audience: Audience, session: dict[str, object] | None
) -> None:
    assert caller.replace(audience, "a", session=session).refusal == (100, None)


def test_a_replace_begins_with_batch_1(caller: Caller, audience: Audience) -> None:
    assert caller.replace(audience, "a", session=batch(1, 2)).refusal == (2650, 1870147)
    assert audience.status == 200


def test_batch_1_comes_only_once(caller: Caller, audience: Audience) -> None:
    caller.replace(audience, "a", session=batch(1, 1))
    assert caller.replace(audience, "a", session=batch(1, 1)).refusal == (2650, 1870145)
    caller.replace(audience, "b", session=batch(1, 2, last=True))
    assert emails(audience) == digests("a", "b")


def test_after_the_last_batch_the_session_is_finished(caller: Caller, audience: Audience) -> None:
    caller.replace(audience, "a", session=batch(1, 1, last=True))
    for seq in (1, 2):
        assert caller.replace(audience, "b", session=batch(1, seq)).refusal == (2650, 1870159)
    assert emails(audience) == digests("a")


def test_during_a_replace_nothing_else_changes_the_audience(caller: Caller, audience: Audience) -> None:
    caller.replace(audience, "a", session=batch(1, 1))
    for refused in (
        caller.add(audience, "b"),
        caller.remove(audience, "old"),
        caller.replace(audience, "b", session=batch(2, 1)),
    ):
        assert refused.refusal == (2650, 1870145)
    assert caller.replace(audience, "c", session=batch(1, 2, last=True)).refusal is None
    assert emails(audience) == digests("a", "c")


def test_a_finished_replace_stays_in_progress_for_as_long_as_the_account_says(
    caller: Caller, audience: Audience, meta_server: MetaServer
) -> None:
    caller.account.processing_seconds = 600
    caller.replace(audience, "a", session=batch(1, 1, last=True))
    assert audience.status == 414
    assert caller.add(audience, "b").refusal == (2650, 1870145)
    assert caller.replace(audience, "b", session=batch(2, 1)).refusal == (2650, 1870145)
    meta_server.platform.clock.advance(601)
    assert audience.status == 200
    assert caller.add(audience, "b").refusal is None
    assert emails(audience) == digests("a", "b")


def test_after_90_minutes_the_audience_is_replaced_by_what_came(
    caller: Caller, audience: Audience, meta_server: MetaServer
) -> None:
    caller.replace(audience, "a", session=batch(1, 1))
    meta_server.platform.clock.advance(WINDOW)
    assert emails(audience) == digests("a")
    assert audience.status == 200
    assert caller.replace(audience, "b", session=batch(1, 2)).refusal == (2650, 1870158)
    assert caller.add(audience, "b").refusal is None


@pytest.mark.parametrize("code", [414, 441, 470, 471, 500])
def test_an_audience_that_is_not_normal_cannot_be_replaced(
    caller: Caller, audience: Audience, code: int
) -> None:
    audience.forced_status = code
    assert caller.replace(audience, "a", session=batch(1, 1)).refusal == (2650, 1870145)


def test_a_failed_replace_can_be_done_again(caller: Caller, audience: Audience) -> None:
    audience.forced_status = 415
    assert caller.replace(audience, "a", session=batch(1, 1, last=True)).refusal is None
    assert audience.status == 200
    assert emails(audience) == digests("a")


def test_a_very_large_audience_cannot_be_replaced(
    caller: Caller, account: Account, audience: Audience
) -> None:
    account.replace_limit = 1
    assert caller.replace(audience, "a", session=batch(1, 1)).refusal == (2650, 1870144)


def test_only_a_customer_file_audience_can_be_replaced(caller: Caller, audience: Audience) -> None:
    audience.subtype = "LOOKALIKE"
    assert caller.replace(audience, "a", session=batch(1, 1)).refusal == (2650, None)


def test_a_replace_that_is_refused_leaves_everything_as_it_was(caller: Caller, audience: Audience) -> None:
    audience.forced_status = 441
    caller.replace(audience, "a", session=batch(1, 1))
    audience.forced_status = None
    assert (audience.status, emails(audience), audience.sessions) == (200, digests("old"), {})
    assert caller.replace(audience, "a", session=batch(1, 1, last=True)).refusal is None


def test_people_are_replaced_too(caller: Caller, account: Account, audience: Audience) -> None:
    account.people = [frozenset({("EMAIL", digest("old"))}), frozenset({("EMAIL", digest("new"))})]
    caller.add(audience, "old")
    caller.replace(audience, "new", session=batch(1, 1))
    assert audience.people() == {0}
    caller.replace(audience, "nobody", session=batch(1, 2, last=True))
    assert audience.people() == {1}
