"""The demonstration's deployment over the days before today, and a real Dagster UI that serves it."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from unittest import mock
from urllib.error import URLError
from urllib.request import urlopen
from zoneinfo import ZoneInfo

import dagster as dg
import pyarrow.parquet as pq

from audience_assets import settings as settings_file
from audience_assets.definitions import JOB, build_defs
from audience_assets.demo import partners
from audience_assets.demo.partners import Partners
from audience_assets.synthetic.extract import generate
from audience_assets_tests.assets.deployment import RANGE_TAGS

TO_PARTNERS = '+key:"*/delivery"'
"""Selects the deliveries and everything that they come from, in the words of Dagster's search box."""
CUSTOMERS = 600
DELIVERED = 4
"""How many days are delivered before anybody opens the UI; two for a backfill, one by hand and one bad day follow."""
ALL_DAYS = DELIVERED + 4
SMALLEST_AUDIENCE = 10
SHORTEST = 9
"""So many characters tell somebody: what is shorter may stand on a page by chance."""
START_SECONDS = 90
STOP_SECONDS = 60
LAST_OF_SETTINGS = f"smallest_audience = {SMALLEST_AUDIENCE}\n"
NO_LOGS_OF_OUTPUT = """compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""
"""Dagster follows the output of a run in this process with programs that it may leave behind."""


@dataclass(frozen=True)
class World:
    """A folder with extracts of some days, up to yesterday, and the partners that they are delivered to.

    Attributes:
        folder: Has crm/, settings.toml, state/ and dagster_home/.
        days: All of them, oldest first.
        partners: The sandboxes, running.
    """

    folder: Path
    days: tuple[str, ...]
    partners: Partners

    @property
    def delivered(self) -> tuple[str, ...]:
        """The days that were delivered before anybody opened the UI."""
        return self.days[:DELIVERED]

    @property
    def backfill(self) -> tuple[str, str]:
        """The first days that nothing was done for."""
        return self.days[DELIVERED], self.days[DELIVERED + 1]

    @property
    def by_hand(self) -> str:
        """The day after them."""
        return self.days[-2]

    @property
    def bad_day(self) -> str:
        """The last day, yesterday, whose extract was cut off."""
        return self.days[-1]

    def deliver(self, first: str, last: str) -> None:
        """Everything for some days in one run of this process."""
        result = self.run(dict(zip(RANGE_TAGS, (first, last), strict=True)))
        assert result.success

    def run(self, tags: dict[str, str]) -> dg.ExecuteInProcessResult:
        """Run the job in this process, with the same Dagster home as the UI.

        In a thread of its own, because the browser's driver keeps an event loop in this one, and Dagster wants one, too.
        """
        with ThreadPoolExecutor(max_workers=1) as thread:
            return thread.submit(self._run, tags).result()

    def _run(self, tags: dict[str, str]) -> dg.ExecuteInProcessResult:
        job = build_defs(settings_file.load()).resolve_job_def(JOB)
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        with dg.DagsterInstance.get() as instance:
            return job.execute_in_process(
                instance=instance, tags=tags, run_config=quiet, raise_on_error=False
            )

    def extract(self, day: str) -> Path:
        """The file of a day."""
        return self.folder / f"crm/extract/{day}/customers.parquet"

    def objects(self, day: str) -> list[str]:
        """The keys that VTEX Ads' S3 server holds for a day."""
        folder = f"{self.partners.s3.prefix}/audiences/{day.replace('-', '/')}/"
        with closing(self.partners.s3.client("s3", self.partners.s3.administrator)) as client:
            listed = client.list_objects_v2(Bucket=self.partners.s3.bucket, Prefix=folder)
        return [each["Key"] for each in listed.get("Contents", [])]

    def run_ids(self) -> list[str]:
        """All runs, in this process and from the UI."""
        with dg.DagsterInstance.get() as instance:
            return [run.run_id for run in instance.get_runs()]

    def personal(self) -> set[str]:
        """Every e-mail address and phone of an extract, as it stands there, in lower case and in digits alone."""
        tables = [pq.read_table(self.extract(day), columns=["email", "phone"]) for day in self.days]
        written = {
            value for table in tables for column in table.columns for value in column.to_pylist() if value
        }
        digits = {"".join(filter(str.isdigit, value)) for value in written if "@" not in value}
        return {
            value for value in written | {each.lower() for each in written} | digits if len(value) >= SHORTEST
        }


@contextmanager
def worlds(folder: Path) -> Iterator[World]:
    """A world whose first days are delivered; the environment is as before afterwards."""
    yesterday = datetime.now(ZoneInfo("America/Sao_Paulo")).date() - timedelta(days=1)
    start = yesterday - timedelta(days=ALL_DAYS - 1)
    generate(CUSTOMERS, ALL_DAYS, folder / "crm", start=start)
    with ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ))  # the demonstration names its secrets there
        running = stack.enter_context(partners.running(folder))
        running.tiktok.advertiser.smallest_audience = SMALLEST_AUDIENCE
        running.configure(folder, start)
        with (folder / "settings.toml").open("a") as settings:
            settings.write(LAST_OF_SETTINGS)
        with (folder / "dagster_home/dagster.yaml").open("a") as instance:
            instance.write(NO_LOGS_OF_OUTPUT)
        world = World(folder, _days(start), running)
        _cut_off(world.extract(world.days[-1]))
        world.deliver(world.delivered[0], world.delivered[-1])
        yield world


def _days(start: date) -> tuple[str, ...]:
    return tuple((start + timedelta(days=number)).isoformat() for number in range(ALL_DAYS))


def _cut_off(extract: Path) -> None:
    """Leave two fifths of an extract, as a transfer that broke off does."""
    table = pq.read_table(extract)
    pq.write_table(table.slice(0, table.num_rows * 2 // 5), extract)


@contextmanager
def user_interface(world: World) -> Iterator[str]:
    """`dagster dev` over a world, for as long as the `with` block; gives its address."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = str(Path(sys.executable).parent / "dagster")
    command = [program, "dev", "-m", "audience_assets.definitions", "-h", "127.0.0.1", "-p", str(port)]
    log = world.folder / "dagster-dev.log"
    with log.open("wb") as output:
        served = subprocess.Popen(
            command, cwd=world.folder, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait_until_it_answers(served, f"http://127.0.0.1:{port}", log)
        yield f"http://127.0.0.1:{port}"
    finally:
        _stop(served)


def _stop(served: "subprocess.Popen[bytes]") -> None:
    """Ask it to end, as Ctrl-C does; whatever is left of its servers after a while is killed."""
    served.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        served.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(served.pid, signal.SIGKILL)
    served.wait()


def _wait_until_it_answers(served: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with urlopen(f"{address}/server_info", timeout=5):  # noqa: S310 - our own address
                return
        except (URLError, ConnectionError, TimeoutError):
            assert served.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.2)
