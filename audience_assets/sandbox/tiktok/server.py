"""TikTok's API as one of the sandbox's endpoints."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack

from starlette.applications import Starlette

from audience_assets.sandbox.api_server import ApiServer
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.private_file import kept_credentials
from audience_assets.sandbox.tiktok import application
from audience_assets.sandbox.tiktok.keeping import keep, restore
from audience_assets.sandbox.tiktok.platform import Platform, random_credentials


class TikTokServer(ApiServer):
    """TikTok's API inside a `with` block; credentials and audiences are kept in `directory`.

    `base_url` stands for https://business-api.tiktok.com. `platform` is what the server holds, for a test to look at and
    to set; more advertisers than the first one live only as long as the server.
    """

    name = "tiktok"

    def begin(self, stack: ExitStack) -> None:
        """Read credentials and audiences of an earlier start; keep the audiences in the end."""
        credentials = kept_credentials(self.directory / "credentials.json", random_credentials())
        self.access_token = credentials["access_token"]
        self.advertiser_id = credentials["advertiser_id"]
        self.platform = Platform()
        self.advertiser = self.platform.add_advertiser(credentials)
        path = self.directory / "audiences.json"
        restore(path, self.advertiser, self.platform.clock)
        stack.callback(lambda: keep(path, self.advertiser))

    def application(self, _base_url: str, log: logging.Logger) -> Starlette:
        """TikTok's calls and the sandbox's controls."""
        return application.build(self.platform, log)

    @property
    def time(self) -> Clock:
        """The clock of all accounts."""
        return self.platform.clock

    def ready(self) -> Mapping[str, object]:
        """What a program needs to know to use this endpoint."""
        return {
            "base_url": self.base_url,
            "access_token": self.access_token,
            "advertiser_id": self.advertiser_id,
        }
