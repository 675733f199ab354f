"""What tests of every part share: one real S3 server per test process, and one client that sees all it holds."""

import gc
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from audience_assets.sandbox.s3 import S3Server

# What is imported once stays, and need not be walked over again and again.
gc.set_threshold(100_000, 50, 1_000)


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A running S3 server; with pytest-xdist each worker has its own."""
    with S3Server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def administrator(s3_server: S3Server) -> Iterator[Any]:
    """A client that sees what the partner sees; making one takes longer than most tests."""
    with closing(s3_server.client("s3", s3_server.administrator)) as client:
        yield client


@pytest.fixture
def bucket_prefix(s3_server: S3Server) -> str:
    """A prefix that no other test uses and that the write-only user may write to."""
    return f"{s3_server.prefix}/{uuid.uuid4().hex}"
