"""A new deployment for each test, and one that has delivered three days of a generated CRM."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from audience_assets.assets import destinations
from audience_assets.sandbox.s3 import S3Server
from audience_assets.synthetic.extract import generate
from audience_assets_tests.assets import deployment
from audience_assets_tests.assets.deployment import DAYS, Bucket, Deployment

CUSTOMERS = 1_500

Deploy = Callable[..., Deployment]


@pytest.fixture(scope="session", autouse=True)
def _put_only_credentials(s3_server: S3Server) -> Iterator[None]:
    """The secrets that the settings name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(deployment.KEY_ID, s3_server.write_only.access_key_id)
        patch.setenv(deployment.KEY, s3_server.write_only.secret_access_key)
        yield


@pytest.fixture(scope="session")
def bucket(s3_server: S3Server, administrator: Any) -> Bucket:
    """The partner's side."""
    return Bucket(s3_server.bucket, administrator)


@pytest.fixture
def deploy(s3_server: S3Server, bucket: Bucket, bucket_prefix: str, tmp_path: Path) -> Iterator[Deploy]:
    """Makes deployments whose `vtex_ads` may be bent, beside whole sections of the settings."""
    with dg.DagsterInstance.ephemeral() as instance:

        def make(vtex_ads: dict[str, Any] | None = None, **given: Any) -> Deployment:
            account = deployment.destination(s3_server, bucket_prefix) | (vtex_ads or {})
            settings = deployment.settings_of(tmp_path, {"vtex_ads": account}, **given)
            return Deployment(settings, bucket, bucket_prefix, instance)

        yield make


@pytest.fixture
def deployed(deploy: Deploy) -> Deployment:
    """A deployment with nothing special about it and nothing delivered yet."""
    return deploy()


@pytest.fixture(scope="session")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated CRM: three days of extracts and the truth of what each must deliver."""
    folder = tmp_path_factory.mktemp("crm")
    generate(CUSTOMERS, len(DAYS), folder)
    return folder


@pytest.fixture(scope="session")
def three_days(
    s3_server: S3Server, bucket: Bucket, crm: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """Each of the three days delivered by a run of its own; tests only look at it."""
    folder = tmp_path_factory.mktemp("three_days")
    shutil.copytree(crm / "extract", folder / "extract")
    prefix = f"{s3_server.prefix}/{folder.name}"
    settings = deployment.settings_of(folder, {"vtex_ads": deployment.destination(s3_server, prefix)})
    with dg.DagsterInstance.ephemeral() as instance:
        made = Deployment(settings, bucket, prefix, instance)
        for day in DAYS:
            assert made.run(day).success
        yield made


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many retries as in production, without the pauses between them."""
    retries = dg.RetryPolicy(max_retries=destinations.RETRIES.max_retries)
    monkeypatch.setattr(destinations, "RETRIES", retries)
