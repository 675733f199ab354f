"""Meta's API as one of the sandbox's endpoints, with what is kept from one start to the next."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from audience_assets.sandbox.meta import application
from audience_assets.sandbox.meta.keeping import keep_audiences, restore_audiences
from audience_assets.sandbox.meta.platform import Platform, random_credentials
from audience_assets.sandbox.meta.request_line import LONGEST_HEAD
from audience_assets.sandbox.private_file import kept_credentials
from audience_assets.sandbox.web_server import WebServer


class MetaServer:
    """Meta's API inside a `with` block; credentials and audiences are kept in `directory`.

    `base_url` stands for https://graph.facebook.com. `platform` is what the server holds, for a test to look at and
    to set; more accounts than the first one live only as long as the server.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory.absolute()
        self.log_path = self.directory / "meta.log"
        self._web = WebServer(
            "meta",
            lambda base_url, log: application.build(self.platform, base_url, log),
            self.log_path,
            longest_head=LONGEST_HEAD,
        )

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        credentials = kept_credentials(self.directory / "credentials.json", random_credentials())
        self.access_token = credentials["access_token"]
        self.app_secret = credentials["app_secret"]
        self.ad_account = credentials["ad_account"]
        self.platform = Platform()
        self.account = self.platform.add_account(credentials)
        restore_audiences(self._audiences_path, self.account, self.platform.clock)
        with ExitStack() as stack:
            stack.callback(lambda: keep_audiences(self._audiences_path, self.account))
            stack.enter_context(self._web)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def base_url(self) -> str:
        """Stands for https://graph.facebook.com."""
        return self._web.base_url

    @property
    def running(self) -> bool:
        """Whether the server has not ended by itself."""
        return self._web.running

    def ready(self) -> Mapping[str, object]:
        """What a program needs to know to use this endpoint."""
        return {
            "base_url": self.base_url,
            "access_token": self.access_token,
            "app_secret": self.app_secret,
            "ad_account": self.ad_account,
        }

    @property
    def _audiences_path(self) -> Path:
        return self.directory / "audiences.json"
