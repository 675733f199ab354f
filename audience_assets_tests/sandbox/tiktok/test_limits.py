from audience_assets.sandbox.tiktok.answers import TikTokError
from audience_assets.sandbox.tiktok.behaviour import Behaviour
from audience_assets.sandbox.tiktok.limits import Usage
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets_tests.sandbox.tiktok.caller import Caller

NOON = 1_800_000_000.0 // 60 * 60


def passes(usage: Usage, behaviour: Behaviour, now: float) -> bool:
    try:
        usage.count(behaviour, now)
    except TikTokError as error:
        return error.code != 40100
    return True


def test_behind_the_limit_of_a_second_the_next_second_is_free() -> None:
    usage, behaviour = Usage(), Behaviour(per_second=2)
    assert [passes(usage, behaviour, NOON + at) for at in (0.0, 0.4, 0.8, 0.9)] == [True, True, False, False]
    assert passes(usage, behaviour, NOON + 1)


def test_behind_the_limit_of_a_minute_five_minutes_are_lost() -> None:
    usage, behaviour = Usage(), Behaviour(per_minute=2)
    assert [passes(usage, behaviour, NOON + at) for at in (0, 20, 40)] == [True, True, False]
    assert [passes(usage, behaviour, NOON + at) for at in (60, 300, 339)] == [False, False, False]
    assert [passes(usage, behaviour, NOON + at) for at in (340, 350)] == [True, True]


def test_nothing_is_limited_by_default() -> None:
    usage = Usage()
    assert all(passes(usage, Behaviour(), NOON) for _ in range(1_000))


def test_a_call_too_many_is_refused_with_http_200(caller: Caller, advertiser: Advertiser) -> None:
    advertiser.per_minute = 0
    assert caller.get("list").code == 40100
    advertiser.limit_code = 40016
    assert caller.get("list").code == 40016
