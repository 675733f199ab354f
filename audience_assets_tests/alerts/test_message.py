"""What a message says, and which settings would send none or a secret in clear."""

from typing import Any

import pytest
from pydantic import ValidationError

from audience_assets.alerts.message import LISTED, Problem, compose
from audience_assets.alerts.settings import AlertSettings, EmailSettings, SlackSettings

MAIL = {"sender": "a@example.com", "recipients": ["b@example.com"], "host": "mail.example.com"}
SECRET = {"env": "A_SECRET"}


def test_a_message_names_what_failed_why_and_where_to_look() -> None:
    found = [Problem("meta/delivery", "meta/delivery 2026-01-05: refused:\n  mend the token")]
    told = compose("daily_audiences for 2026-01-05", found, "https://ui/runs/1", failed=True)
    assert told.subject == "daily_audiences for 2026-01-05 failed: meta/delivery"
    assert told.text.splitlines() == [
        "daily_audiences for 2026-01-05 failed.",
        "",
        "- meta/delivery: 2026-01-05: refused: mend the token",
        "",
        "Run: https://ui/runs/1",
    ]


def test_a_run_that_went_through_is_not_called_failed() -> None:
    checks = [Problem(f"raw_customers, check number_{number}", "") for number in range(2)]
    told = compose("daily_audiences", checks, "a-run", failed=False)
    assert told.subject == "daily_audiences: 2 checks failed"
    assert told.text.startswith("daily_audiences went through, but 2 checks failed.\n")
    assert "- raw_customers, check number_1: failed\n" in told.text


def test_a_message_lists_the_first_causes_and_counts_the_others() -> None:
    told = compose("job", [Problem("meta/delta", "cause")] * (LISTED + 3), "a-run", failed=True)
    assert told.subject == "job failed: meta/delta"
    assert told.text.count("- meta/delta: cause") == LISTED
    assert "\n- and 3 more\n" in told.text


@pytest.mark.parametrize(
    ("bent", "words"),
    [
        ({"user": "me"}, "give user and password together"),
        ({"user": "me", "password": SECRET, "tls": "none"}, "the password would be sent in clear"),
        ({"password": "hunter2"}, "a secret does not belong in the file"),
        ({"recipients": []}, "name at least one address"),
        ({"recipients": ["Data <data@example.com>"]}, "is not an e-mail address"),
        ({"sender": "a@example.com\nBcc: x@example.com"}, "is not an e-mail address"),
    ],
)
def test_mail_settings_that_cannot_be_meant_are_refused(bent: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EmailSettings.model_validate(MAIL | bent)


@pytest.mark.parametrize(("tls", "port"), [("ssl", 465), ("starttls", 587), ("none", 25)])
def test_without_a_port_the_usual_one_is_taken(tls: str, port: int) -> None:
    assert EmailSettings.model_validate(MAIL | {"tls": tls}).usual_port == port


def test_a_slack_token_is_not_sent_in_clear_to_another_machine() -> None:
    with pytest.raises(ValidationError, match="the token would be sent in clear: write https"):
        SlackSettings.model_validate(
            {"token": SECRET, "channel": "#a", "base_url": "http://slack.example.com/api"}
        )


@pytest.mark.parametrize("address", ["dagster.example.com", "https://user:hunter2@dagster.example.com"])
def test_the_address_of_the_ui_is_one_that_can_be_shown(address: str) -> None:
    with pytest.raises(ValidationError, match="it is not a web address"):
        AlertSettings.model_validate({"ui_url": address})
