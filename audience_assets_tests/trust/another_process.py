"""Runs a day, or a part of it, in a process of its own, which may be given less than it needs: a disk, rights, or time alone."""

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from audience_assets.errors import AudienceAssetsError
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings
from audience_assets_tests.assets import deployment
from audience_assets_tests.assets.meta_account import APP_SECRET
from audience_assets_tests.assets.meta_account import TOKEN as META_TOKEN
from audience_assets_tests.assets.tiktok_advertiser import TOKEN as TIKTOK_TOKEN
from audience_assets_tests.three_partners import PARTNERS

NOBODY = 65534
SECRETS = (deployment.KEY_ID, deployment.KEY, META_TOKEN, APP_SECRET, TIKTOK_TOKEN)
LONGEST = 120.0
"""Seconds that a day may take on a busy machine."""

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__, "dagster_aws.s3", "boto3", "httpx2"])

Handicap = Callable[[], None]


@dataclass(frozen=True)
class File:
    """The largest file that may be written, in bytes: where a disk is full, writing ends in the middle of a file too."""

    largest: int

    def __call__(self) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest, resource.RLIM_INFINITY))


def as_nobody() -> None:
    """Go on as a user to whom rights apply; root has all of them."""
    if os.geteuid() == 0:
        os.seteuid(NOBODY)


@dataclass(frozen=True)
class Running:
    """A process that runs."""

    process: BaseProcess
    hears: Connection

    def said(self) -> dict[str, str]:
        """What became of each step: "delivered", "already", "done", or the kind of the error and its sentence."""
        assert self.hears.poll(LONGEST), "the process does not answer"
        told: dict[str, str] = self.hears.recv()
        self.process.join()
        self.hears.close()
        return told


def start(
    settings: Settings,
    day: str,
    partners: Sequence[str] = PARTNERS,
    *,
    prepare: bool = True,
    handicap: Handicap | None = None,
) -> Running:
    """Start a process that prepares a day and delivers it to the partners in this order, and wait until it is ready."""
    hears, says = processes.Pipe(duplex=False)
    secrets = {name: os.environ[name] for name in SECRETS}
    given = (settings.model_dump_json(), secrets, day, tuple(partners), prepare, handicap, says)
    process = processes.Process(target=_work, args=given, daemon=True)
    process.start()
    says.close()
    assert hears.poll(LONGEST)
    assert hears.recv() == "ready"
    return Running(process, hears)


def _work(
    settings: str,
    secrets: Mapping[str, str],
    day: str,
    partners: Sequence[str],
    prepare: bool,  # noqa: FBT001
    handicap: Handicap | None,
    says: Connection,
) -> None:
    os.environ.update(secrets)
    pipeline, at = Pipeline(Settings.model_validate_json(settings)), date.fromisoformat(day)
    if handicap is not None:
        handicap()
    says.send("ready")
    told: dict[str, str] = {}
    steps: list[tuple[str, Callable[[], object]]] = []
    if prepare:
        before = (pipeline.read_extract, pipeline.normalize, pipeline.hash)
        steps += [(step.__name__, partial(step, at)) for step in before]
    steps += [(name, partial(_deliver, pipeline, name, at)) for name in partners]
    for name, step in steps:
        try:
            told[name] = str(step()) if name in partners else str(step() and "done")
        except (AudienceAssetsError, OSError) as error:
            told[name] = f"{type(error).__name__}: {error}"
            if name not in partners:
                break
        except Exception as error:  # noqa: BLE001 - the test says that there is none
            told[name] = f"unexpected {type(error).__name__}: {error}"
            break
    says.send(told)
    says.close()


def _deliver(pipeline: Pipeline, name: str, day: date) -> str:
    pipeline.plan(name, day)
    outcomes = pipeline.deliver(name, day).outcomes
    return "already" if all(each.already for each in outcomes) else "delivered"
