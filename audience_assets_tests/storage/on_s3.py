"""Settings whose state lies on the real S3 server, each under a prefix of its own."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from audience_assets.sandbox.s3 import Credentials, S3Server
from audience_assets.settings import Settings

KEY, SECRET = "TEST_STATE_KEY_ID", "TEST_STATE_SECRET"


def credentials(monkeypatch: pytest.MonkeyPatch, given: Credentials) -> None:
    """Put the credentials where the settings name them."""
    monkeypatch.setenv(KEY, given.access_key_id)
    monkeypatch.setenv(SECRET, given.secret_access_key)


def state_on_s3(server: S3Server, folder: Path) -> dict[str, Any]:
    """Settings of a new state on S3, with a ledger and a scratch folder in a folder of this machine."""
    return {
        "state_dir": f"s3://{server.bucket}/{server.prefix}/{uuid.uuid4().hex}",
        "state_on_s3": {
            "endpoint_url": server.endpoint_url,
            "region": server.region,
            "access_key_id": {"env": KEY},
            "secret_access_key": {"env": SECRET},
        },
        "ledger_url": f"sqlite:///{folder / 'ledger.sqlite'}",
        "scratch_dir": str(folder / "scratch"),
    }


def settings_on_s3(server: S3Server, folder: Path, **others: Any) -> Settings:
    """The same as settings."""
    return Settings.model_validate(state_on_s3(server, folder) | others)
