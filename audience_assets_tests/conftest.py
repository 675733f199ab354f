"""What tests of every part share: one real S3 server per test process."""

import uuid
from collections.abc import Iterator

import pytest

from audience_assets.sandbox.s3 import S3Server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running S3 server; with pytest-xdist each worker has its own."""
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def bucket_prefix(s3_server: S3Server) -> str:
    """A prefix that no other test uses and that the write-only user may write to."""
    return f"{s3_server.prefix}/{uuid.uuid4().hex}"
