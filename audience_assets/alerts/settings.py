"""Who is told when a run fails or a check does, and by which way; nobody until the settings say so."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from audience_assets.http.connection import LOOPBACK
from audience_assets.secret import Secret
from audience_assets.settings_section import Section
from audience_assets.settings_values import email_address, web_address

PORTS = {"ssl": 465, "starttls": 587, "none": 25}

Address = Annotated[str, AfterValidator(email_address)]
WebAddress = Annotated[str, AfterValidator(web_address)]


class SlackSettings(Section):
    """A Slack app's bot token with the scope `chat:write`, and the channel that the app was invited to."""

    token: Secret
    channel: str = Field(min_length=1)
    base_url: WebAddress = "https://slack.com/api/"

    @field_validator("base_url")
    @classmethod
    def _no_token_in_clear(cls, base_url: str) -> str:
        address = urlsplit(base_url)
        if address.scheme == "http" and address.hostname not in LOOPBACK:
            raise ValueError("the token would be sent in clear: write https://")
        return base_url


class EmailSettings(Section):
    """A mail server, and from whom and to whom.

    `tls` is "ssl" from the first byte, "starttls" before the login, or "none"; a password is never sent without it. Without
    `port`, the usual one for `tls`.
    """

    sender: Address
    recipients: tuple[Address, ...]
    host: str = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)
    tls: Literal["ssl", "starttls", "none"] = "starttls"
    user: str | None = None
    password: Secret | None = None

    @field_validator("recipients")
    @classmethod
    def _somebody(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        if not recipients:
            raise ValueError("name at least one address")
        return recipients

    @model_validator(mode="after")
    def _whole_login_behind_tls(self) -> "EmailSettings":
        if (self.user is None) != (self.password is None):
            raise ValueError("give user and password together, or neither of them")
        if self.user is not None and self.tls == "none":
            raise ValueError('the password would be sent in clear: set tls to "starttls" or "ssl"')
        return self

    @property
    def usual_port(self) -> int:
        """The port that is set, or the usual one."""
        return self.port or PORTS[self.tls]


class AlertSettings(Section):
    """Where alerts go.

    Attributes:
        slack: A channel that gets them.
        email: Addresses that get them.
        ui_url: Where people open the Dagster UI, for the link to the run.
        severity: From which severity on a failed check of a run that succeeded is told.
    """

    slack: SlackSettings | None = None
    email: EmailSettings | None = None
    ui_url: WebAddress | None = None
    severity: Literal["warn", "error"] = "warn"
