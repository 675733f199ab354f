"""An audience is sent as a whole when it is asked for, its keys change or most of it does; and it ends whole, whatever breaks."""

from collections.abc import Mapping
from datetime import date

import pytest

from audience_assets.errors import DeliveryInterruptedError, DestinationRefusedError, SettingsError
from audience_assets.sandbox.meta.faults import FaultKind
from audience_assets_tests.destinations.meta.delivering import (
    DAYS,
    NAME,
    Ads,
    KilledError,
    digest,
    emails_of,
    member,
    members,
    outcome,
)
from audience_assets_tests.destinations.state import Row

FIRST, SECOND, THIRD, *_ = DAYS
WINDOW = 90 * 60.0
EVERYBODY = members(6)
ALL = emails_of(*EVERYBODY)
IN_PROGRESS, FIRST_MISSING, WINDOW_CLOSED, FINISHED, NOT_WHOLE, TOO_LARGE = (
    1870145,
    1870147,
    1870158,
    1870159,
    1870148,
    1870144,
)


@pytest.fixture
def begun(ads: Ads) -> Ads:
    """An audience of old members; a replacement by six others in three batches is planned for the second day."""
    ads.run(FIRST, {**members(2, start=90), "c00000": member("c00000")})
    ads.account.calls.clear()
    ads.publish(SECOND, EVERYBODY)
    made = ads.plan(SECOND, replace=["vip"])
    part = made.part("vip")
    assert part is not None
    assert (part.mode, [file.rows for file in part.files]) == ("replace", [2, 2, 2])
    return ads


def first_number_once_a_session(ads: Ads) -> bool:
    """Whether no session got its first batch twice."""
    placed = list(zip(ads.session_ids("users_replace"), ads.sessions("users_replace"), strict=True))
    firsts = [session for session, (number, _) in placed if number == 1]
    return len(firsts) == len(set(firsts))


def test_a_replacement_that_is_asked_for_leaves_nobody_else_in_it(begun: Ads) -> None:
    begun.deliver(SECOND)
    assert begun.sessions() == [(1, False), (2, False), (3, True)]
    assert {call.operation for call in begun.calls()} == {"users_replace"}
    assert begun.emails() == ALL


def test_a_replacement_that_is_asked_for_once_is_made_once(begun: Ads) -> None:
    begun.deliver(SECOND)
    before = len(begun.calls())
    assert outcome(begun.deliver(SECOND)).already is not None
    begun.plan(SECOND)
    begun.deliver(SECOND)
    assert begun.calls()[before:] == []


def test_a_delivered_day_is_sent_as_a_whole_when_it_is_asked_for_again(begun: Ads) -> None:
    begun.deliver(SECOND)
    begun.plan(SECOND, replace=["*"])
    assert outcome(begun.deliver(SECOND)).delivery is not None
    assert len(begun.calls("users_replace")) == 6
    assert begun.emails() == ALL


def test_an_unknown_audience_cannot_be_asked_for(begun: Ads) -> None:
    with pytest.raises(SettingsError, match="there is no audience nobody to replace; there are vip"):
        begun.plan(SECOND, replace=["nobody"])


def test_other_keys_replace_an_audience_once_and_are_its_keys_from_then_on(ads: Ads) -> None:
    ads.run(FIRST, members(2))
    ads.configure(keys=("EMAIL", "MADID"))
    people = {"a": member("a", MADID="0f0e0d0c-0000-4000-8000-000000000001"), "b": member("b")}
    made = _run(ads, SECOND, people)
    assert made == ("replace", "it was fed with EMAIL,PHONE before")
    known = ads.ledger.remote_audience(NAME, "vip")
    assert known is not None
    assert known.columns == "EMAIL,MADID"
    assert _run(ads, THIRD, {"a": people["a"], "c": member("c")}) == ("update", "")
    held = {("EMAIL", digest(f"{name}@example.com")) for name in "ac"}
    assert ads.audience().identifiers() == held | {("MADID", "0f0e0d0c-0000-4000-8000-000000000001")}


def test_other_keys_need_a_replacement_that_the_settings_allow(ads: Ads) -> None:
    ads.run(FIRST, members(2))
    ads.configure(keys=("EMAIL",), audiences={"vip": {"replace": "never"}})
    ads.publish(SECOND, members(2))
    with pytest.raises(
        SettingsError, match="meta: vip is fed with EMAIL,PHONE and the settings now say EMAIL"
    ):
        ads.plan(SECOND)


@pytest.mark.parametrize(("changed", "mode"), [(3, "update"), (4, "replace")])
def test_an_audience_of_which_most_changes_is_sent_as_a_whole(ads: Ads, changed: int, mode: str) -> None:
    ads.configure(replace_above=0.5)
    ads.run(FIRST, members(6))
    moved = {name: member(f"new-{name}") for name in list(EVERYBODY)[:changed]}
    assert _run(ads, SECOND, {**EVERYBODY, **moved})[0] == mode
    assert ads.emails() == emails_of(*(f"new-{name}" for name in moved), *list(EVERYBODY)[changed:])


def test_an_audience_that_fits_one_batch_is_never_replaced_for_its_changes(ads: Ads) -> None:
    ads.configure(replace_above=0.5)
    ads.run(FIRST, members(2))
    assert _run(ads, SECOND, members(2, start=5))[0] == "update"


def test_members_whom_nothing_names_any_more_are_taken_out_though_no_replacement_can_be_sent(
    ads: Ads,
) -> None:
    ads.configure(replace_above=0.5)
    ads.run(FIRST, members(3))
    ads.run(SECOND, {name: {"audiences": ["vip"]} for name in members(3)})
    assert ads.emails() == set()


@pytest.mark.parametrize("status", [414, 441])
def test_a_replacement_waits_until_the_audience_is_normal(begun: Ads, status: int) -> None:
    audience = begun.audience()
    if status == 414:
        audience.busy_until = begun.clock.now() + 100
    else:
        audience.filling_until = begun.clock.now() + 100
    assert audience.status == status
    begun.deliver(SECOND)
    assert sum(begun.waited) >= 100
    assert begun.emails() == ALL


def test_a_failed_replacement_at_meta_does_not_keep_another_one_from_beginning(begun: Ads) -> None:
    begun.audience().forced_status = 415
    begun.deliver(SECOND)
    assert begun.emails() == ALL


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "truncated"])
def test_a_first_batch_whose_answer_is_lost_is_not_sent_twice_in_its_session(
    begun: Ads, kind: FaultKind
) -> None:
    begun.fault("users_replace", kind)
    begun.deliver(SECOND)
    assert first_number_once_a_session(begun)
    assert begun.emails() == ALL


def test_the_only_batch_of_a_replacement_whose_answer_is_lost_begins_another_session(ads: Ads) -> None:
    ads.run(FIRST, members(2))
    ads.publish(SECOND, members(2, start=4))
    ads.plan(SECOND, replace=["vip"])
    ads.fault("users_replace", "drop_after")
    ads.deliver(SECOND)
    assert ads.sessions("users_replace") == [(1, True), (1, True)]
    assert first_number_once_a_session(ads)
    assert ads.emails() == emails_of("c00004", "c00005")


@pytest.mark.parametrize("after", [1, 2])
def test_a_killed_replacement_goes_on_in_its_session(begun: Ads, after: int) -> None:
    with pytest.raises(KilledError):
        begun.deliver(SECOND, kill_after=after)
    begun.clock.advance(60 * 60)
    begun.deliver(SECOND)
    assert begun.sessions() == [(1, False), (2, False), (3, True)]
    assert len(set(begun.session_ids())) == 1
    assert begun.emails() == ALL


@pytest.mark.parametrize("after", [1, 2])
def test_what_does_not_fit_the_window_of_a_replacement_is_added_afterwards(begun: Ads, after: int) -> None:
    with pytest.raises(KilledError):
        begun.deliver(SECOND, kill_after=after)
    begun.clock.advance(WINDOW)
    before = len(begun.calls())
    begun.deliver(SECOND)
    assert {call.operation for call in begun.calls()[before:]} == {"users_add"}
    assert begun.sessions("users_add") == [(1, after == 2), (2, True)][: 3 - after]
    assert begun.emails() == ALL


def test_shortly_before_the_end_of_its_window_a_replacement_is_waited_for(begun: Ads) -> None:
    with pytest.raises(KilledError):
        begun.deliver(SECOND, kill_after=1)
    begun.clock.advance(87 * 60)
    begun.deliver(SECOND)
    assert sum(begun.waited) >= 3 * 60 - 10
    assert len(begun.calls("users_add")) == 2
    assert begun.emails() == ALL


def test_a_last_batch_that_was_taken_without_an_answer_is_not_missed(begun: Ads) -> None:
    begun.fault("users_replace", "drop_after", after=2)
    begun.deliver(SECOND)
    assert begun.emails() == ALL


def refusing(ads: Ads, subcode: int, after: int = 0) -> None:
    """Meta refuses a batch of the replacement, and nothing happens there."""
    ads.fault("users_replace", "code", code=2650, subcode=subcode, after=after)


@pytest.mark.parametrize("after", [0, 2])
@pytest.mark.parametrize("subcode", [IN_PROGRESS, FIRST_MISSING, WINDOW_CLOSED, FINISHED, NOT_WHOLE])
def test_after_a_refused_batch_the_audience_is_whole_all_the_same(
    begun: Ads, subcode: int, after: int
) -> None:
    refusing(begun, subcode, after)
    very_patient(begun)
    begun.deliver(SECOND)
    assert begun.emails() == ALL
    assert first_number_once_a_session(begun)


def very_patient(ads: Ads) -> None:
    """A replacement that nobody ends by its last batch goes on at Meta until its window is over."""
    ads.state.settings = ads.state.settings.model_copy(update={"patience_seconds": 3 * WINDOW})


@pytest.mark.parametrize("subcode", [WINDOW_CLOSED, FINISHED])
def test_a_session_that_meta_closed_is_not_begun_anew(begun: Ads, subcode: int) -> None:
    very_patient(begun)
    refusing(begun, subcode, after=1)
    begun.deliver(SECOND)
    assert begun.sessions("users_replace") == [(1, False), (2, False)]
    assert begun.sessions("users_add")[-2:] == [(1, False), (2, True)]


@pytest.mark.parametrize("subcode", [FIRST_MISSING, NOT_WHOLE])
def test_what_meta_has_not_as_a_whole_is_replaced_again_from_the_first_batch(
    begun: Ads, subcode: int
) -> None:
    very_patient(begun)
    refusing(begun, subcode, after=1)
    begun.deliver(SECOND)
    assert begun.sessions("users_replace") == [(1, False), (2, False), (1, False), (2, False), (3, True)]
    assert len(begun.calls("users_add")) == 0


def test_an_audience_that_is_too_large_is_refused_and_can_be_updated_instead(begun: Ads) -> None:
    refusing(begun, TOO_LARGE)
    with pytest.raises(
        DestinationRefusedError, match=r'vip: the audience .* too large .* set replace = "never"'
    ):
        begun.deliver(SECOND)
    begun.configure(audiences={"vip": {"replace": "never"}})
    begun.plan(SECOND)
    begun.deliver(SECOND)
    assert begun.emails() == ALL


def test_a_batch_that_is_never_taken_ends_a_run_and_is_no_trouble_to_the_next(begun: Ads) -> None:
    very_patient(begun)
    begun.fault("users_replace", "code", code=2650, subcode=NOT_WHOLE, times=6)
    with pytest.raises(DeliveryInterruptedError, match=r"vip: Meta does not take the audience .* yet"):
        begun.deliver(SECOND)
    begun.deliver(SECOND)
    assert begun.emails() == ALL


def _run(ads: Ads, day: date, people: Mapping[str, Row]) -> tuple[str, str]:
    """How the day was planned, once it is delivered."""
    ads.publish(day, people)
    part = ads.plan(day).part("vip")
    assert part is not None
    ads.deliver(day)
    return part.mode, part.why
