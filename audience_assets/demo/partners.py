"""The partners that the demonstration delivers to, and the settings with which it reaches them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from audience_assets.sandbox.meta.server import MetaServer
from audience_assets.sandbox.s3 import S3Server
from audience_assets.sandbox.tiktok.server import TikTokServer
from audience_assets.settings import SETTINGS_VARIABLE

VARIABLES = "AUDIENCE_ASSETS_DEMO_"

SETTINGS = """# Written by the demo. examples/settings.toml explains every key.
state_dir = "state"

[partitions]
start = "{start}"

[source]
path = "crm/extract/{{day}}/customers.parquet"

[destinations.vtex_ads]
type = "vtex_ads"
bucket = "{bucket}"
prefix = "{prefix}"
endpoint_url = "{endpoint_url}"
region = "{region}"
access_key_id = {{ env = "{variables}ACCESS_KEY_ID" }}
secret_access_key = {{ env = "{variables}SECRET_ACCESS_KEY" }}

[destinations.meta]
type = "meta"
ad_account = "{ad_account}"
base_url = "{base_url}"
access_token = {{ env = "{variables}META_TOKEN" }}
app_secret = {{ env = "{variables}META_SECRET" }}
calls_per_second = 1000

[destinations.tiktok]
type = "tiktok"
advertiser_id = "{advertiser_id}"
base_url = "{tiktok_url}"
access_token = {{ env = "{variables}TIKTOK_TOKEN" }}
tier = "ultimate"
"""

DAGSTER_YAML = """# One run at a time, so that days are delivered in order; nothing is sent to anyone.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
  runs:
    max_concurrent_runs: 1
"""


@dataclass(frozen=True, slots=True)
class Partners:
    """The sandboxes, running."""

    s3: S3Server
    meta: MetaServer
    tiktok: TikTokServer

    def configure(self, directory: Path, start: date) -> None:
        """Settings with the partners' addresses, their credentials in the environment, and a Dagster home."""
        settings = SETTINGS.format(
            start=start.isoformat(),
            variables=VARIABLES,
            bucket=self.s3.bucket,
            prefix=self.s3.prefix,
            endpoint_url=self.s3.endpoint_url,
            region=self.s3.region,
            ad_account=self.meta.ad_account,
            base_url=self.meta.base_url,
            advertiser_id=self.tiktok.advertiser_id,
            tiktok_url=self.tiktok.base_url,
        )
        (directory / "settings.toml").write_text(settings)
        home = directory / "dagster_home"
        home.mkdir(exist_ok=True)
        (home / "dagster.yaml").write_text(DAGSTER_YAML)
        os.environ |= {
            f"{VARIABLES}ACCESS_KEY_ID": self.s3.write_only.access_key_id,
            f"{VARIABLES}SECRET_ACCESS_KEY": self.s3.write_only.secret_access_key,
            f"{VARIABLES}META_TOKEN": self.meta.access_token,
            f"{VARIABLES}META_SECRET": self.meta.app_secret,
            f"{VARIABLES}TIKTOK_TOKEN": self.tiktok.access_token,
            SETTINGS_VARIABLE: str(directory / "settings.toml"),
            "DAGSTER_HOME": str(home),
        }


@contextmanager
def running(directory: Path) -> Iterator[Partners]:
    """The sandboxes, with what they hold kept in the demonstration's folder."""
    with (
        S3Server(directory / "s3") as s3,
        MetaServer(directory / "meta") as meta,
        TikTokServer(directory / "tiktok") as tiktok,
    ):
        yield Partners(s3, meta, tiktok)
