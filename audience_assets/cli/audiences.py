"""Commands for whoever works with the audiences themselves: `holdout`, `reconcile`."""

import csv
import sys
from datetime import datetime
from itertools import chain, islice
from typing import Annotated

import typer

from audience_assets.cli.application import AsJson, SettingsFile, app, console, pipeline_of, readable_errors


@app.command()
def holdout(
    audience: Annotated[str, typer.Argument(help="The audience's name in the extract.")],
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="Of whose extract.")],
    settings: SettingsFile = None,
) -> None:
    """Print as CSV the customer_id of everyone whom [holdout] keeps out of an audience: the control group."""
    from audience_assets import settings as settings_file  # noqa: PLC0415
    from audience_assets.customers import held_out  # noqa: PLC0415

    with readable_errors():
        ids = held_out.of(settings_file.load(settings), audience, day.date())
        first = list(islice(ids, 1))  # what is wrong is said before anything is printed
        lines = csv.writer(sys.stdout, lineterminator="\n")
        lines.writerow(["customer_id"])
        lines.writerows([customer] for customer in chain(first, ids))


@app.command()
def reconcile(
    day: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The day whose customers are looked at.")
    ],
    as_json: AsJson = False,  # noqa: FBT002
    settings: SettingsFile = None,
) -> None:
    """Count who is in an audience at one destination and not at another, and why; nobody is named and nothing is sent."""
    from audience_assets.observed import command  # noqa: PLC0415

    with readable_errors():
        pipeline = pipeline_of(settings)
        command.show_reconciliation(pipeline, day.date(), console(), as_json=as_json)
