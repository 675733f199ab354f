"""Settings whose state lies on the real S3 server, under a prefix of its own for each test."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from audience_assets.sandbox.s3 import S3Server
from audience_assets.storage.object_path import ObjectPath
from audience_assets.storage.object_store import ObjectStore
from audience_assets.storage.s3_settings import S3AccessSettings

KEY, SECRET = "TEST_STATE_KEY_ID", "TEST_STATE_SECRET"
VARIABLES = {"access_key_id": {"env": KEY}, "secret_access_key": {"env": SECRET}}

StateOnS3 = Callable[[Path], dict[str, Any]]
"""Settings of a state on S3 that is its own, with a ledger and a scratch folder in a folder of this machine."""


def state_on_s3(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> StateOnS3:
    """Let the credentials stand in the environment, where the settings name them."""
    monkeypatch.setenv(KEY, server.administrator.access_key_id)
    monkeypatch.setenv(SECRET, server.administrator.secret_access_key)

    def settings(folder: Path) -> dict[str, Any]:
        return {
            "state_dir": f"s3://{server.bucket}/{uuid.uuid4().hex}/state",
            "state_s3": {"endpoint_url": server.endpoint_url, "region": server.region, **VARIABLES},
            "ledger_url": f"sqlite:///{folder / 'ledger.sqlite'}",
            "scratch_dir": folder / "scratch",
        }

    return settings


def place_on_s3(settings: dict[str, Any], *, workers_elsewhere: bool = False) -> ObjectPath:
    """The state directory of such settings."""
    bucket, _, prefix = settings["state_dir"].removeprefix("s3://").partition("/")
    access = S3AccessSettings.model_validate(settings["state_s3"])
    return ObjectPath(ObjectStore(bucket, access, settings["scratch_dir"], workers_elsewhere), prefix)
