"""A day in a process of its own, forked from one that has imported everything, so that kills come at any moment."""

import multiprocessing
import os
from collections.abc import Mapping
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from audience_assets.errors import AudienceAssetsError
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings
from audience_assets_tests.histories.world import KEY, KEY_ID, run_day

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__, "audience_assets.pipeline", "dagster_aws.s3", "boto3"])


def start(settings: Settings, day: date) -> tuple[BaseProcess, Connection]:
    """Start a process that says "ready", then runs the day, then says how that went."""
    hears, says = processes.Pipe(duplex=False)
    secrets = {name: os.environ[name] for name in (KEY_ID, KEY)}
    process = processes.Process(target=_work, args=(settings.model_dump_json(), secrets, day, says))
    process.start()
    says.close()
    return process, hears


def _work(settings: str, secrets: Mapping[str, str], day: date, says: Connection) -> None:
    os.environ.update(secrets)
    pipeline = Pipeline(Settings.model_validate_json(settings))
    says.send("ready")
    try:
        report = run_day(pipeline, day)
    except AudienceAssetsError as error:
        says.send(f"{type(error).__name__}: {error}")
    else:
        says.send("already" if report.already else f"delivered {len(report.sent)}")
