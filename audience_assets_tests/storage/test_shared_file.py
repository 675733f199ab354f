"""DuckDB's threads read a file through one handle, each from its own place."""

import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import duckdb
import pytest
from pyarrow.fs import LocalFileSystem

from audience_assets.secret import Secret
from audience_assets.storage.keys import Keys, new_key
from audience_assets.storage.s3_reading import S3Reading
from audience_assets.storage.sealed_files import SealedOnDisk
from audience_assets.storage.shared_file import OnDisk, SharedFile

ROWS = "select i as number, md5(i::varchar) as text from range(600_000) t(i)"
SUMS = "select sum(number), sum(hash(text)) from read_parquet('{}')"


@pytest.fixture(params=[0.005, 1e-6], ids=["at their pace", "hasty"])
def turns(request: pytest.FixtureRequest) -> Iterator[None]:
    """How often Python's threads take turns; between their calls DuckDB's take some besides."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(request.param)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def file_systems(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Ours, that for S3 over a client for the local disk."""
    monkeypatch.setenv("TEST_KEY", new_key())
    return [S3Reading(LocalFileSystem()), SealedOnDisk(Keys(Secret(env="TEST_KEY")).ring())]


@pytest.mark.usefixtures("turns")
@pytest.mark.parametrize("number", [0, 1], ids=["as S3 is read", "sealed"])
def test_several_threads_of_duckdb_read_what_was_written(
    tmp_path: Path, file_systems: list[Any], number: int
) -> None:
    name = f"{file_systems[number].protocol}://{tmp_path}/file.parquet"
    with duckdb.connect(config={"threads": 6}) as connection:
        connection.register_filesystem(file_systems[number])
        written = name if number else f"{tmp_path}/file.parquet"
        connection.execute(f"copy ({ROWS}) to '{written}' (format parquet, row_group_size 20000)")
        expected = connection.execute(f"select sum(number), sum(hash(text)) from ({ROWS})").fetchall()
        for _ in range(3):
            assert connection.execute(SUMS.format(name)).fetchall() == expected


def test_each_thread_has_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(range(200)))
    together = Barrier(2)
    found: dict[int, bytes] = {}
    with SharedFile(OnDisk(str(tmp_path / "file"))) as file:

        def read(start: int) -> None:
            file.seek(start)
            together.wait(timeout=30)
            found[start] = file.read(3)

        threads = [Thread(target=read, args=(start,)) for start in (10, 100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == {10: bytes([10, 11, 12]), 100: bytes([100, 101, 102])}
