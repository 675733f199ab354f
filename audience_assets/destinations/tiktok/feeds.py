"""How each of the customers' audiences is fed at TikTok, and where its files are cut."""

from collections.abc import Collection
from dataclasses import dataclass

from audience_assets.destinations.audience_files import ADD, REMOVE
from audience_assets.destinations.audience_state import Feed
from audience_assets.destinations.audiences import AudiencePlanner
from audience_assets.destinations.column import Destination
from audience_assets.destinations.tiktok import columns
from audience_assets.destinations.tiktok.settings import TikTokSettings
from audience_assets.destinations.tiktok.upload_file import bytes_of_header, bytes_of_row


@dataclass(frozen=True, slots=True)
class TikTokFeeds:
    """The audiences of one advertiser."""

    destination: Destination
    settings: TikTokSettings

    def feed(self, audience: str) -> Feed | None:
        """The advertiser's identifiers; None when the audience does not go to this advertiser."""
        declared = self.settings.audience(audience)
        if declared is None:
            return None
        return Feed(
            columns=self.destination.columns,
            taken_over=declared.id is not None,
            replace=declared.replace == "auto",
        )

    def table(self, also: Collection[str]) -> Destination:
        """The columns of the settings, and those that an audience was fed with before they were dropped."""
        return columns.destination(self.destination.name, self.settings, also)


def planner(destination: Destination, settings: TikTokSettings) -> AudiencePlanner:
    """What TikTok decides about its deltas: how large a file may be and how small an audience."""
    return AudiencePlanner(
        feeds=TikTokFeeds(destination, settings),
        rows_per_batch=rows_per_file(settings),
        replace_above=settings.replace_above,
        retired=settings.retired,
        smallest=settings.smallest_audience,
        below_smallest=settings.below_smallest,
        order=(ADD, REMOVE),  # so that it never falls below the smallest size in between
    )


def rows_per_file(settings: TikTokSettings) -> int:
    """How many rows always fit into one upload.

    It reckons with the widest row there is, since people are removed with the columns that they were added with, which
    may be more than the settings name by now.
    """
    room = settings.file_bytes - bytes_of_header(columns.WIDEST)
    return room // bytes_of_row(columns.WIDEST)
