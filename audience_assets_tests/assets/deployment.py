"""A deployment under test: its settings, its Dagster instance, its extracts, and the partner's real S3 server."""

import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.definitions import JOB, build_defs
from audience_assets.pipeline import Pipeline
from audience_assets.sandbox.s3 import S3Server
from audience_assets.settings import Settings

KEY_ID, KEY = "ASSETS_TESTS_S3_KEY_ID", "ASSETS_TESTS_S3_KEY"
DAYS = ("2026-01-05", "2026-01-06", "2026-01-07")
RAW, NORMALIZED, HASHED = "raw_customers", "normalized_customers", "hashed_customers"
DELTA, DELIVERY = "vtex_ads/delta", "vtex_ads/delivery"
QUARANTINE = "quarantine"
ASSETS = (RAW, NORMALIZED, HASHED, QUARANTINE, DELTA, DELIVERY)
RANGE_TAGS = ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")

Row = Mapping[str, str | list[str] | None]


def destination(server: S3Server, prefix: str, **given: Any) -> dict[str, Any]:
    """A VTEX Ads destination that may only write; its secrets are named, not written down."""
    return {
        "bucket": server.bucket,
        "prefix": prefix,
        "endpoint_url": server.endpoint_url,
        "region": server.region,
        "access_key_id": {"env": KEY_ID},
        "secret_access_key": {"env": KEY},
        "max_attempts": 1,
        **given,
    }


def settings_of(folder: Path, destinations: Mapping[str, Any], **given: Any) -> Settings:
    """Settings as a file in `folder` would give them."""
    known = {
        "state_dir": "state",
        "partitions": {"start": DAYS[0]},
        "source": {"path": "extract/{day}/customers.parquet"},
        "destinations": dict(destinations),
    }
    return Settings.model_validate_json(json.dumps(known | given)).under(folder)


@dataclass(frozen=True)
class Bucket:
    """The partner's bucket, with a client that sees all of it."""

    name: str
    client: Any


@dataclass(frozen=True)
class Deployment:
    """One deployment; every run goes through Dagster's own machinery in this process."""

    settings: Settings
    bucket: Bucket
    prefix: str
    instance: dg.DagsterInstance

    @cached_property
    def job(self) -> dg.JobDefinition:
        """The job that the schedule and the sensor start."""
        return build_defs(self.settings).resolve_job_def(JOB)

    @property
    def pipeline(self) -> Pipeline:
        """The same steps without Dagster."""
        return Pipeline(self.settings)

    def land(self, day: str, rows: Iterable[Row]) -> Path:
        """Write the day's extract."""
        file = Path(str(self.settings.source.path).format(day=date.fromisoformat(day)))
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), file)
        return file

    def run(
        self, day: str, *assets: str, config: Mapping[str, Any] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Materialize a day: everything, or these assets; `config` is what the launchpad is given."""
        selection = [dg.AssetKey.from_user_string(asset) for asset in assets]
        return self.job.execute_in_process(
            instance=self.instance,
            partition_key=day,
            raise_on_error=False,
            asset_selection=selection or None,
            run_config=dict(config or {}),
        )

    def run_range(self, first: str, last: str) -> dg.ExecuteInProcessResult:
        """Materialize several days in one run, as a backfill from the asset page does."""
        tags = dict(zip(RANGE_TAGS, (first, last), strict=True))
        return self.job.execute_in_process(instance=self.instance, tags=tags, raise_on_error=False)

    def metadata(self, asset: str, day: str) -> dict[str, Any]:
        """What the UI shows beside the newest materialization of a day."""
        records = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=dg.AssetKey.from_user_string(asset), asset_partitions=[day]),
            limit=1,
        ).records
        materialization = records[0].asset_materialization
        assert materialization is not None
        return dict(materialization.metadata)

    def keys(self, day: str | None = None) -> list[str]:
        """What the partner has got, of a day or of all days, by key."""
        folder = f"audiences/{day.replace('-', '/')}/" if day else ""
        listed = self.bucket.client.list_objects_v2(Bucket=self.bucket.name, Prefix=f"{self.prefix}/{folder}")
        return sorted(each["Key"] for each in listed.get("Contents", []))

    def object(self, key: str) -> bytes:
        """The bytes of an object at the partner."""
        body: bytes = self.bucket.client.get_object(Bucket=self.bucket.name, Key=key)["Body"].read()
        return body

    def delivered(self, day: str) -> pa.Table:
        """The rows of a day as they lie in the partner's bucket, sorted by customer."""
        bodies = [self.object(key) for key in self.keys(day)]
        tables = [pq.ParquetFile(io.BytesIO(body)).read() for body in bodies]
        return pa.concat_tables(tables).sort_by("CUSTOMER_ID")


def numbered(count: int, **fields: str | list[str] | None) -> list[Row]:
    """Customers 0 to `count` - 1, alike but for their ids and first names."""
    return [{"customer_id": f"c{number}", "first_name": f"Ana {number}", **fields} for number in range(count)]


def materialized(result: dg.ExecuteInProcessResult) -> list[str]:
    """The assets that a run materialized, in order, each once."""
    keys = [event.asset_key for event in result.get_asset_materialization_events()]
    return list(dict.fromkeys(key.to_user_string() for key in keys if key is not None))


def failure(result: dg.ExecuteInProcessResult) -> tuple[str, str]:
    """The asset that failed and the sentence that says why."""
    assert not result.success
    [event] = [event for event in result.all_events if event.is_step_failure]
    told = event.step_failure_data.user_failure_data
    assert told is not None, event.step_failure_data.error_display_string
    assert told.description is not None
    return str(event.node_name).replace("__", "/"), told.description


def checks(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """Each check of a run and whether it passed."""
    return {each.check_name: each.passed for each in result.get_asset_check_evaluations()}


def one_sentence(said: str, *words: str) -> bool:
    """Whether a failure is one line without a traceback that has these words in it."""
    return "\n" not in said and "Traceback" not in said and all(word in said for word in words)
