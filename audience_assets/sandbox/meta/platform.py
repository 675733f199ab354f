"""What the sandbox's Meta holds: ad accounts that know nothing of each other, and one clock for all."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.behaviour import Behaviour
from audience_assets.sandbox.meta.faults import Fault
from audience_assets.sandbox.meta.limits import Usage
from audience_assets.sandbox.meta.sessions import Session
from audience_assets.sandbox.recorded_call import RecordedCall, remember

__all__ = ["Account", "Platform", "RecordedCall", "random_credentials", "random_id"]


@dataclass(eq=False)
class Account(Behaviour):
    """An ad account with its own token. All its calls are handled one after another by the server's thread."""

    id: str = ""
    access_token: str = field(default="", repr=False)
    app_secret: str = field(default="", repr=False)
    audiences: dict[str, Audience] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    calls: list[RecordedCall] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.usage = Usage(self.number)

    @property
    def number(self) -> str:
        """The id without `act_`."""
        return self.id.removeprefix("act_")

    def record_call(self, call: RecordedCall) -> None:
        """Remember a call; of very many only the last ones are kept."""
        remember(self.calls, call)


class Platform:
    """All ad accounts.

    Attributes:
        minimum_version: older versions of the API are refused.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.minimum_version = (22, 0)
        self.accounts: dict[str, Account] = {}

    def add_account(self, credentials: Mapping[str, str] | None = None) -> Account:
        """A new ad account, or the one of kept credentials."""
        known = credentials or random_credentials()
        account = Account(
            id=known["ad_account"], access_token=known["access_token"], app_secret=known["app_secret"]
        )
        self.accounts[account.access_token] = account
        return account

    def account_of(self, access_token: str) -> Account | None:
        """The account that a token opens."""
        return self.accounts.get(access_token)


def random_credentials() -> dict[str, str]:
    """Credentials in the partner's form, made up."""
    return {
        "access_token": f"EAA{secrets.token_urlsafe(48)}",
        "app_secret": secrets.token_hex(16),
        "ad_account": f"act_{random_id()}",
    }


def random_id() -> str:
    """An id in the partner's form: a number of 17 digits."""
    return str(10**16 + secrets.randbelow(9 * 10**16))
