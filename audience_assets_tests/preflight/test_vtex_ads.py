"""Each thing that is wrong at a publisher's bucket or at Newtail's API is one named finding, and nothing is left there."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audience_assets.destinations.preflight import Finding, clock_sentence
from audience_assets.errors import DestinationRefusedError
from audience_assets.http.witness import seconds_ahead
from audience_assets.sandbox.newtail import Fault
from audience_assets_tests.assets.deployment import KEY, KEY_ID
from audience_assets_tests.preflight.looking import API_KEY, Newtail, OnS3, failed, outcomes

WRONG = "PREFLIGHT_TESTS_WRONG"
BENT: dict[str, tuple[dict[str, Any], str, tuple[str, ...]]] = {
    "wrong secret": ({"secret_access_key": {"env": WRONG}}, "credentials", ("mend the credentials",)),
    "unknown key": ({"access_key_id": {"env": WRONG}}, "credentials", ("access key id is unknown",)),
    "no secret": ({"secret_access_key": {"env": "PREFLIGHT_TESTS_UNSET"}}, "secrets", ("_UNSET is not set",)),
    "no bucket": ({"bucket": None}, "secrets", ("bucket is not set", "Newtail")),
    "other prefix": ({"prefix": "somebody-else"}, "put_rights", ("ask the partner to allow s3:PutObject",)),
    "other bucket": ({"bucket": "nobody-s-bucket"}, "put_rights", ("nobody-s-bucket",)),
}


@pytest.fixture(autouse=True)
def _wrong_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WRONG, "not-the-secret")


def test_a_bucket_where_all_is_well_passes_every_check_with_the_right_to_put_alone(s3: OnS3) -> None:
    found = s3.look()
    assert outcomes(found) == {}
    assert {each.check for each in found} >= {
        "secrets",
        "connection",
        "clock",
        "credentials",
        "bucket",
        "put_rights",
    }
    assert s3.sent == []


@pytest.mark.parametrize("case", BENT)
def test_each_fault_of_a_bucket_is_one_named_error_and_nothing_is_put(
    s3: OnS3, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    bent, check, words = BENT[case]
    caplog.set_level("INFO")
    s3.declared |= bent
    found = s3.look()
    only = failed(found)
    assert (only.check, only.severity) == (check, "error")
    assert all(word in only.sentence for word in words), only.sentence
    assert "not-the-secret" not in "".join(each.sentence for each in found) + caplog.text
    s3.declared["prefix"] = ""
    assert [each for each in s3.sent if "preflight" in str(each)] == []


def test_a_missing_bucket_is_named_where_the_store_tells(
    s3: OnS3, s3_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_ID, s3_server.administrator.access_key_id)
    monkeypatch.setenv(KEY, s3_server.administrator.secret_access_key)
    s3.declared["bucket"] = "nobody-s-bucket"
    only = failed(s3.look())
    assert (only.check, only.severity) == ("bucket", "error")
    assert "there is no such bucket" in only.sentence


def test_a_store_that_is_away_is_a_warning_because_the_delivery_tries_again(s3: OnS3) -> None:
    s3.declared["endpoint_url"] = "http://127.0.0.1:9"
    only = failed(s3.look())
    assert (only.check, only.severity) == ("connection", "warning")


def test_a_clock_ten_minutes_off_is_the_one_error(s3: OnS3, monkeypatch: pytest.MonkeyPatch) -> None:
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 600)
    only = failed(s3.look())
    assert (only.check, only.severity) == ("clock", "error")
    assert "ahead of" in only.sentence
    assert s3.sent == []


def test_newtail_where_all_is_well_hands_out_a_form_that_is_not_used(newtail: Newtail) -> None:
    forms = len(newtail.server.issued)
    assert outcomes(newtail.look()) == {}
    assert len(newtail.server.issued) == forms + 1
    assert newtail.sent == []


def test_credentials_that_newtail_refuses_are_the_one_error(
    newtail: Newtail, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(API_KEY, "not-the-secret")
    caplog.set_level("DEBUG")
    found = newtail.look()
    only = failed(found)
    assert (only.check, only.severity) == ("credentials", "error")
    assert "app_id and api_key" in only.sentence
    assert "not-the-secret" not in "".join(each.sentence for each in found) + caplog.text


def test_newtail_s_secrets_clock_and_absence_are_told_apart(
    newtail: Newtail, monkeypatch: pytest.MonkeyPatch
) -> None:
    newtail.server.clock.date_off = 600
    assert outcomes(newtail.look()) == {"clock": "error"}
    newtail.server.clock.date_off = 0
    newtail.server.faults.append(Fault("form", "answer", status=503))
    assert failed(newtail.look()).severity == "warning"
    newtail.server.faults.append(Fault("form", "answer", status=404))
    only: Finding = failed(newtail.look())
    assert (only.check, only.severity) == ("connection", "error")
    monkeypatch.delenv(API_KEY)
    assert failed(newtail.look()).check == "secrets"


def test_a_date_tells_how_far_a_clock_is_ahead_and_something_else_tells_nothing() -> None:
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    told = (now + timedelta(minutes=10)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert seconds_ahead(told, now.timestamp()) == pytest.approx(600, abs=1)
    assert seconds_ahead("yesterday", now.timestamp()) is None
    assert seconds_ahead(None, now.timestamp()) is None


def test_a_minute_is_well_and_five_are_too_many() -> None:
    assert "within 60 s" in clock_sentence(-59)
    with pytest.raises(DestinationRefusedError, match="301 s behind"):
        clock_sentence(301)
