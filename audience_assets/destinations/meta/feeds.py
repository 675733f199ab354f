"""How each of the customers' audiences is fed at Meta: which keys, in which order, with which options in every row."""

from collections.abc import Collection
from dataclasses import dataclass

from audience_assets.destinations.audience_state import Feed
from audience_assets.destinations.audiences import AudiencePlanner
from audience_assets.destinations.column import Column, Destination
from audience_assets.destinations.meta import columns
from audience_assets.destinations.meta.settings import VALUE, LimitedDataUse, MetaSettings
from audience_assets.rules.rule import Form
from audience_assets.sql import literal

PAGE = "Meta, Custom audiences from a customer file, data processing options"
OPTIONS, OPTIONS_COUNTRY, OPTIONS_STATE = (
    "DATA_PROCESSING_OPTIONS",
    "DATA_PROCESSING_OPTIONS_COUNTRY",
    "DATA_PROCESSING_OPTIONS_STATE",
)
OPTION_COLUMNS = (OPTIONS, OPTIONS_COUNTRY, OPTIONS_STATE)
LIMITED_DATA_USE = "LDU"


@dataclass(frozen=True, slots=True)
class MetaFeeds:
    """The audiences of one ad account."""

    destination: Destination
    settings: MetaSettings

    def feed(self, audience: str) -> Feed | None:
        """The keys that the settings name for the audience; None when it does not go to this account."""
        declared = self.settings.audience(audience)
        if declared is None:
            return None
        keys = set(self.settings.keys_of(audience)) | ({VALUE} if declared.value_based else set())
        columns = tuple(column for column in self.destination.columns if column.name in keys)
        return Feed(
            columns=(*columns, *_options(declared.limited_data_use)),
            taken_over=declared.id is not None,
            replace=declared.replace == "auto",
        )

    def table(self, also: Collection[str]) -> Destination:
        """The keys of the settings, and those that an audience was fed with before they were dropped."""
        return columns.destination(self.destination.name, self.settings, also)


def planner(destination: Destination, settings: MetaSettings) -> AudiencePlanner:
    """What Meta decides about its deltas: at most 10,000 rows a batch."""
    return AudiencePlanner(
        feeds=MetaFeeds(destination, settings),
        rows_per_batch=settings.rows_per_batch,
        replace_above=settings.replace_above,
        retired=settings.retired,
    )


def _options(limited: LimitedDataUse | None) -> tuple[Column, ...]:
    """The columns that put Limited Data Use on every row of an audience, and on no other audience's."""
    if limited is None:
        return ()
    flag = option(OPTIONS, literal(LIMITED_DATA_USE))
    if limited.country is None or limited.state is None:
        return (flag,)
    return flag, option(OPTIONS_COUNTRY, str(limited.country)), option(OPTIONS_STATE, str(limited.state))


def option(name: str, value: str = "null") -> Column:
    """A column of Limited Data Use, which is the same in every row of an audience; `value` is SQL."""
    form = Form(
        name="constant",
        version=1,
        expression=value,
        description=value,
        source=PAGE,
        type="VARCHAR" if name == OPTIONS else "INTEGER",
    )
    return Column(name, (), form, "Limited Data Use", role="value")
