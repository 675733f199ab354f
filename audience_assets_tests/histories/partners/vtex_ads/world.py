"""One publisher's bucket under test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from random import Random

from audience_assets.destinations.column import Destination
from audience_assets.destinations.planning import Planner
from audience_assets.destinations.vtex_ads import columns, delta
from audience_assets.destinations.vtex_ads.sender import VtexAdsSender
from audience_assets.destinations.vtex_ads.settings import VtexAdsSettings
from audience_assets.ledger.records import Delivery
from audience_assets.storage.objects import S3Objects, S3Target
from audience_assets_tests.histories.faults import Faults
from audience_assets_tests.histories.model import departed_row
from audience_assets_tests.histories.partners.rows import Cell, Row
from audience_assets_tests.histories.partners.troubles import Troubles
from audience_assets_tests.histories.partners.vtex_ads.bucket import Bucket, BucketClient, random_troubles
from audience_assets_tests.histories.partners.world import World

Delivered = Mapping[str, Cell]


@dataclass(kw_only=True)
class VtexAdsWorld(World):
    """State, bucket and model of one history.

    `due` is whom the last finished delivery brought, `expected` what the partner must have of everybody it ever had.
    """

    account: Bucket
    settings: VtexAdsSettings = None  # type: ignore[assignment]
    followed: int = 0
    due: dict[str, Delivered] = field(default_factory=dict)
    expected: dict[str, Delivered] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return "vtex_ads"

    @property
    def destination(self) -> Destination:
        return columns.destination(self.name, self.settings)

    @property
    def planner(self) -> Planner:
        return delta.planner(self.destination, self.settings)

    def cells(self, customer: str, row: Row) -> Mapping[str, Cell]:
        told: dict[str, Cell] = dict.fromkeys(column.name for column in self.destination.columns)
        known = row.cells
        return told | {
            "CUSTOMER_ID": customer,
            "EMAIL_HASHED": known.get("EMAIL"),
            "PHONE_HASHED": known.get("PHONE"),
            "FIRST_NAME_HASHED": known.get("FN"),
            "LAST_NAME_HASHED": known.get("LN"),
            "GENDER": known.get("GEN"),
            "AGE": int(known["DOBY"][:1], 16) if "DOBY" in known else None,
            "CITY": known.get("CT"),
            "AUDIENCES": ";".join(row.audiences) or None,
            "NBO_PRODUCTS": row.value,
        }

    def random_troubles(self, rng: Random) -> Troubles:
        return random_troubles(rng)

    def feeding(self, audience: str) -> None:
        assert audience == ""

    def sender(self, life: Faults, troubles: Troubles) -> VtexAdsSender:  # noqa: ARG002 - the bucket has them
        objects = S3Objects(S3Target("bucket"), BucketClient(self.account, life))
        return VtexAdsSender(self.destination, objects, self.settings.prefix)

    @property
    def replaceable(self) -> bool:
        return False

    def be_patient(self) -> None:
        """A bucket is not waited for."""

    def follow(self, delivery: Delivery, feeding: None) -> None:  # noqa: ARG002 - all columns are delivered
        if delivery.id <= self.followed:
            return
        published = self.log.of(delivery.to_snapshot)
        table = published.tables[self.name]
        due = {name: cells for name, cells in table.items() if published.customers[name].consent is not False}
        for name in self.due.keys() - due.keys():
            departed = "blank" if name in table else self.settings.departed  # who withdrew is still there
            self.expected[name] = departed_row(self.due[name], departed)
        self.expected.update(due)
        self.followed, self.due = delivery.id, due

    def check(self, day: date) -> None:
        """Every customer's newest row is the source's, and who left has the row that the settings say."""
        current, pointer = self.ledger.current_snapshot(day), self.ledger.acknowledged(self.name, "")
        assert current is not None
        assert pointer is not None
        assert pointer.day > day or pointer.snapshot_key == current.key
        held = {name: _comparable(row) for name, row in self.account.rows().items()}
        assert held.keys() == self.expected.keys()
        wrong = [name for name, row in self.expected.items() if held[name] != _comparable(row)]
        assert wrong == [], "customers' rows are not the source's"

    def changes(self) -> int:
        return self.account.puts


def _comparable(row: Delivered) -> dict[str, object]:
    """The row with its audiences as a set."""
    return {**row, "AUDIENCES": frozenset(str(row["AUDIENCES"]).split(";"))}
