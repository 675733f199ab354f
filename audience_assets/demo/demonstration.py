"""Runs the demonstration and shows it: a table for each day, then the Dagster UI over the same data."""

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
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from audience_assets import settings as settings_file
from audience_assets.definitions import JOB, build_defs
from audience_assets.demo import partners, proof, strings
from audience_assets.demo.bars import StepBars, bars
from audience_assets.destinations.manifest import DeltaManifest
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.errors import SettingsError, StateError
from audience_assets.pipeline import Pipeline
from audience_assets.progress import told_to
from audience_assets.settings import Settings
from audience_assets.synthetic.extract import generate

MARKER = ".audience-assets-demo"
DIRECTORY = ".demo"
DAYS = 3
ACCESS_KEY_ID = "AUDIENCE_ASSETS_DEMO_ACCESS_KEY_ID"
SECRET_ACCESS_KEY = "AUDIENCE_ASSETS_DEMO_SECRET_ACCESS_KEY"  # noqa: S105 - the name of a variable


def run(customers: int, directory: Path) -> None:
    """Generate, deliver three days, and print what happened on each.

    Raises:
        SettingsError: The directory holds something that the demo did not write.
        StateError: What was delivered is not what the generator says should have been.
    """
    console = Console()
    directory = _emptied(directory)
    with bars() as progress:
        task = progress.add_task("", total=None)
        _say(progress, task, "making three days of a synthetic CRM extract")
        generate(
            customers,
            DAYS,
            directory / "crm",
            progress=lambda _, done, total: progress.update(task, completed=done, total=total),
        )
        _say(progress, task, "starting the partners' sandboxes")
        with partners.running(directory) as running:
            days = _days(directory)
            running.configure(directory, days[0])
            _materialize(progress, days)
            _say(progress, task, "comparing what the partners hold with the truth")
            settings = settings_file.load(directory / "settings.toml")
            _prove(running, directory, days, settings)
    pipeline = Pipeline(settings)
    for day in days:
        console.print(_day_table(pipeline, day))
    console.print(strings.table_of(pipeline, directory / f"crm/extract/{days[0]}/customers.parquet"))
    console.print(
        f"The rows that VTEX Ads' S3 server holds for each of the {DAYS} days equal the truth that\n"
        "the generator wrote beside its extract, column by column; so do the e-mail digests in\n"
        "each of Meta's custom audiences and the phone digests in each of TikTok's.\n\n"
        f"Open the same data in the Dagster UI:\n\n    [bold]{_ui_command(directory)}[/bold]\n",
        highlight=False,
        soft_wrap=True,
    )


def serve(directory: Path, port: int) -> None:
    """Run the Dagster UI over the demo's data, and the partners' sandboxes beside it, until interrupted.

    Raises:
        SettingsError: The demo has not been run, or the port is taken.
    """
    directory = directory.absolute()
    if not (directory / MARKER).is_file():
        raise SettingsError(f"there is no demo in {directory}: run make demo first")
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise SettingsError(f"port {port} on 127.0.0.1 is taken: choose another with make ui PORT=3001")
    with partners.running(directory) as running:
        running.configure(directory, _days(directory)[0])
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
    directory.mkdir(mode=0o700, parents=True)
    (directory / MARKER).touch()
    return directory


def _days(directory: Path) -> list[date]:
    return sorted(date.fromisoformat(folder.name) for folder in (directory / "crm/extract").iterdir())


def _materialize(progress: Progress, days: list[date]) -> None:
    """Run the job for each day in this process, with a bar that counts assets, and one for a step that takes long."""
    job = build_defs(settings_file.load()).resolve_job_def(JOB)
    task = progress.add_task("", total=DAYS * len(list(job.nodes)))

    @dg.success_hook
    def counted(_: dg.HookContext) -> None:
        progress.advance(task)

    with dg.DagsterInstance.get() as instance, told_to(StepBars(progress)):
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


def _prove(running: partners.Partners, directory: Path, days: list[date], settings: Settings) -> None:
    """Compare what each partner holds with what the generator says.

    Raises:
        StateError: They differ.
    """
    for day in days:
        proof.compare_objects(running.s3, directory, day)
    emails = proof.digests_due(directory, days, "EMAIL_HASHED")
    proof.compare_audiences("Meta", running.meta.account.audiences.values(), "EMAIL", emails)
    phones = proof.digests_due(directory, days, "PHONE_HASHED")
    tiktok = settings.destinations["tiktok"]
    smallest = tiktok.smallest_audience if isinstance(tiktok, TikTokSettings) else 0
    held = running.tiktok.advertiser.audiences.values()
    proof.compare_audiences("TikTok", held, "phone_SHA256", phones, smallest)


def _day_table(pipeline: Pipeline, day: date) -> Table:
    """One day in a table a person reads."""
    raw, normalized, delta = pipeline.manifests(day, "vtex_ads")
    *_, meta = pipeline.manifests(day, "meta")
    *_, tiktok = pipeline.manifests(day, "tiktok")
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
        ("custom audiences at Meta", sum(bool(part.members) for part in meta.parts)),
        ("batches delivered to Meta", len(meta.files)),
        ("  people added to audiences", _people(meta, "add", "replace")),
        ("  people removed from audiences", _people(meta, "remove")),
        ("audiences at TikTok", sum(bool(part.members) and not part.held for part in tiktok.parts)),
        ("  held: fewer members than TikTok takes", sum(bool(part.held) for part in tiktok.parts)),
        ("files delivered to TikTok", len(tiktok.files)),
        ("  people added to audiences", _people(tiktok, "add", "replace")),
        ("  people removed from audiences", _people(tiktok, "remove")),
    ]
    for what, count in rows:
        table.add_row(what, f"{count:,}")
    return table


def _people(delta: DeltaManifest, *operations: str) -> int:
    """Rows of the files that say one of these."""
    return sum(file.rows for file in delta.files if file.operation in operations)


def _say(progress: Progress, task: TaskID, stage: str) -> None:
    """Name the stage on its bar; where there is no terminal to draw bars on, say it in a line of its own."""
    progress.update(task, description=stage)
    if not progress.console.is_terminal:
        progress.console.print(stage)
