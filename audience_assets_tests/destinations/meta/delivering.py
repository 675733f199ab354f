"""A deployment whose audiences go to one ad account of the sandbox."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pyarrow.parquet as pq

from audience_assets.destinations.meta.client import connect
from audience_assets.destinations.meta.kind import access
from audience_assets.destinations.meta.sender import MetaSender
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.meta.targets import Targets
from audience_assets.destinations.sending import Sender
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.faults import Fault, FaultKind, OperationName
from audience_assets.sandbox.meta.platform import Account, RecordedCall
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.destinations.delivering import (
    DAYS,
    Delivering,
    KilledError,
    digest,
    emails_of,
    member_of,
    members_of,
    outcome,
)
from audience_assets_tests.destinations.state import Row
from audience_assets_tests.on_disk import on_disk

__all__ = [
    "APP_SECRET",
    "CHANGES",
    "DAYS",
    "NAME",
    "TOKEN",
    "Ads",
    "KilledError",
    "digest",
    "emails_of",
    "member",
    "members",
    "outcome",
    "settings_of",
]

NAME, EMAIL = "meta", "EMAIL"
TOKEN, APP_SECRET = "META_TESTS_TOKEN", "META_TESTS_APP_SECRET"  # names of variables
CHANGES = ("users_add", "users_remove", "users_replace")


member, members = partial(member_of, EMAIL), partial(members_of, EMAIL)


def settings_of(server: MetaServer, account: Account, **given: Any) -> MetaSettings:
    """Settings for an account of the sandbox, with batches of two rows and no wish to wait."""
    known = {
        "type": "meta",
        "ad_account": account.id,
        "access_token": {"env": TOKEN},
        "app_secret": {"env": APP_SECRET},
        "base_url": server.base_url,
        "keys": ("EMAIL", "PHONE"),
        "rows_per_batch": 2,
        "replace_above": 100,
        "calls_per_second": 1e6,
    }
    return MetaSettings.model_validate(known | given)


@dataclass
class Ads(Delivering):
    """The state, the ad account, and what is seen of both."""

    server: MetaServer
    account: Account

    @property
    def clock(self) -> Clock:
        return self.server.platform.clock

    def settings_with(self, **given: Any) -> MetaSettings:
        return settings_of(self.server, self.account, **given)

    @contextmanager
    def sender(self) -> Iterator[Sender]:
        settings = self.state.settings
        assert isinstance(settings, MetaSettings)
        with connect(access(settings), sleep=self.sleep, now=self.clock.now) as client:
            targets = Targets(client, self.ledger, NAME, settings, self.sleep)
            yield MetaSender(
                client, targets, self.ledger, self.state.layout, self.state.destination, settings, self.now
            )

    @property
    def asked(self) -> list[RecordedCall]:
        return self.account.calls

    def members(self, count: int, *audiences: str) -> dict[str, Row]:
        return members(count, *audiences)

    def fault(self, operation: OperationName, kind: FaultKind, **given: Any) -> None:
        """What becomes of the next calls of this kind."""
        self.account.faults.append(Fault(operation, kind, **given))

    def refuse(self, *names: str) -> None:
        """Meta finds these customers' e-mail addresses badly formed."""
        bad = emails_of(*names)
        self.account.refuses = lambda _key, cell: cell in bad

    def audience(self, label: str = "vip") -> Audience:
        """The only audience of this name."""
        [found] = [each for each in self.account.audiences.values() if each.name == label]
        return found

    def emails(self, label: str = "vip") -> set[str]:
        """Whose e-mail addresses the audience holds, as digests."""
        return {str(value) for key, value in self.audience(label).identifiers() if key == "EMAIL"}

    def calls(self, *operations: str) -> list[RecordedCall]:
        """What the account was asked, of some kinds or of those that change members."""
        return [call for call in self.account.calls if call.operation in (operations or CHANGES)]

    def sessions(self, *operations: str) -> list[tuple[int, bool]]:
        """Number and last flag of each call that changes members."""
        return [
            (call.params["session"]["batch_seq"], call.params["session"]["last_batch_flag"])
            for call in self.calls(*operations)
        ]

    def session_ids(self, *operations: str) -> list[int]:
        return [call.params["session"]["session_id"] for call in self.calls(*operations)]

    def refused(self, day: date) -> set[tuple[str, str, str]]:
        """Customer, audience and operation of each refused row that was written down."""
        folder = on_disk(self.state.layout.refused(NAME, day))
        return {
            (row["customer_id"], row["audience"], row["operation"])
            for file in (folder.glob("*.parquet") if folder.is_dir() else [])
            for row in pq.read_table(file).to_pylist()
        }
