"""Each thing that is wrong at an advertiser is one named finding with what to do, and nothing is sent."""

import time
from collections.abc import Callable

import pytest

from audience_assets_tests.assets.tiktok_advertiser import TOKEN
from audience_assets_tests.preflight.looking import OnTikTok, failed, outcomes

DAY = 86_400.0
Bend = Callable[[OnTikTok], None]


def advertiser(**behaviour: object) -> Bend:
    def bend(tiktok: OnTikTok) -> None:
        for name, value in behaviour.items():
            assert hasattr(tiktok.advertiser, name)
            setattr(tiktok.advertiser, name, value)

    return bend


def date_off(seconds: float) -> Bend:
    def bend(tiktok: OnTikTok) -> None:
        tiktok.clock.date_off = seconds

    return bend


def unknown_token(tiktok: OnTikTok) -> None:
    tiktok.declared["access_token"] = {"env": "PREFLIGHT_TESTS_OLD_TOKEN"}


def ended(tiktok: OnTikTok) -> None:
    tiktok.audience.changed = time.time() - 366 * DAY


def ends_soon(tiktok: OnTikTok) -> None:
    tiktok.audience.changed = time.time() - 360 * DAY


def last_change_failed(tiktok: OnTikTok) -> None:
    tiktok.audience.error_message = "The match rate is too low"


def deleted(tiktok: OnTikTok) -> None:
    tiktok.advertiser.audiences.clear()


ERRORS: dict[str, tuple[Bend, str, tuple[str, ...]]] = {
    "expired token": (advertiser(token_expires_at=1.0), "credentials", ("has expired", "authorize the app")),
    "unknown token": (unknown_token, "credentials", ("not valid",)),
    "no access": (advertiser(refused_with=40300), "account", ("mend advertiser_id",)),
    "disabled": (advertiser(status="STATUS_DISABLE"), "account", ("STATUS_DISABLE", "TikTok Ads Manager")),
    "no scope": (advertiser(audiences_permitted=False), "token_scopes", ("permission for audiences",)),
    "ended": (ended, "audience_status", ("vip (", "ended on", "audience-assets forget")),
    "deleted": (deleted, "audience_status", ("vip (", "does not find it")),
    "too many calls": (advertiser(per_second=0), "rate_headroom", ("too many", "tier")),
    "clock": (date_off(600), "clock", ("behind", "set it")),
}
WARNINGS: dict[str, tuple[Bend, str, tuple[str, ...]]] = {
    "in review": (advertiser(status="STATUS_LIMIT"), "account", ("STATUS_LIMIT",)),
    "ends soon": (ends_soon, "audience_status", ("vip (", "ends on")),
    "failed": (last_change_failed, "audience_status", ("its last change failed: The match rate",)),
    "clock": (date_off(-120), "clock", ("ahead of",)),
}


@pytest.fixture(autouse=True)
def _old_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFLIGHT_TESTS_OLD_TOKEN", "0123456789")


def test_an_advertiser_where_all_is_well_passes_every_check_by_reading_alone(tiktok: OnTikTok) -> None:
    found = tiktok.look()
    assert outcomes(found) == {}
    assert {each.check for each in found} >= {
        *("secrets", "connection", "clock", "rate_headroom", "credentials", "account", "token_scopes"),
        "audience_status",
    }
    assert tiktok.sent == []
    assert [call.operation for call in tiktok.advertiser.calls] == ["advertiser", "list", "get"]


@pytest.mark.parametrize("case", ERRORS)
def test_each_fault_is_one_named_error_and_nothing_is_sent(
    tiktok: OnTikTok, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    bend, check, words = ERRORS[case]
    bend(tiktok)
    caplog.set_level("DEBUG")
    found = tiktok.look()
    only = failed(found)
    assert (only.check, only.severity) == (check, "error")
    assert all(word in only.sentence for word in words), only.sentence
    assert tiktok.sent == []
    assert tiktok.advertiser.access_token not in "".join(each.sentence for each in found) + caplog.text


@pytest.mark.parametrize("case", WARNINGS)
def test_what_can_wait_is_a_warning_and_holds_nothing_back(tiktok: OnTikTok, case: str) -> None:
    bend, check, words = WARNINGS[case]
    bend(tiktok)
    found = tiktok.look()
    assert outcomes(found) == {check: "warning"}
    assert all(word in failed(found).sentence for word in words)


def test_a_token_that_is_not_set_is_named_and_nobody_is_asked(
    tiktok: OnTikTok, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN)
    only = failed(tiktok.look())
    assert only.check == "secrets"
    assert TOKEN in only.sentence
    assert tiktok.advertiser.calls == []


def test_a_partner_that_is_away_is_a_warning_because_the_delivery_tries_again(tiktok: OnTikTok) -> None:
    tiktok.declared["base_url"] = "http://127.0.0.1:9"
    only = failed(tiktok.look())
    assert (only.check, only.severity) == ("connection", "warning")
