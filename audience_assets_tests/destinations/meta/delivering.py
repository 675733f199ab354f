"""A deployment whose audiences go to one ad account of the sandbox: days are published, planned and delivered as in a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pyarrow.parquet as pq

from audience_assets.destinations.delivery import Outcome, Report
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.destinations.meta.client import connect
from audience_assets.destinations.meta.kind import access
from audience_assets.destinations.meta.sender import MetaSender
from audience_assets.destinations.meta.settings import MetaSettings
from audience_assets.destinations.meta.targets import Targets
from audience_assets.ledger import Batch, Ledger
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.audience import Audience
from audience_assets.sandbox.meta.faults import Fault, FaultKind, OperationName
from audience_assets.sandbox.meta.platform import Account, RecordedCall
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets_tests.destinations.state import Row, State

NAME = "meta"
TOKEN, APP_SECRET = "META_TESTS_TOKEN", "META_TESTS_APP_SECRET"  # names of variables
DAYS = [date(2026, 11, number) for number in range(1, 6)]
CHANGES = ("users_add", "users_remove", "users_replace")


class KilledError(BaseException):
    """The end of a process; nothing of ours may catch it."""


def digest(text: str) -> str:
    """What the partner gets of a hashed value."""
    return sha256(text.encode()).hexdigest()


def member(name: str, *audiences: str, **cells: Any) -> dict[str, Any]:
    """A customer with an e-mail address of their own."""
    return {"EMAIL": f"{name}@example.com", "audiences": list(audiences or ("vip",)), **cells}


def members(count: int, *audiences: str, start: int = 0, **cells: Any) -> dict[str, Row]:
    """Customers c00000, c00001 and so on."""
    return {
        name: member(name, *audiences, **cells)
        for name in (f"c{number:05}" for number in range(start, start + count))
    }


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
class Ads:
    """The state, the ad account, and what is seen of both. Waiting lets the sandbox's time pass."""

    state: State
    server: MetaServer
    account: Account
    waited: list[float] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return self.server.platform.clock

    @property
    def ledger(self) -> Ledger:
        return self.state.ledger

    def configure(self, **given: Any) -> None:
        """Other settings from now on; `audiences` is the whole section. Other forms bring everybody into a new segment."""
        before = self.state.destination.forms
        self.state.settings = settings_of(self.server, self.account, **given)
        if self.state.destination.forms != before:
            self.state.kept = {}

    def publish(self, day: date, customers: Mapping[str, Row]) -> None:
        self.state.publish(day, customers)

    def plan(self, day: date, replace: Sequence[str] = ()) -> DeltaManifest:
        return self.state.plan(day, replace=replace)

    def deliver(self, day: date, kill_after: int | None = None) -> Report:
        """Deliver the planned day; the process may end after a number of acknowledged batches."""
        settings = self.state.settings
        assert isinstance(settings, MetaSettings)
        with connect(access(settings), sleep=self.sleep, now=self.clock.now) as client:
            targets = Targets(client, self.ledger, NAME, settings, self.sleep)
            sender = MetaSender(
                client, targets, self.ledger, self.state.layout, self.state.destination, settings, self.now
            )
            done = 0

            def progress(_number: int, _total: int, _rows: int) -> None:
                nonlocal done
                done += 1
                if done == kill_after:
                    raise KilledError

            return self.state.courier(sender, progress=progress).deliver(day)

    def run(self, day: date, customers: Mapping[str, Row], replace: Sequence[str] = ()) -> Report:
        """A day from its customers to Meta."""
        self.publish(day, customers)
        self.plan(day, replace)
        return self.deliver(day)

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.clock.advance(seconds)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.now(), UTC)

    def fault(self, operation: OperationName, kind: FaultKind, **given: Any) -> None:
        """What becomes of the next calls of this kind."""
        self.account.faults.append(Fault(operation, kind, **given))

    def refuse(self, *names: str) -> None:
        """Meta finds these customers' e-mail addresses badly formed."""
        bad = {digest(f"{name}@example.com") for name in names}
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

    def batches(self, label: str = "vip") -> list[Batch]:
        """Those of the audience's newest delivery."""
        newest = next(each for each in self.ledger.deliveries(NAME) if each.audience == label)
        return self.ledger.batches(newest.id)

    def refused(self, day: date) -> set[tuple[str, str, str]]:
        """Customer, audience and operation of each refused row that was written down."""
        folder = self.state.layout.refused(NAME, day)
        return {
            (row["customer_id"], row["audience"], row["operation"])
            for file in (folder.glob("*.parquet") if folder.is_dir() else [])
            for row in pq.read_table(file).to_pylist()
        }


def emails_of(*names: str) -> set[str]:
    return {digest(f"{name}@example.com") for name in names}


def outcome(report: Report, label: str = "vip") -> Outcome:
    """What a run did for one audience."""
    return next(each for each in report.outcomes if each.audience == label)
