"""Each thing that is wrong at an ad account is one named finding with what to do, and nothing is sent."""

import time
from collections.abc import Callable

import pytest

from audience_assets.sandbox.meta.faults import Fault
from audience_assets_tests.assets.meta_account import APP_SECRET, TOKEN
from audience_assets_tests.preflight.looking import OnMeta, failed, outcomes

DAY = 86_400.0
Bend = Callable[[OnMeta], None]


def days_left(days: float) -> Bend:
    def bend(meta: OnMeta) -> None:
        meta.account.token_expires_at = time.time() + days * DAY

    return bend


def account(**behaviour: object) -> Bend:
    def bend(meta: OnMeta) -> None:
        for name, value in behaviour.items():
            assert hasattr(meta.account, name)
            setattr(meta.account, name, value)

    return bend


def date_off(seconds: float) -> Bend:
    def bend(meta: OnMeta) -> None:
        meta.clock.date_off = seconds

    return bend


def audience_of_nobody(meta: OnMeta) -> None:
    meta.declared["audiences"] = {"vip": {"id": "12345678901234567"}}


ERRORS: dict[str, tuple[Bend, str, tuple[str, ...]]] = {
    "expired token": (days_left(-1), "credentials", ("has expired", "make a new one")),
    "revoked token": (account(token_revoked=True), "credentials", ("was revoked",)),
    "token of hours": (days_left(0.5), "token_days_left", ("in 0 days", "make a new one")),
    "no scope": (account(permissions={"ads_read"}), "token_scopes", ("lacks ads_management",)),
    "disabled": (account(account_status=2), "account", ("account status 2, disabled", "Business Manager")),
    "no terms": (account(terms_accepted=False), "terms", ("terms are not accepted", "https://")),
    "blocked": (account(policy_blocked=True), "account", ("breach of its policies",)),
    "flagged": (account(audience_status=471), "audience_status", ("vip (", "471, flagged")),
    "stopped": (account(audience_status=450), "audience_status", ("450, stopped",)),
    "no audience": (audience_of_nobody, "audience_status", ("vip (", "12345678901234567")),
    "nearly used up": (account(usage_percent=95), "rate_headroom", ("95 %", "run again")),
    "used up": (account(quota=0), "rate_headroom", ("100 %",)),
    "clock": (date_off(600), "clock", ("60", "behind", "set it")),
}
WARNINGS: dict[str, tuple[Bend, str, tuple[str, ...]]] = {
    "token of days": (days_left(3.5), "token_days_left", ("in 3 days", "before that")),
    "unsettled": (account(account_status=3), "account", ("unsettled",)),
    "low match": (account(audience_status=411), "audience_status", ("411, low match rate",)),
    "much used": (account(usage_percent=80), "rate_headroom", ("80 %", "slowed down")),
    "clock": (date_off(-120), "clock", ("ahead of",)),
}


def test_an_account_where_all_is_well_passes_every_check_by_reading_alone(meta: OnMeta) -> None:
    found = meta.look()
    assert outcomes(found) == {}
    assert {each.check for each in found} >= {
        *(
            "secrets",
            "connection",
            "clock",
            "rate_headroom",
            "credentials",
            "token_days_left",
            "token_scopes",
        ),
        *("account", "terms", "audience_status"),
    }
    assert meta.sent == []
    assert [call.operation for call in meta.account.calls] == ["permissions", "debug_token", "account", "get"]


@pytest.mark.parametrize("case", ERRORS)
def test_each_fault_is_one_named_error_and_nothing_is_sent(
    meta: OnMeta, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    bend, check, words = ERRORS[case]
    bend(meta)
    caplog.set_level("DEBUG")
    found = meta.look()
    only = failed(found)
    assert (only.check, only.severity) == (check, "error")
    assert all(word in only.sentence for word in words), only.sentence
    assert meta.sent == []
    said = "".join(each.sentence for each in found) + caplog.text
    assert meta.account.access_token not in said
    assert meta.account.app_secret not in said


@pytest.mark.parametrize("case", WARNINGS)
def test_what_can_wait_is_a_warning_and_holds_nothing_back(meta: OnMeta, case: str) -> None:
    bend, check, words = WARNINGS[case]
    bend(meta)
    found = meta.look()
    assert outcomes(found) == {check: "warning"}
    assert all(word in failed(found).sentence for word in words)
    assert not any(each.holds_back for each in found)


@pytest.mark.parametrize("variable", [TOKEN, APP_SECRET])
def test_a_secret_that_is_not_set_is_named_and_nobody_is_asked(
    meta: OnMeta, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(variable)
    only = failed(meta.look())
    assert only.check == "secrets"
    assert variable in only.sentence
    assert meta.account.calls == []


def test_a_secret_of_another_app_fails_the_credentials(meta: OnMeta, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(APP_SECRET, "0123456789abcdef0123456789abcdef")
    only = failed(meta.look())
    assert only.check == "credentials"
    assert "mend app_secret" in only.sentence


def test_a_partner_that_is_away_is_a_warning_because_the_delivery_tries_again(meta: OnMeta) -> None:
    meta.declared["base_url"] = "http://127.0.0.1:9"
    only = failed(meta.look())
    assert (only.check, only.severity) == ("connection", "warning")


def test_what_answers_but_is_not_meta_fails_the_connection(meta: OnMeta) -> None:
    meta.account.faults.append(Fault("permissions", "error", status=404))
    only = failed(meta.look())
    assert (only.check, only.severity) == ("connection", "error")
