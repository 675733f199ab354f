"""Deployments that are only looked at: what the preflight finds, and what the partner was sent meanwhile."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from audience_assets.destinations.preflight import Finding
from audience_assets.pipeline import Pipeline
from audience_assets.preflight import looking
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta.audience import Audience as MetaAudience
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.platform import random_id as meta_id
from audience_assets.sandbox.newtail import NewtailServer
from audience_assets.sandbox.recorded_call import RecordedCall
from audience_assets.sandbox.tiktok.audience import Audience as TikTokAudience
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.platform import random_id as tiktok_id
from audience_assets_tests.assets.deployment import settings_of

APP_ID, API_KEY = "PREFLIGHT_TESTS_APP_ID", "PREFLIGHT_TESTS_API_KEY"  # names of variables
READS = {"permissions", "debug_token", "account", "get", "advertiser", "list"}


@dataclass
class Deployed(ABC):
    """One destination of a deployment that has delivered nothing yet; `declared` may be bent before it is looked at."""

    name: str
    folder: Path
    declared: dict[str, Any]

    @property
    def pipeline(self) -> Pipeline:
        return Pipeline(settings_of(self.folder, {self.name: self.declared}))

    @property
    @abstractmethod
    def sent(self) -> Sequence[object]:
        """What the partner was sent."""

    def look(self, day: date | None = None) -> list[Finding]:
        return looking.look(self.pipeline, self.name, day)


def outcomes(found: Sequence[Finding]) -> dict[str, str]:
    """Each check that did not simply pass, with what became of it."""
    said = {True: "passed", None: "not looked at"}
    all_of_them = {each.check: said.get(each.passed) or each.severity for each in found}
    assert len(all_of_them) == len(found)
    return {name: outcome for name, outcome in all_of_them.items() if outcome != "passed"}


def failed(found: Sequence[Finding]) -> Finding:
    """The only check that failed; what needs it was not looked at, and names it."""
    [only] = [each for each in found if each.passed is False]
    for each in found:
        if each.passed is None:
            assert each.sentence == f"not looked at: {only.check} failed"
    return only


@dataclass
class OnMeta(Deployed):
    """An ad account of the sandbox and the one audience in it."""

    account: Account
    audience: MetaAudience
    clock: Clock

    @property
    def sent(self) -> list[RecordedCall]:
        return [call for call in self.account.calls if call.operation not in READS]


@dataclass
class OnTikTok(Deployed):
    """An advertiser of the sandbox and its one audience."""

    advertiser: Advertiser
    audience: TikTokAudience
    clock: Clock

    @property
    def sent(self) -> list[RecordedCall]:
        return [call for call in self.advertiser.calls if call.operation not in READS]


@dataclass
class OnS3(Deployed):
    """A publisher's bucket, seen by its owner."""

    bucket: str
    owner: Any

    @property
    def sent(self) -> Sequence[object]:
        prefix = self.declared["prefix"]
        objects = self.owner.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        uploads = self.owner.list_multipart_uploads(Bucket=self.bucket).get("Uploads", [])
        return [*objects, *uploads]


@dataclass
class Newtail(Deployed):
    """A publisher at Newtail's API."""

    server: NewtailServer

    @property
    def sent(self) -> Sequence[object]:
        return list(self.server.stored())


def meta_audience(account: Account, clock: Clock) -> MetaAudience:
    """An audience that takes people."""
    made = MetaAudience(
        id=meta_id(),
        name="vip",
        description="",
        customer_file_source="USER_PROVIDED_ONLY",
        is_value_based=False,
        retention_days=0,
        behaviour=account,
        clock=clock,
        created=clock.now(),
        updated=clock.now(),
    )
    account.audiences[made.id] = made
    return made


def tiktok_audience(advertiser: Advertiser, clock: Clock) -> TikTokAudience:
    """An audience that takes people."""
    now = clock.now()
    made = TikTokAudience(
        tiktok_id(), "vip", "MULTIPLE_TYPES", "NORMAL", None, now, now, advertiser, clock, valid=True
    )
    advertiser.audiences[made.id] = made
    return made
