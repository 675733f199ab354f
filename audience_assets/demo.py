"""The demonstration: three days of a synthetic CRM through Dagster to a real S3 server on this machine."""

import io
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from audience_assets import settings as settings_file
from audience_assets.definitions import JOB, build_defs
from audience_assets.errors import SettingsError, StateError
from audience_assets.pipeline import Pipeline
from audience_assets.sandbox.s3 import S3Server
from audience_assets.settings import SETTINGS_VARIABLE
from audience_assets.synthetic.extract import generate

MARKER = ".audience-assets-demo"
DIRECTORY = ".demo"
DAYS = 3
ACCESS_KEY_ID = "AUDIENCE_ASSETS_DEMO_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AUDIENCE_ASSETS_DEMO_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable

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
access_key_id = {{ env = "{access_key_id}" }}
secret_access_key = {{ env = "{secret_access_key}" }}
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


def run(customers: int, directory: Path) -> None:
    """Generate, deliver three days, and print what happened on each.

    Raises:
        SettingsError: The directory holds something that the demo did not write.
        StateError: What was delivered is not what the generator says should have been.
    """
    console = Console()
    directory = _emptied(directory)
    with _progress() as progress:
        task = progress.add_task("", total=None)
        _say(progress, task, "making three days of a synthetic CRM extract")
        generate(
            customers,
            DAYS,
            directory / "crm",
            progress=lambda _, done, total: progress.update(task, completed=done, total=total),
        )
        _say(progress, task, "starting the S3 server")
        with S3Server(directory / "s3") as server:
            days = _days(directory)
            _configure(directory, server, days[0])
            _materialize(progress, days)
            _say(progress, task, "comparing the S3 server's objects with the truth")
            for day in days:
                _compare_with_truth(server, directory, day)
    pipeline = Pipeline(settings_file.load(directory / "settings.toml"))
    for day in days:
        console.print(_day_table(pipeline, day))
    console.print(
        f"The rows that the S3 server holds for each of the {DAYS} days equal the truth that\n"
        "the generator wrote beside its extract, column by column.\n\n"
        f"Open the same data in the Dagster UI:\n\n    [bold]{_ui_command(directory)}[/bold]\n",
        highlight=False,
        soft_wrap=True,
    )


def serve(directory: Path, port: int) -> None:
    """Run the Dagster UI over the demo's data, and the S3 server beside it, until interrupted.

    Raises:
        SettingsError: The demo has not been run, or the port is taken.
    """
    directory = directory.absolute()
    if not (directory / MARKER).is_file():
        raise SettingsError(f"there is no demo in {directory}: run make demo first")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise SettingsError(f"port {port} on 127.0.0.1 is taken: choose another with make ui PORT=3001")
    with S3Server(directory / "s3") as server:
        _configure(directory, server, _days(directory)[0])
        command = [str(Path(sys.executable).parent / "dagster"), "dev", "-m", "audience_assets.definitions"]
        ui = subprocess.Popen([*command, "-h", "127.0.0.1", "-p", str(port)], cwd=directory)
        Console().print(
            f"The Dagster UI is starting at http://127.0.0.1:{port}/asset-groups (stop it with Ctrl-C)"
        )
        signal.signal(signal.SIGTERM, lambda *_: ui.send_signal(signal.SIGINT))
        try:
            ui.wait()
        except KeyboardInterrupt:
            ui.wait()


def _ui_command(directory: Path) -> str:
    """`make ui` opens the default directory; any other one is named."""
    if directory == Path(DIRECTORY).absolute():
        return "make ui"
    command = f"audience-assets ui --directory {shlex.quote(str(directory))}"
    return escape(f"{command}  (make ui opens {DIRECTORY})")


def _emptied(directory: Path) -> Path:
    """The demo's folder, new. Never removes a folder that the demo did not make."""
    directory = directory.absolute()
    if directory.exists() and any(directory.iterdir()) and not (directory / MARKER).is_file():
        raise SettingsError(f"{directory} is not a demo's folder: name an empty or new one with --directory")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    (directory / MARKER).touch()
    return directory


def _days(directory: Path) -> list[date]:
    return sorted(date.fromisoformat(folder.name) for folder in (directory / "crm/extract").iterdir())


def _configure(directory: Path, server: S3Server, start: date) -> None:
    """Settings with the server's address, its put-only credentials in the environment, and a Dagster home."""
    settings = SETTINGS.format(
        start=start.isoformat(),
        bucket=server.bucket,
        prefix=server.prefix,
        endpoint_url=server.endpoint_url,
        region=server.region,
        access_key_id=ACCESS_KEY_ID,
        secret_access_key=SECRET_ACCESS_KEY,
    )
    (directory / "settings.toml").write_text(settings)
    home = directory / "dagster_home"
    home.mkdir(exist_ok=True)
    (home / "dagster.yaml").write_text(DAGSTER_YAML)
    os.environ |= {
        ACCESS_KEY_ID: server.write_only.access_key_id,
        SECRET_ACCESS_KEY: server.write_only.secret_access_key,
        SETTINGS_VARIABLE: str(directory / "settings.toml"),
        "DAGSTER_HOME": str(home),
    }


def _materialize(progress: Progress, days: list[date]) -> None:
    """Run the job for each day in this process, with a bar that counts assets."""
    job = build_defs(settings_file.load()).resolve_job_def(JOB)
    task = progress.add_task("", total=DAYS * len(list(job.nodes)))

    @dg.success_hook
    def counted(_: dg.HookContext) -> None:
        progress.advance(task)

    with dg.DagsterInstance.get() as instance:
        for day in days:
            _say(progress, task, f"materializing {day} through Dagster")
            result = job.with_hooks({counted}).execute_in_process(
                partition_key=day.isoformat(),
                instance=instance,
                raise_on_error=False,
                run_config={"loggers": {"console": {"config": {"log_level": "ERROR"}}}},
            )
            if not result.success:
                raise StateError(f"the run of {day} failed: see the messages above, or make ui")


def _day_table(pipeline: Pipeline, day: date) -> Table:
    """One day in a table a person reads."""
    raw, normalized, delta = pipeline.manifests(day, "vtex_ads")
    table = Table(title=f"{day}", title_justify="left", show_header=False, min_width=72)
    table.add_column("what", style="bold")
    table.add_column("count", justify="right")
    rows: list[tuple[str, Any]] = [("rows read", raw.rows)]
    rows += [(f"  set aside: {reason}", count) for reason, count in raw.set_aside.items()]
    rows += [
        (f"  values blanked: {field}, {reason}", count)
        for field, reasons in normalized.refused.items()
        for reason, count in reasons.items()
    ]
    rows += [
        ("new", delta.joined),
        ("changed", delta.changed),
        ("left", delta.left),
        (
            "changed in looks only, not sent",
            normalized.new + normalized.changed - delta.joined - delta.changed,
        ),
        ("files delivered to VTEX Ads", len(delta.files)),
        ("rows delivered to VTEX Ads", delta.rows),
    ]
    for what, count in rows:
        table.add_row(what, f"{count:,}")
    return table


def _compare_with_truth(server: S3Server, directory: Path, day: date) -> None:
    """Read the day's objects back from the server and compare them with what the generator says is due."""
    client = server.client("s3", server.administrator)
    try:
        folder = f"{server.prefix}/audiences/{day:%Y/%m/%d}/"
        listed = client.list_objects_v2(Bucket=server.bucket, Prefix=folder).get("Contents", [])
        bodies = [client.get_object(Bucket=server.bucket, Key=each["Key"])["Body"].read() for each in listed]
    finally:
        client.close()
    due = pq.ParquetFile(directory / f"crm/truth/delivered-{day}.parquet").read().sort_by("CUSTOMER_ID")
    tables = [pq.ParquetFile(io.BytesIO(body)).read() for body in bodies]
    delivered = pa.concat_tables(tables).sort_by("CUSTOMER_ID") if tables else due.slice(0, 0)
    if not delivered.equals(due.cast(delivered.schema)):
        raise StateError(
            f"what the S3 server holds for {day} is not the generator's truth; please report this as a bug"
        )


def _say(progress: Progress, task: TaskID, stage: str) -> None:
    """Name the stage on its bar; where there is no terminal to draw bars on, say it in a line of its own."""
    progress.update(task, description=stage)
    if not progress.console.is_terminal:
        progress.console.print(stage)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=Console(stderr=True)
    )
