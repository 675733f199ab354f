"""Commands to get to know the package: `normalize`, `generate`, `sandbox`, `rehearse`, `demo`, `ui`."""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from audience_assets.cli.application import (
    SettingsFile,
    app,
    progress_bars,
    readable_errors,
)


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

    with readable_errors():
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

    with readable_errors(), progress_bars() as bars:
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
    with readable_errors():
        from audience_assets.sandbox import sandbox as endpoints  # noqa: PLC0415

        endpoints.run(ready, directory)


@app.command()
def rehearse(
    ready: Annotated[Path, typer.Argument(help="What `audience-assets sandbox --ready` wrote.")],
    settings: SettingsFile = None,
) -> None:
    """Print variables that put the sandbox in the place of the settings' partners: eval "$(audience-assets rehearse FILE)"."""
    from audience_assets import settings as settings_file  # noqa: PLC0415
    from audience_assets.demo import rehearsal  # noqa: PLC0415

    with readable_errors():
        for line in rehearsal.exports(settings_file.load(settings), ready):
            typer.echo(line)


@app.command()
def demo(
    customers: Annotated[int, typer.Option(min=50, help="How many customers the first day has.")] = 20_000,
    directory: Annotated[Path, typer.Option(help="Where the demo keeps its data; emptied first.")] = Path(
        ".demo"
    ),
) -> None:
    """Three days of a synthetic CRM delivered to three partners, whose sandboxes run on this machine."""
    with readable_errors():
        from audience_assets.demo import demonstration  # noqa: PLC0415

        demonstration.run(customers, directory)


@app.command()
def ui(
    directory: Annotated[Path, typer.Option(help="The demo's directory.")] = Path(".demo"),
    port: Annotated[int, typer.Option(help="The UI's port on 127.0.0.1.")] = 3000,
) -> None:
    """Open the demo's data in the Dagster UI, with the partners' sandboxes beside it."""
    with readable_errors():
        from audience_assets.demo import demonstration  # noqa: PLC0415

        demonstration.serve(directory, port)
