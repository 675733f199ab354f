"""Commands for whoever runs a deployment: `preflight`, `plan`, `forget`, `erase`, `quarantine`, `history`, `purge`, `key`."""

import sys
from datetime import datetime
from typing import Annotated

import typer

from audience_assets.cli.application import (
    AsJson,
    Destinations,
    SettingsFile,
    app,
    console,
    pipeline_of,
    readable_errors,
)
from audience_assets.errors import StateError


@app.command()
def preflight(
    destinations: Destinations = None,
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Also ask whether this day's extract has landed."),
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002
    settings: SettingsFile = None,
) -> None:
    """Prove before the first byte that destinations can be delivered to. Nothing is sent; exit code 1 if something is wrong."""
    from audience_assets.destinations import catalog  # noqa: PLC0415
    from audience_assets.preflight import looking, table  # noqa: PLC0415

    with readable_errors():
        pipeline = pipeline_of(settings)
        names = catalog.chosen(destinations, pipeline.destinations)
        found = {name: looking.look(pipeline, name, day.date() if day else None) for name in names}
    if as_json:
        typer.echo(table.as_json(found))
    else:
        console().print(table.of(found))
    if any(each.holds_back for findings in found.values() for each in findings):
        raise typer.Exit(1)


@app.command()
def plan(
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day.")],
    destinations: Destinations = None,
    as_json: AsJson = False,  # noqa: FBT002
    settings: SettingsFile = None,
) -> None:
    """Show what a day's deliveries would send and take: rows, removals, files, calls, bytes, minutes. Nothing is sent."""
    from audience_assets.cli import planned  # noqa: PLC0415
    from audience_assets.destinations import catalog  # noqa: PLC0415

    with readable_errors():
        pipeline = pipeline_of(settings)
        names = catalog.chosen(destinations, pipeline.destinations)
        found = [planned.look(pipeline, name, day.date()) for name in names]
    if as_json:
        typer.echo(planned.as_json(found))
    else:
        console().print(planned.table(found))
        for sentence in planned.sentences(found):
            typer.echo(sentence)


@app.command()
def forget(
    destination: Annotated[str, typer.Argument(help="The destination's name in the settings.")],
    audience: Annotated[str, typer.Argument(help="The audience's name in the extract.")],
    settings: SettingsFile = None,
) -> None:
    """Know nothing more of an audience at a partner, so that its next delivery begins anew.

    For an audience that was deleted at the partner, or that shall stay there as it is. Nothing is sent.
    """
    from audience_assets.destinations import catalog  # noqa: PLC0415

    with readable_errors():
        pipeline = pipeline_of(settings)
        catalog.require(destination, pipeline.destinations)
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
    from audience_assets.erasure import command  # noqa: PLC0415

    with readable_errors():
        pipeline = pipeline_of(settings)
        if not receipts:
            given = command.given(request, customer_id, sys.stdin)
            command.carry_out(pipeline, given)
        finished = command.show(pipeline, request, sys.stdout)
    raise typer.Exit(0 if finished else 1)


@app.command()
def quarantine(
    day: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="As of this day; of the newest by default.")
    ] = None,
    destination: Annotated[
        str | None, typer.Option(help="Only what keeps something from this destination.")
    ] = None,
    field: Annotated[str | None, typer.Option(help="Only this field, or partner's column.")] = None,
    reason: Annotated[str | None, typer.Option(help="Only this reason.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="All entries as CSV in place of the table.")] = False,  # noqa: FBT002
    settings: SettingsFile = None,
) -> None:
    """Show which values and people are refused, why and since when. The values themselves are not shown."""
    from audience_assets.observed import command  # noqa: PLC0415
    from audience_assets.observed.quarantined import Asked  # noqa: PLC0415

    with readable_errors():
        pipeline = pipeline_of(settings)
        asked = Asked(destination=destination, field=field, reason=reason)
        command.show_quarantine(pipeline, day.date() if day else None, asked, console(), as_csv=as_csv)


@app.command()
def history(
    customer_id: Annotated[str, typer.Argument(help="The customer_id, as it is in the extract.")],
    destination: Annotated[str | None, typer.Option(help="Only what this destination was sent.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as JSON.")] = False,  # noqa: FBT002
    settings: SettingsFile = None,
) -> None:
    """Show what was sent of one customer to whom, when, in which file or batch, and acknowledged how; no personal data."""
    from audience_assets.observed import command  # noqa: PLC0415

    with readable_errors():
        pipeline = pipeline_of(settings)
        command.show_history(pipeline, customer_id, destination, console(), as_json=as_json)


@app.command()
def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,  # noqa: FBT002
    settings: SettingsFile = None,
) -> None:
    """Remove what is older than [retention] in the settings keeps it, and what killed runs left."""
    with readable_errors():
        removed = pipeline_of(settings).purge(dry_run=dry_run)
    for sentence in removed.sentences(dry_run=dry_run):
        typer.echo(sentence)


@app.command()
def key() -> None:
    """Print a new key for encryption_key in the settings; keep it as you keep passwords."""
    from audience_assets.storage.keys import new_key  # noqa: PLC0415

    typer.echo(new_key())
