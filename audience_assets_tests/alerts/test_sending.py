"""A message reaches the people by e-mail and by Slack, and a way that is broken says what to mend."""

import traceback
from typing import Any

import pytest

from audience_assets.alerts import email, slack
from audience_assets.alerts.message import Message
from audience_assets.errors import AlertError, SettingsError
from audience_assets_tests.alerts import conftest
from audience_assets_tests.alerts.conftest import GONE, PASSWORD_VARIABLE, TOKEN_VARIABLE, Mailbox, Slack

TOLD = Message("daily_audiences failed: vtex_ads/delivery", "São & <Paulo>\n\nRun: https://ui/runs/1")
CLOSED = 9


def refusal(send: Any, settings: Any) -> str:
    """What a failed sending says; neither it nor its traceback has the secret."""
    with pytest.raises(AlertError) as caught:
        send(settings, TOLD)
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


def test_a_mail_reaches_all_recipients_behind_tls_and_a_login(mailbox: Mailbox) -> None:
    email.send(mailbox.settings(), TOLD)
    [mail] = mailbox.mails
    assert (mail["From"], mail["To"]) == ("audiences@example.com", "data@example.com, crm@example.com")
    assert mail["Subject"] == TOLD.subject
    assert mail.get_content().splitlines() == TOLD.text.splitlines()


@pytest.mark.parametrize(
    ("bent", "words"),
    [
        ({"user": "somebody"}, "refuses the login: mend alerts.email.user"),
        ({"recipients": [GONE]}, "refuses the sender or the recipients: mend"),
        ({"recipients": ["data@example.com", GONE]}, "refuses 1 of the recipients: mend"),
        ({"host": "localhost"}, "could not be trusted (CERTIFICATE_VERIFY_FAILED): mend alerts.email.tls"),
        ({"port": CLOSED}, f"127.0.0.1:{CLOSED} cannot be reached or broke off (ConnectionRefusedError)"),
    ],
)
def test_a_mail_server_that_refuses_is_a_sentence_with_the_mend(
    mailbox: Mailbox, bent: dict[str, Any], words: str
) -> None:
    assert words in refusal(email.send, mailbox.settings(**bent))


def test_a_mail_server_that_is_full_is_a_sentence_too(mailbox: Mailbox) -> None:
    mailbox.room = 0
    assert "does not take the message (code 452): its log says why" in refusal(email.send, mailbox.settings())


def test_a_mail_server_without_tls_gets_no_password(mailbox: Mailbox) -> None:
    settings = mailbox.settings(tls="none", user=None, password=None)
    assert "refuses the sender or the recipients" in refusal(email.send, settings)
    assert mailbox.mails == []


def test_a_message_is_posted_in_the_channel_with_its_marks_escaped(slack_server: Slack) -> None:
    slack.post(slack_server.settings(), TOLD)
    [(path, body)] = slack_server.posts
    assert path == "/api/chat.postMessage"
    assert body["channel"] == "#audiences"
    assert body["text"] == f"*{TOLD.subject}*\nSão &amp; &lt;Paulo&gt;\n\nRun: https://ui/runs/1"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("channel_not_found", "#audiences (channel_not_found): mend alerts.slack.channel, or invite the app"),
        ("missing_scope", "give the app the scope chat:write"),
        ("fatal_error", "(fatal_error): mend [alerts.slack]"),
    ],
)
def test_a_slack_that_refuses_is_a_sentence_with_the_mend(
    slack_server: Slack, error: str, words: str
) -> None:
    slack_server.refusal = error
    assert words in refusal(slack.post, slack_server.settings())


def test_a_wrong_token_is_not_repeated(slack_server: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "xoxb-wrong-hunter2")
    assert "(invalid_auth): mend the token's variable" in refusal(slack.post, slack_server.settings())


def test_a_slack_that_is_away_is_a_sentence_too(slack_server: Slack) -> None:
    away = slack_server.settings(base_url=f"http://{conftest.HOST}:{CLOSED}/api/")
    assert "Slack cannot be reached" in refusal(slack.post, away)


def test_a_secret_that_is_not_set_is_named(
    mailbox: Mailbox, slack_server: Slack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PASSWORD_VARIABLE)
    monkeypatch.delenv(TOKEN_VARIABLE)
    with pytest.raises(SettingsError, match=PASSWORD_VARIABLE):
        email.send(mailbox.settings(), TOLD)
    with pytest.raises(SettingsError, match=TOKEN_VARIABLE):
        slack.post(slack_server.settings(), TOLD)
