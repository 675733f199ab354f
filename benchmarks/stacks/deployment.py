"""The settings of the deployment that is measured, and a partner who acknowledges everything without getting it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from audience_assets.demo.partners import DAGSTER_YAML
from audience_assets.destinations import catalog
from audience_assets.destinations.column import Destination
from audience_assets.destinations.preflight import nothing_to_look_at
from audience_assets.destinations.sending import Answer, Sender
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Batch, Delivery, PlannedBatch
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings
from audience_assets.storage.layout import Layout
from benchmarks.extract import FIRST_DAY
from benchmarks.job import Job

NO_PARTNER = {
    "vtex_ads": {"bucket": "none"},
    "meta": {"ad_account": "1", "access_token": "unused"},
    "tiktok": {"advertiser_id": "1", "access_token": "unused"},
}
FULL_SPEED: dict[str, dict[str, Any]] = {"meta": {"calls_per_second": 1000}, "tiktok": {"tier": "ultimate"}}
"""As fast as the sandboxes answer; the partners themselves allow fewer calls a second."""
SECRET = "BENCHMARK_SECRET_"  # noqa: S105 - the beginning of a variable's name


def settings_of(job: Job) -> Settings:
    """One deployment with the destinations of the job; `partners` in its options says how each is reached."""
    partners: dict[str, Any] = job.options.get("partners") or {}
    home = Path(job.options["home"])
    destinations = {}
    for name in job.options["destinations"]:
        reached = {
            key: _secret(name, key, value) for key, value in partners.get(name, NO_PARTNER[name]).items()
        }
        destinations[name] = {"type": name, **reached, **FULL_SPEED.get(name, {})}
    return Settings.model_validate_json(
        json.dumps(
            {
                **_state(home, job.options.get("state")),
                "partitions": {"start": FIRST_DAY.isoformat()},
                "source": {"path": job.options["path"]},
                "engine": job.options.get("engine") or {},
                "destinations": destinations,
            }
        )
    )


def _state(home: Path, on_s3: dict[str, Any] | None) -> dict[str, Any]:
    """Where the state lies; the ledger is on the disk either way."""
    if on_s3 is None:
        return {"state_dir": str(home / "state")}
    reached = {key: on_s3[key] for key in ("endpoint_url", "region", "access_key_id", "secret_access_key")}
    return {
        "state_dir": f"s3://{on_s3['bucket']}/{on_s3['prefix']}/state",
        "state_on_s3": {key: _secret("state", key, value) for key, value in reached.items()},
        "ledger_url": f"sqlite:///{home / 'ledger.sqlite'}",
        "scratch_dir": str(home / "scratch"),
    }


def dagster_home(job: Job) -> None:
    """A Dagster instance of the job's own, which stays from one day to the next."""
    home = Path(job.options["home"]) / "dagster_home"
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(DAGSTER_YAML)
    os.environ["DAGSTER_HOME"] = str(home)


def plan_day(pipeline: Pipeline, day: date) -> None:
    """The steps from the extract to the deltas' files, one after the other, without Dagster."""
    pipeline.read_extract(day)
    pipeline.normalize(day)
    pipeline.hash(day)
    for name in pipeline.destinations:
        pipeline.plan(name, day)


def acknowledge_unsent(names: list[str]) -> None:
    """Let the kinds of these destinations acknowledge every batch without sending it, in this process."""
    kinds = []
    for kind in catalog.KINDS:
        unsent = kind.settings.model_fields["type"].annotation.__args__[0] in names
        kinds.append(replace(kind, sender=_nobody, preflight=nothing_to_look_at) if unsent else kind)
    catalog.KINDS = tuple(kinds)


@dataclass(frozen=True, slots=True)
class _Nobody:
    """Takes every batch at once and keeps nothing."""

    def planned_key(self, day: date, ordinal: int, part: int, sha256: str) -> str:
        return f"{day}/{ordinal}/{part}/{sha256}"

    def check(self, batch: PlannedBatch | Batch, path: Path) -> None:
        """Was checked when it was written."""

    def begin(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Nothing to begin."""

    def key(self, delivery: Delivery, batch: Batch) -> str:
        return f"{delivery.id}/{batch.sequence}"

    def send(self, delivery: Delivery, batch: Batch, path: Path) -> Answer:  # noqa: ARG002
        return Answer("not sent")

    def finish(self, delivery: Delivery, batches: list[Batch]) -> None:
        """Nothing to finish."""

    def delete(self, audience: str) -> None:
        """Nothing to delete."""

    def rename(self, audience: str) -> None:
        """Nothing has a name."""


@contextmanager
def _nobody(destination: Destination, settings: Any, ledger: Ledger, layout: Layout) -> Iterator[Sender]:  # noqa: ARG001
    yield _Nobody()


def _secret(name: str, key: str, value: Any) -> Any:
    """A secret is named in the settings and stands in the environment."""
    if key not in ("access_token", "app_secret", "access_key_id", "secret_access_key"):
        return value
    variable = f"{SECRET}{name}_{key}".upper()
    os.environ[variable] = value
    return {"env": variable}
