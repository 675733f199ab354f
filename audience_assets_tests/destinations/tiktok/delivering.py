"""A deployment whose audiences go to one advertiser of the sandbox, in files of three people."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx2

from audience_assets.destinations.sending import Sender
from audience_assets.destinations.tiktok.api import BusinessApi
from audience_assets.destinations.tiktok.client import TikTokClient
from audience_assets.destinations.tiktok.kind import access
from audience_assets.destinations.tiktok.limits import Pace
from audience_assets.destinations.tiktok.sender import TikTokSender
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.tiktok.targets import Targets
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.faults import FaultKind
from audience_assets.sandbox.recorded_call import RecordedCall
from audience_assets.sandbox.tiktok.audience import Audience
from audience_assets.sandbox.tiktok.faults import Fault, OperationName
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.destinations.delivering import Delivering, member_of, members_of
from audience_assets_tests.destinations.state import Row

NAME, EMAIL = "tiktok", "email_SHA256"
TOKEN = "TIKTOK_TESTS_TOKEN"  # the name of a variable
SMALLEST_FILE = 1024
"""Bytes, into which three of the widest rows fit."""
HOUR = 3600.0
CHANGES = ("create", "update_append", "update_remove", "update_replace", "delete")


member, members = partial(member_of, EMAIL), partial(members_of, EMAIL)


def settings_of(server: TikTokServer, advertiser: Advertiser, **given: Any) -> TikTokSettings:
    """Settings for an advertiser of the sandbox, which takes audiences of one, with little wish to wait."""
    known = {
        "type": "tiktok",
        "advertiser_id": advertiser.id,
        "access_token": {"env": TOKEN},
        "base_url": server.base_url,
        "replace_above": 100,
        "smallest_audience": advertiser.smallest_audience,
        "file_bytes": SMALLEST_FILE,
        "tier": "ultimate",
        "patience_seconds": 60.0,
    }
    return TikTokSettings.model_validate(known | given)


@dataclass
class Advertising(Delivering):
    """The state, the advertiser, and what is seen of both. Its connection is shared, since making one takes long."""

    server: TikTokServer
    advertiser: Advertiser
    http: httpx2.Client

    @property
    def clock(self) -> Clock:
        return self.server.platform.clock

    def settings_with(self, **given: Any) -> TikTokSettings:
        return settings_of(self.server, self.advertiser, **given)

    @contextmanager
    def sender(self) -> Iterator[Sender]:
        settings = self.state.settings
        assert isinstance(settings, TikTokSettings)
        pace = Pace(settings.tier, self.clock.now)
        client = TikTokClient(BusinessApi(access(settings), self.http, self.sleep, pace))
        targets = Targets(client, self.ledger, NAME, settings, self.sleep)
        yield TikTokSender(client, targets, self.ledger, self.state.layout, NAME, settings, self.now)

    @property
    def asked(self) -> list[RecordedCall]:
        return self.advertiser.calls

    def members(self, count: int, *audiences: str) -> dict[str, Row]:
        return members(count, *audiences)

    def fault(self, operation: OperationName, kind: FaultKind, **given: Any) -> None:
        """What becomes of the next calls of this kind."""
        self.advertiser.faults.append(Fault(operation, kind, **given))

    def audience(self, label: str = "vip") -> Audience:
        """The only audience of this name."""
        [found] = [each for each in self.advertiser.audiences.values() if each.name == label]
        return found

    def emails(self, label: str = "vip") -> set[str]:
        """Whose e-mail addresses the audience holds, as digests."""
        return {value for column, value in self.audience(label).identifiers() if column == "email_SHA256"}

    def calls(self, *operations: str) -> list[RecordedCall]:
        """What the advertiser was asked, of some kinds or of those that change audiences."""
        return [call for call in self.advertiser.calls if call.operation in (operations or CHANGES)]

    def changes(self) -> list[str]:
        """The calls so far that changed audiences, by name."""
        return [call.operation for call in self.calls()]

    def uploaded(self) -> list[int]:
        """The people in each file that was uploaded; a header stands for nobody."""
        return [call.rows - (b"," in call.params["file"]) for call in self.calls("upload")]

    def pointer(self, label: str = "vip") -> str | None:
        """The snapshot that the audience holds according to the ledger."""
        known = self.ledger.acknowledged(NAME, label)
        return known.snapshot_key if known else None
