"""Sends a message to a Slack channel, over the client of the package dagster-slack.

Source of the rules: Slack's pages "chat.postMessage" (errors) and "Formatting text for app surfaces" (escaping).
"""

from importlib.util import find_spec

from audience_assets.alerts.message import Message
from audience_assets.alerts.settings import SlackSettings
from audience_assets.errors import AlertError, SettingsError

PATIENCE_SECONDS = 20
MENDS = {
    "channel_not_found": "mend alerts.slack.channel, or invite the app to it",
    "not_in_channel": "invite the app to the channel",
    "is_archived": "name another channel in alerts.slack.channel",
    "missing_scope": "give the app the scope chat:write and install it again",
    "invalid_auth": "mend the token's variable",
    "not_authed": "mend the token's variable",
    "account_inactive": "mend the token's variable",
    "token_revoked": "mend the token's variable",
    "token_expired": "mend the token's variable",
    "ratelimited": "it is tried again by itself",
}


def need_the_package() -> None:
    """Refuse settings that need a package which is not installed, before the first alert is due.

    Raises:
        SettingsError: It is not.
    """
    if find_spec("dagster_slack") is None:
        raise SettingsError(
            "alerts.slack needs the package dagster-slack: install audience-assets[slack], or take [alerts.slack] out"
        )


def post(settings: SlackSettings, message: Message) -> None:
    """Post it in the channel.

    Raises:
        AlertError: Slack could not be reached, or refuses it.
        SettingsError: The token's variable is not set, or dagster-slack is not installed.
    """
    need_the_package()
    from dagster_slack import SlackResource  # noqa: PLC0415 - an extra; its import costs half a second
    from slack_sdk.errors import SlackClientError  # noqa: PLC0415

    client = SlackResource(token=settings.token.value()).get_client()
    client.base_url, client.timeout = settings.base_url, PATIENCE_SECONDS
    try:
        client.chat_postMessage(
            channel=settings.channel,
            text=f"*{_escaped(message.subject)}*\n{_escaped(message.text)}",
            unfurl_links=False,
        )
    except SlackClientError as error:
        said = str(getattr(error, "response", {}).get("error", type(error).__name__))
        raise AlertError(
            f"Slack refuses the message for {settings.channel} ({said}): {MENDS.get(said, 'mend [alerts.slack]')}"
        ) from None
    except OSError as error:
        raise AlertError(
            f"Slack cannot be reached ({type(error).__name__}): mend the connection or alerts.slack.base_url"
        ) from None


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
