"""What the sandbox's TikTok holds: advertisers that know nothing of each other, and one clock for all."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.recorded_call import RecordedCall, remember
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.behaviour import Behaviour
from audience_assets.sandbox.tiktok.faults import Fault
from audience_assets.sandbox.tiktok.limits import Usage


@dataclass(frozen=True)
class StoredFile:
    """An uploaded file: its packed rows, and until when its path is good."""

    calculate_type: str
    expires: float
    rows: list[bytes] = field(repr=False)


@dataclass(eq=False)
class Advertiser(Behaviour):
    """An advertiser with a token of its own. All its calls are handled one after another by the server's thread."""

    id: str = ""
    access_token: str = field(default="", repr=False)
    audiences: dict[str, Audience] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict, repr=False)
    faults: list[Fault] = field(default_factory=list)
    calls: list[RecordedCall] = field(default_factory=list, repr=False)

    def __post_init__(self) -> None:
        self.usage = Usage()

    def record_call(self, call: RecordedCall) -> None:
        """Remember a call; of very many only the last ones are kept."""
        remember(self.calls, call)


class Platform:
    """All advertisers."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.advertisers: dict[str, Advertiser] = {}

    def add_advertiser(self, credentials: Mapping[str, str] | None = None) -> Advertiser:
        """A new advertiser, or the one of kept credentials."""
        known = credentials or random_credentials()
        advertiser = Advertiser(id=known["advertiser_id"], access_token=known["access_token"])
        self.advertisers[advertiser.access_token] = advertiser
        return advertiser

    def advertiser_of(self, access_token: str) -> Advertiser | None:
        """The advertiser whom a token opens."""
        return self.advertisers.get(access_token)


def random_credentials() -> dict[str, str]:
    """Credentials in the partner's form, made up."""
    return {"access_token": secrets.token_hex(20), "advertiser_id": random_id()}


def random_id() -> str:
    """An id in the partner's form: a number of 19 digits."""
    return str(10**18 + secrets.randbelow(8 * 10**18))
