"""The ledger's file: how it comes into being, who may read it, and what is said when it cannot be used."""

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path

import pytest

from audience_assets.errors import SettingsError, StateError
from audience_assets.ledger import Ledger, Segment

NOBODY = 65534


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}?timeout=10"


def test_file_and_directory_are_the_owners_alone(ledger: Ledger, file: Path) -> None:
    assert ledger.acknowledged("meta") is None
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_sidecar_files_are_the_owners_alone(ledger: Ledger, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("SELECT * FROM lease").fetchall()  # an open reader keeps them there
        assert ledger.acknowledged("meta") is None
        modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert modes == {"ledger.db": 0o600, "ledger.db-wal": 0o600, "ledger.db-shm": 0o600}


def test_creating_leaves_nothing_else_behind(ledger: Ledger, file: Path) -> None:
    ledger.close()
    assert [path.name for path in file.parent.iterdir()] == ["ledger.db"]


def test_connections_are_durable_and_checked(ledger: Ledger) -> None:
    with ledger._database.reading() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_writers_wait_thirty_seconds_unless_told_otherwise(file: Path) -> None:
    with Ledger.open(f"sqlite:///{file}") as ledger, ledger._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 30_000


def test_a_relative_path_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Ledger.open("sqlite:///ledger with space#1?timeout=1") as ledger:
        monkeypatch.chdir("/")
        assert ledger.acknowledged("meta") is None
    assert (tmp_path / "ledger with space#1").exists()


OPEN_AND_RECORD = """
import sys, time, pathlib, datetime
from audience_assets.ledger import Ledger, Segment
url, name, go = sys.argv[1:]
print("ready", flush=True)
while not pathlib.Path(go).exists(): time.sleep(0.001)
with Ledger.open(url) as ledger:
    ledger.record_segment(Segment(name, datetime.date(2026, 11, 1), "rules-1", None, 1))
"""


def test_processes_may_race_to_create_it(
    url: str, file: Path, tmp_path: Path, start: Callable[..., subprocess.Popen[str]]
) -> None:
    go, names = tmp_path / "go", ["a", "b", "c"]
    processes = [start(OPEN_AND_RECORD, url, name, go) for name in names]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    go.touch()
    assert [process.wait(30) for process in processes] == [0, 0, 0]
    with Ledger.open(url) as ledger:
        assert sorted(ledger.segments(names)) == names
    assert [path.name for path in file.parent.iterdir()] == ["ledger.db"]


@pytest.mark.parametrize(
    "url",
    [
        "not a url",
        "mysql://host/ledger",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////tmp/ledger.db?cache=shared",
        "sqlite:////tmp/ledger.db?timeout=soon",
        "postgresql+nosuchdriver://host/ledger",
    ],
)
def test_a_url_that_cannot_work_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError, match=r"[Ll]edger"):
        Ledger.open(url)


def test_an_unknown_schema_version_is_refused(ledger: Ledger, url: str, file: Path) -> None:
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("UPDATE schema_version SET version = 99")
    with pytest.raises(StateError, match=r"ledger\.db has schema 99 .* knows 4: run the version"):
        Ledger.open(url)
    with pytest.raises(StateError, match="schema 99"):  # it was changed under a ledger that is open
        ledger.forget_normalized_file("a")


def test_another_programs_database_is_refused_and_left_alone(url: str, file: Path) -> None:
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as other, other:
        other.execute("CREATE TABLE lease (name TEXT)")
    with pytest.raises(StateError, match=r"ledger\.db is not a ledger"):
        Ledger.open(url)


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000])
def test_a_damaged_file_is_named_and_not_replaced(url: str, file: Path, content: bytes) -> None:
    file.parent.mkdir()
    file.write_bytes(content)
    with pytest.raises(StateError, match=r"ledger\.db is .*: restore it from a backup\.$"):
        Ledger.open(url)
    assert file.read_bytes() == content


def test_pages_overwritten_in_use_are_named(ledger: Ledger, file: Path) -> None:
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * (file.stat().st_size - 4096))
    with pytest.raises(StateError, match=r"ledger\.db is damaged"):
        ledger.record_segment(Segment("a", date(2026, 11, 1), "rules-1", None, 1))


def test_a_vanished_file_is_an_error_and_not_an_empty_ledger(ledger: Ledger, file: Path) -> None:
    file.unlink()
    with pytest.raises(StateError, match=r"ledger\.db cannot be opened: restore it"):
        ledger.acknowledged("meta")
    assert not file.exists()


def test_a_lock_held_too_long_is_named(ledger: Ledger, file: Path) -> None:
    assert ledger.acknowledged("meta") is None
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with (
            Ledger.open(f"sqlite:///{file}?timeout=0.1") as waiting,
            pytest.raises(StateError, match=r"ledger\.db stayed locked by another process: stop"),
        ):
            waiting.forget_normalized_file("a")
        assert ledger.acknowledged("meta") is None  # readers never wait for a writer
        other.execute("ROLLBACK")
    ledger.forget_normalized_file("a")


def test_a_directory_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        StateError, match=r"file/ledger\.db cannot be created .*: make its directory writable"
    ):
        Ledger.open(f"sqlite:///{tmp_path}/file/ledger.db")


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory that another user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


@contextmanager
def without_root() -> Iterator[None]:
    root = os.geteuid() == 0  # nothing is unwritable to root
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_an_unwritable_directory_is_named(open_directory: Path) -> None:
    open_directory.chmod(0o555)
    with (
        without_root(),
        pytest.raises(StateError, match=r"ledger\.db cannot be created \(Permission denied\)"),
    ):
        Ledger.open(f"sqlite:///{open_directory}/ledger.db")


def test_an_unwritable_file_is_named(open_directory: Path) -> None:
    url = f"sqlite:///{open_directory}/ledger.db"
    Ledger.open(url).close()
    (open_directory / "ledger.db").chmod(0o444)
    open_directory.chmod(0o555)
    with (
        without_root(),
        pytest.raises(StateError, match=r"ledger\.db cannot be .* writable for this user"),
        Ledger.open(url) as ledger,
    ):
        ledger.forget_normalized_file("a")
