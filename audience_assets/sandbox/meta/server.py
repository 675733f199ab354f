"""Meta's API as one of the sandbox's endpoints."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack

from starlette.applications import Starlette

from audience_assets.sandbox.api_server import ApiServer
from audience_assets.sandbox.clock import Clock
from audience_assets.sandbox.meta import application
from audience_assets.sandbox.meta.keeping import keep, restore
from audience_assets.sandbox.meta.platform import Platform, random_credentials
from audience_assets.sandbox.meta.request_line import LONGEST_HEAD
from audience_assets.sandbox.private_file import kept_credentials


class MetaServer(ApiServer):
    """Meta's API inside a `with` block; credentials and audiences are kept in `directory`.

    `base_url` stands for https://graph.facebook.com. `platform` is what the server holds, for a test to look at and
    to set; more accounts than the first one live only as long as the server.
    """

    name = "meta"
    longest_head = LONGEST_HEAD

    def begin(self, stack: ExitStack) -> None:
        """Read credentials and audiences of an earlier start; keep the audiences in the end."""
        credentials = kept_credentials(self.directory / "credentials.json", random_credentials())
        self.access_token = credentials["access_token"]
        self.app_secret = credentials["app_secret"]
        self.ad_account = credentials["ad_account"]
        self.platform = Platform()
        self.account = self.platform.add_account(credentials)
        path = self.directory / "audiences.json"
        restore(path, self.account, self.platform.clock)
        stack.callback(lambda: keep(path, self.account))

    def application(self, base_url: str, log: logging.Logger) -> Starlette:
        """Meta's calls and the sandbox's controls."""
        return application.build(self.platform, base_url, log)

    @property
    def time(self) -> Clock:
        """The clock of all accounts."""
        return self.platform.clock

    def ready(self) -> Mapping[str, object]:
        """What a program needs to know to use this endpoint."""
        return {
            "base_url": self.base_url,
            "access_token": self.access_token,
            "app_secret": self.app_secret,
            "ad_account": self.ad_account,
        }
