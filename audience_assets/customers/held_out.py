"""Lists the customers of a day's extract who are held out of an audience: the control group of a campaign."""

from collections.abc import Iterator
from datetime import date

import duckdb

from audience_assets import database
from audience_assets.customers import source
from audience_assets.errors import SettingsError
from audience_assets.rules import holdout
from audience_assets.settings import Settings

AT_ONCE = 10_000
"""How many ids are in memory together."""


def of(settings: Settings, audience: str, day: date) -> Iterator[str]:
    """The ids of those who would be in the audience, sorted, each once. Consent and suppression are not looked at.

    Raises:
        SettingsError: Nobody is held out of this audience.
        ExtractError: The day's extract is missing or unreadable.
    """
    shares = settings.holdout.shares
    if audience not in shares:
        raise SettingsError(
            f"nobody is held out of {audience}: holdout.shares names {', '.join(sorted(shares)) or 'no audience'}"
        )
    held_out = holdout.held_out_sql("$audience", "customer_id", settings.holdout.salt, shares[audience])
    with database.connect(settings) as connection:
        source.view_extract(connection, settings, day)
        try:
            rows = connection.execute(
                f"select distinct customer_id from {source.EXTRACT}"
                f" where list_contains(usable_list(audiences), $audience) and {held_out} order by customer_id",
                {"audience": audience},
            )
            while some := rows.fetchmany(AT_ONCE):
                yield from (customer for (customer,) in some)
        except duckdb.Error as error:
            raise source.unreadable(error, day) from None
