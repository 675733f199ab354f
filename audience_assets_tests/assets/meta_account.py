"""An ad account of the sandbox as the settings of a deployment name it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from audience_assets.sandbox.meta.platform import Account
from audience_assets.sandbox.meta.server import MetaServer

TOKEN, APP_SECRET = "ASSETS_TESTS_META_TOKEN", "ASSETS_TESTS_META_SECRET"  # names of variables


def meta_destination(server: MetaServer, account: Account, **given: Any) -> dict[str, Any]:
    """A Meta destination with small batches; its secrets are named, not written down."""
    return {
        "type": "meta",
        "ad_account": account.id,
        "access_token": {"env": TOKEN},
        "app_secret": {"env": APP_SECRET},
        "base_url": server.base_url,
        "keys": ["EMAIL", "PHONE"],
        "rows_per_batch": 2,
        "replace_above": 100,
        "calls_per_second": 1e6,
        **given,
    }


@contextmanager
def secrets_of(account: Account) -> Iterator[None]:
    """The account's secrets in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN, account.access_token)
        patch.setenv(APP_SECRET, account.app_secret)
        yield
