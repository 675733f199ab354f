"""One person reaches three partners under three rules: each gets exactly the digests that its own pages ask for."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
import duckdb
import pytest

from audience_assets.normalize import Normalizer
from audience_assets.rules import engine
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.assets.deployment import (
    DAYS,
    Bucket,
    Deployment,
    Row,
    destination,
    numbered,
    settings_of,
)
from audience_assets_tests.assets.meta_account import meta_destination, secrets_of
from audience_assets_tests.assets.tiktok_advertiser import tiktok_destination, token_of
from audience_assets_tests.storage.on_s3 import credentials, state_on_s3

MARY: Row = {
    "customer_id": "mary",
    "email": "Mary.Smith+News@Example.com",
    "phone": "(212) 555-1234",
    "first_name": "Ana-Luísa",
    "country": "US",
    "audiences": ["vip"],
}
LOWERED = (
    "mary.smith+news@example.com",
    "7526e4b535d7d9af7d3a7701432abef9862ba61f47ab687dab06cfec9487c90f",
)
BARE = ("marysmith@example.com", "4f776f9dd5333920c8fd5666dad54f8b45a96165770a5175b1921731a4b1410e")
PLUS = ("+12125551234", "b7532e84c87df1f9f6bc4097cea3fa27db1b990bdc8d1211e59586349e5cce82")
DIGITS = ("12125551234", "4b4fb60638907d714a7207905d24b5e09de607ff2d776623c998b47eeb31c309")
HYPHENED = ("ana-luísa", "358ded422c54283e1db6628125cc0c1d5a0781734fdc908650766d20a1e504c2")
JOINED = ("analuísa", "a3636599b8bd072ba83784ee33851230a30582ed6abe726c8569f64112bfea43")
EXPECTED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "vtex_ads": {"EMAIL_HASHED": LOWERED, "PHONE_HASHED": PLUS, "FIRST_NAME_HASHED": HYPHENED},
    "tiktok": {"email_SHA256": BARE, "phone_SHA256": PLUS},
    "meta": {"EMAIL": LOWERED, "PHONE": DIGITS, "FN": JOINED},
}
"""The string and its digest of each field at each partner, written down by hand from the partners' rules."""
SOURCES = {"email": "email", "phone": "phone", "first_name": "first_name", "fn": "first_name"}
"""The field of the extract, by how a partner's column begins."""


def source_of(column: str) -> Any:
    """What Mary's extract says for a partner's column."""
    return next(MARY[field] for begin, field in SOURCES.items() if column.lower().startswith(begin))


@dataclass(frozen=True)
class Partners:
    """A deployment that delivered a day to all three, and two of them."""

    deployment: Deployment
    tiktok: TikTokServer
    meta: MetaServer


@pytest.fixture(scope="module", params=["state on the disk", "state on S3"])
def partners(
    request: pytest.FixtureRequest,
    s3_server: S3Server,
    bucket: Bucket,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Partners]:
    """Mary among two hundred others, some of whom are in her audience."""
    folder = tmp_path_factory.mktemp("three")
    state = state_on_s3(s3_server, folder) if request.param == "state on S3" else {}
    prefix = f"{s3_server.prefix}/{folder.name}"
    with (
        TikTokServer(folder / "tiktok") as tiktok,
        MetaServer(folder / "meta") as meta,
        token_of(tiktok.advertiser),
        secrets_of(meta.account),
        dg.DagsterInstance.ephemeral() as instance,
        pytest.MonkeyPatch.context() as patch,
    ):
        credentials(patch, s3_server.administrator)
        tiktok.advertiser.smallest_audience, meta.account.record = 1, True
        places = {
            "vtex_ads": destination(s3_server, prefix),
            "tiktok": tiktok_destination(tiktok, tiktok.advertiser),
            "meta": meta_destination(meta, meta.account, keys=["EMAIL", "PHONE", "FN"], rows_per_batch=100),
        }
        deployed = Deployment(settings_of(folder, places, **state), bucket, prefix, instance)
        others: list[Row] = [
            {**row, "email": f"{row['customer_id']}@example.com", "country": "BR", "audiences": audiences}
            for row, audiences in zip(numbered(200), [["vip"], ["all"]] * 100, strict=True)
        ]
        deployed.land(DAYS[0], [MARY, *others])
        assert deployed.run(DAYS[0]).success
        yield Partners(deployed, tiktok, meta)


def test_vtex_ads_gets_the_digests_of_its_rules(partners: Partners) -> None:
    rows = partners.deployment.delivered(DAYS[0]).to_pylist()
    [mary] = [row for row in rows if row["CUSTOMER_ID"] == "mary"]
    for name, (_, sha256) in EXPECTED["vtex_ads"].items():
        assert mary[name] == sha256
    assert len(rows) == 201


def test_tiktok_gets_the_digests_of_its_rules(partners: Partners) -> None:
    [vip] = [each for each in partners.tiktok.advertiser.audiences.values() if each.name == "vip"]
    expected = tuple((column, sha256) for column, (_, sha256) in EXPECTED["tiktok"].items())
    assert expected in vip.rows()
    assert vip.size() == 101


def test_meta_gets_the_digests_of_its_rules(partners: Partners) -> None:
    [vip] = [each for each in partners.meta.account.audiences.values() if each.name == "vip"]
    adds = [call for call in partners.meta.account.calls if call.operation == "users_add"]
    sent = [
        dict(zip(call.params["payload"]["schema"], row, strict=True))
        for call in adds
        if vip.id in call.path
        for row in call.params["payload"]["data"]
    ]
    assert {key: sha256 for key, (_, sha256) in EXPECTED["meta"].items()} in sent
    assert len(sent) == 101


def test_normalize_shows_the_string_and_the_digest_of_each_partner(partners: Partners) -> None:
    pipeline = partners.deployment.pipeline
    asked = [(name, field) for name, fields in EXPECTED.items() for field in fields]
    lines = [
        json.dumps({"destination": name, "field": field, "value": source_of(field), "country": "US"})
        for name, field in asked
    ]
    with duckdb.connect() as connection:
        engine.install(connection)
        answers: list[Any] = [
            json.loads(line)
            for line in Normalizer(connection, pipeline.settings, pipeline.destinations).lines(lines)
        ]
    assert [(each["normalized"], each["sha256"]) for each in answers] == [
        EXPECTED[name][field] for name, field in asked
    ]
