"""Three partners who hold twelve customers, and what each of them knows of one person."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets.pipeline import Pipeline
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.assets import deployment
from audience_assets_tests.assets.meta_account import meta_destination, secrets_of
from audience_assets_tests.assets.tiktok_advertiser import tiktok_destination, token_of

PARTNERS = ("vtex_ads", "tiktok", "meta")


def person(number: int, **given: Any) -> dict[str, Any]:
    """A customer with an e-mail address, a phone and a tax number of their own."""
    digits = [int(each) for each in f"{123456000 + number:09d}"]
    for length in (9, 10):
        rest = sum(digit * (length + 1 - at) for at, digit in enumerate(digits)) * 10 % 11 % 10
        digits.append(rest)
    return {
        "customer_id": f"c{number}",
        "email": f"person{number}@example.com",
        "phone": f"+55119{87650000 + number:08d}",
        "social_id": "".join(map(str, digits)),
        "first_name": f"Ana {number}",
        "audiences": ["vip"],
        **given,
    }


EVERYBODY = [person(number) for number in range(12)]


@dataclass(frozen=True)
class World:
    """A deployment with three partners on this machine."""

    folder: Path
    pipeline: Pipeline
    s3: S3Server
    client: Any
    prefix: str
    meta: MetaServer
    tiktok: TikTokServer

    def land(self, day: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write the day's extract."""
        file = self.folder / "extract" / day / "customers.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), file)

    def prepare(self, day: str) -> None:
        """Everything of a day but what concerns a partner."""
        at = date.fromisoformat(day)
        self.pipeline.read_extract(at)
        self.pipeline.normalize(at)
        self.pipeline.hash(at)

    def run(self, day: str, rows: Iterable[Mapping[str, Any]] | None = None) -> None:
        """Everything of a day."""
        if rows is not None:
            self.land(day, rows)
        self.prepare(day)
        for name in PARTNERS:
            self.pipeline.plan(name, date.fromisoformat(day))
            self.pipeline.deliver(name, date.fromisoformat(day))

    def at_vtex_ads(self) -> dict[str, dict[str, Any]]:
        """What VTEX Ads knows of each customer who is more than an id: files are taken in the order of their names."""
        listed = self.client.list_objects_v2(Bucket=self.s3.bucket, Prefix=f"{self.prefix}/")
        known: dict[str, dict[str, Any]] = {}
        for key in sorted(each["Key"] for each in listed.get("Contents", [])):
            body = self.client.get_object(Bucket=self.s3.bucket, Key=key)["Body"].read()
            for row in pq.ParquetFile(io.BytesIO(body)).read().to_pylist():
                known[row["CUSTOMER_ID"]] = row
        return {
            customer: row
            for customer, row in known.items()
            if any(value is not None for name, value in row.items() if name != "CUSTOMER_ID")
        }

    def at_meta(self, name: str = "vip") -> int:
        """How many people Meta's audience has."""
        return next(each.size() for each in self.meta.account.audiences.values() if each.name == name)

    def at_tiktok(self, name: str = "vip") -> int:
        """How many people TikTok's audience has."""
        return next(each.size() for each in self.tiktok.advertiser.audiences.values() if each.name == name)

    def held(self) -> tuple[int, int, int]:
        """How many people each partner has."""
        return len(self.at_vtex_ads()), self.at_meta(), self.at_tiktok()


@contextmanager
def worlds(server: S3Server, administrator: Any, prefix: str, folder: Path) -> Iterator[Callable[..., World]]:
    """Makes worlds below a folder whose settings may be bent; the partners end with the `with` block."""
    with (
        TikTokServer(folder / "tiktok") as tiktok,
        MetaServer(folder / "meta") as meta,
        token_of(tiktok.advertiser),
        secrets_of(meta.account),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv(deployment.KEY_ID, server.write_only.access_key_id)
        patch.setenv(deployment.KEY, server.write_only.secret_access_key)
        tiktok.advertiser.smallest_audience = 1

        def made(
            vtex_ads: Mapping[str, Any] | None = None,
            tiktok_bent: Mapping[str, Any] | None = None,
            meta_bent: Mapping[str, Any] | None = None,
            **given: Any,
        ) -> World:
            places = {
                "vtex_ads": deployment.destination(server, prefix) | dict(vtex_ads or {}),
                "tiktok": tiktok_destination(tiktok, tiktok.advertiser, patience_seconds=0)
                | dict(tiktok_bent or {}),
                "meta": meta_destination(meta, meta.account, rows_per_batch=100, patience_seconds=0)
                | dict(meta_bent or {}),
            }
            settings = deployment.settings_of(folder, places, **given)
            return World(folder, Pipeline(settings), server, administrator, prefix, meta, tiktok)

        yield made


@pytest.fixture
def make(
    s3_server: S3Server, administrator: Any, bucket_prefix: str, tmp_path: Path
) -> Iterator[Callable[..., World]]:
    """Makes worlds whose settings may be bent."""
    with worlds(s3_server, administrator, bucket_prefix, tmp_path) as made:
        yield made


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    """Twelve customers, delivered to all three on the first day."""
    made = make()
    made.run(deployment.DAYS[0], EVERYBODY)
    assert made.held() == (12, 12, 12)
    return made
