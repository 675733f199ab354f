"""With Meta and TikTok beside VTEX Ads: no planted value and no secret is where it must not be, whatever they repeat.

In clear stand, and only in Parquet columns of their own: the customer's id, EXTERN_ID and MADID, which Meta takes unhashed,
and city and postal code for VTEX Ads. Everything else in clear stays in normalized_customers; secrets are nowhere.
"""

import hashlib
import hmac
import io
import json
import logging
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from audience_assets.assets import destinations
from audience_assets.sandbox.meta.faults import Fault
from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.faults import Fault as TikTokFault
from audience_assets.sandbox.tiktok.platform import Advertiser
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets_tests.assets.deployment import (
    ASSETS,
    DAYS,
    NORMALIZED,
    Bucket,
    Deployment,
    Row,
    destination,
    failure,
    settings_of,
)
from audience_assets_tests.assets.meta_account import meta_destination, secrets_of
from audience_assets_tests.assets.tiktok_advertiser import tiktok_destination, token_of
from audience_assets_tests.on_disk import on_disk

PERSONAL = ("marked-7f3a", "973137313", "97313-7313", "1987-03-13", "13/03/1987", "01310-100")
"""In clear, in any case: never anywhere but in normalized_customers."""
IDENTIFIER, CITY, POSTAL, EXTERNAL = "customer-3d11", "city-9c41", "01310100", "external-5e2b"
DEVICE = "5e2b0c0d-5e2b-4e2b-8e2b-5e2b0a0b5e2b"
DIGEST = hashlib.sha256(b"marked-7f3a@example.com").hexdigest()
ALLOWED = {
    IDENTIFIER: {"customer_id", "CUSTOMER_ID", "vtex_ads/CUSTOMER_ID"},
    CITY: {"CITY", "vtex_ads/CITY"},
    POSTAL: {"CEP", "vtex_ads/CEP"},
    EXTERNAL: {"EXTERN_ID", "meta/EXTERN_ID"},
    DEVICE: {"MADID", "meta/MADID"},
    DIGEST: {"EMAIL", "EMAIL_HASHED", "email_SHA256"},
}
"""In which columns of Parquet files a planted value may stand, besides those of normalized_customers."""
REPEATED = f"Invalid: MARKED-7f3a@Example.com {DIGEST} {IDENTIFIER} {EXTERNAL}"


def customer(number: int, **given: str) -> Row:
    return {
        "customer_id": f"CUSTOMER-3d11-{number}",
        "email": "MARKED-7f3a@Example.com",
        "phone": "(11) 97313-7313",
        "first_name": "Marked-7f3a",
        "last_name": "da MARKED-7f3a",
        "birth_date": "13/03/1987",
        "postal_code": "01310-100",
        "city": "City-9c41",
        "external_id": "External-5e2b",
        "mobile_ad_id": DEVICE.upper(),
        "audiences": ["vip", "all"],
        **given,
    }


@dataclass(frozen=True)
class Lived:
    """A deployment after good, refused and failed runs; Dagster's own files; and everything that was said."""

    deployment: Deployment
    account: Account
    advertiser: Advertiser
    dagster: Path
    said: str
    failures: list[str]

    @property
    def secrets(self) -> list[str]:
        token, secret = self.account.access_token, self.account.app_secret
        proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        return [token, secret, proof, self.advertiser.access_token]


@pytest.fixture(scope="module")
def lived(s3_server: S3Server, bucket: Bucket, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Meta refuses rows and shows them; both fail with pages and errors that repeat rows, and once do not answer at all."""
    folder = tmp_path_factory.mktemp("lived")
    (folder / "dagster").mkdir()
    prefix = f"{s3_server.prefix}/{folder.name}"
    keys = ["EXTERN_ID", "EMAIL", "PHONE", "FN", "LN", "CT", "ZIP", "DOBY", "DOBM", "DOBD", "MADID"]
    with (
        MetaServer(folder / "meta") as server,
        TikTokServer(folder / "tiktok") as tiktok,
        secrets_of(server.account),
        token_of(tiktok.advertiser),
        pytest.MonkeyPatch.context() as patch,
        dg.DagsterInstance.local_temp(str(folder / "dagster")) as instance,
        redirect_stderr(io.StringIO()) as said,
        redirect_stdout(said),
    ):
        patch.setattr(destinations, "RETRIES", dg.RetryPolicy(max_retries=1))
        log = logging.StreamHandler(said)
        logging.getLogger().addHandler(log)
        account, advertiser = server.account, tiktok.advertiser
        advertiser.smallest_audience = 1
        account.samples, account.refuses = "rows", lambda _key, cell: cell == DIGEST
        places = {
            "vtex_ads": destination(s3_server, prefix),
            "meta": meta_destination(server, account, keys=keys, patience_seconds=1),
            "tiktok": tiktok_destination(tiktok, advertiser, patience_seconds=1),
        }
        deployed = Deployment(settings_of(folder, places), bucket, prefix, instance)
        failures = list(_live(deployed, account, advertiser))
        logging.getLogger().removeHandler(log)
        yield Lived(deployed, account, advertiser, folder / "dagster", said.getvalue(), failures)


def _live(deployed: Deployment, account: Account, advertiser: Advertiser) -> Iterator[str]:
    deployed.land(DAYS[0], [customer(1), customer(2, email="other@example.com"), customer(3, phone="")])
    assert deployed.run(DAYS[0]).success
    deployed.land(DAYS[1], [customer(1, city="City-9c41 Nova"), customer(4, email="new@example.com")])
    repeated = json.dumps({"error": {"message": REPEATED, "code": 100, "error_user_title": "Bad request"}})
    account.faults += [
        Fault("*", "error", body=f"<html>{REPEATED}</html>"),
        Fault("users_remove", "error", status=400, body=repeated, times=20),
    ]
    yield failure(deployed.run(DAYS[1], *ASSETS, "meta/delta", "meta/delivery", "tiktok/delta"))[1]
    account.faults[:] = [Fault("users_add", "drop_after", times=20)]
    yield failure(deployed.run(DAYS[1], "meta/delivery"))[1]
    account.faults.clear()
    assert deployed.run(DAYS[1], "meta/delivery").success
    repeated = json.dumps({"code": 40002, "message": REPEATED, "request_id": REPEATED, "data": {}})
    advertiser.faults += [
        TikTokFault("*", "error", body=f"<html>{REPEATED}</html>"),
        TikTokFault("update_append", "error", status=200, body=repeated, content_type="application/json"),
    ]
    yield failure(deployed.run(DAYS[1], "tiktok/delivery"))[1]
    advertiser.faults[:] = [TikTokFault("update_append", "drop_after", times=20)]
    yield failure(deployed.run(DAYS[1], "tiktok/delivery"))[1]
    advertiser.faults.clear()
    assert deployed.run(DAYS[1], "tiktok/delivery").success


def planted(text: str, *besides: str) -> list[str]:
    lowered = text.lower()
    return [mark for mark in (*PERSONAL, *besides) if mark.lower() in lowered]


def test_the_plants_are_where_they_may_be(lived: Lived) -> None:
    state = on_disk(lived.deployment.settings.state_dir)
    clear = [pq.read_table(file).to_pylist() for file in (state / NORMALIZED).rglob("customers-*.parquet")]
    assert {"marked-7f3a", "973137313", POSTAL} <= set(planted(str(clear), *ALLOWED))
    for partner, marks in (("meta", ALLOWED.keys() - {CITY, POSTAL}), ("tiktok", {IDENTIFIER, DIGEST})):
        delta = [pq.read_table(file).to_pylist() for file in (state / partner).rglob("*.parquet")]
        assert set(planted(str(delta), *ALLOWED)) == marks


def test_rows_were_refused_and_runs_failed(lived: Lived) -> None:
    assert "but refused" in lived.said
    codes = [[code for code in ("code 100", "code 40002") if code in said] for said in lived.failures]
    assert codes == [["code 100"], [], ["code 40002"], []]
    assert list(on_disk(lived.deployment.settings.state_dir).glob("meta/refused/*/*.parquet"))


def test_no_planted_value_and_no_secret_is_in_what_was_said(lived: Lived) -> None:
    assert not planted("\n".join([lived.said, *lived.failures]), *ALLOWED, *lived.secrets)


def test_no_planted_value_and_no_secret_is_in_events_or_dagster_s_own_files(lived: Lived) -> None:
    instance = lived.deployment.instance
    records = [record for run in instance.get_runs() for record in instance.all_logs(run.run_id)]
    assert len(records) > 100
    for record in records:
        assert not planted(repr(record), *ALLOWED, *lived.secrets)
    files = [file for file in lived.dagster.rglob("*") if file.is_file()]
    assert any(file.suffix == ".db" for file in files)
    for file in files:
        assert not planted(file.read_bytes().decode("latin-1"), *ALLOWED, *lived.secrets), file


def test_no_planted_value_and_no_secret_is_in_the_ledger_or_a_manifest(lived: Lived) -> None:
    files = [file for file in on_disk(lived.deployment.settings.state_dir).rglob("*") if file.is_file()]
    others = [file for file in files if file.suffix not in {".parquet", ".snappy"}]
    assert {".json", ".sqlite"} <= {file.suffix for file in others}
    for file in others:
        text = file.read_bytes().decode("latin-1")
        assert not planted(text, *ALLOWED, *lived.secrets), file
        assert bytes.fromhex(DIGEST).decode("latin-1") not in text


def test_a_planted_value_is_in_its_own_columns_of_parquet_files_and_in_no_other(lived: Lived) -> None:
    state = on_disk(lived.deployment.settings.state_dir)
    looked_at = set()
    for file in [*state.rglob("*.parquet"), *state.rglob("*.snappy")]:
        clear = file.is_relative_to(state / NORMALIZED) and not file.name.startswith("index-")
        table = pq.ParquetFile(file).read()
        for column in table.column_names:
            text = repr(table.column(column).to_pylist())
            assert not any(secret in text for secret in lived.secrets), (file, column)
            if not clear:
                forbidden = [mark for mark, columns in ALLOWED.items() if column not in columns]
                assert not planted(text, *forbidden), (file, column)
                looked_at.add(column)
    assert {
        "meta/EMAIL",
        "meta/CT",
        "tiktok/MAID",
        "EMAIL",
        "MAID",
        "CT",
        "reason",
        "vtex_ads/CITY",
    } <= looked_at


def test_the_refused_are_named_by_their_id_alone(lived: Lived) -> None:
    files = on_disk(lived.deployment.settings.state_dir).glob("meta/refused/*/*.parquet")
    rows = [row for file in files for row in pq.read_table(file).to_pylist()]
    assert {row["customer_id"] for row in rows if row["audience"] == "vip"} >= {
        "CUSTOMER-3d11-1",
        "CUSTOMER-3d11-3",
    }
    assert {tuple(row) for row in rows} == {("customer_id", "audience", "operation", "reason")}
