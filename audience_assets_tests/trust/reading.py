"""A process that gives bytes to one of the readers and tells what became of it, so that a crash or a hang is seen from outside."""

import io
import json
import multiprocessing
import resource
import shutil
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import duckdb

from audience_assets import settings as settings_file
from audience_assets.customers import suppression
from audience_assets.destinations import catalog
from audience_assets.erasure import reading
from audience_assets.errors import AudienceAssetsError
from audience_assets.normalize import Normalizer
from audience_assets.pipeline import Pipeline
from audience_assets.rules import engine
from audience_assets.settings import Settings

DAY = date(2026, 1, 5)
MEMORY = Path("/dev/shm")  # noqa: S108 - only a place where nothing waits for a disk
LONGEST = 30.0
"""Seconds that one input may take, on a machine that does other things too."""

processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload([__name__])


@dataclass(frozen=True)
class Outcome:
    """What became of an input.

    Attributes:
        said: The sentence of the refusal; nothing where the input was read.
        broke: The traceback of an error that is not ours.
        peak: The most memory that the process ever held, in bytes.
    """

    said: str = ""
    broke: str = ""
    peak: int = 0


class Reader:
    """The process; it lives for many inputs, and is started anew after one that ended it."""

    def __init__(self, folder: Path) -> None:
        self._folder = Path(tempfile.mkdtemp(dir=MEMORY if MEMORY.is_dir() else folder))
        self._start()

    def give(self, kind: str, content: bytes) -> Outcome:
        """What becomes of the content in a reader.

        Raises:
            AssertionError: The process crashed or hung.
        """
        self._pipe.send((kind, content))
        if not self._pipe.poll(LONGEST):
            self._end()
            self._start()
            raise AssertionError(f"{kind}: nothing was heard for {LONGEST} seconds")
        try:
            outcome: Outcome = self._pipe.recv()
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            self._start()
            raise AssertionError(f"{kind}: the process ended with {code}") from None
        return outcome

    def close(self) -> None:
        """End the process and remove what it wrote."""
        self._end()
        shutil.rmtree(self._folder)

    def _start(self) -> None:
        self._pipe, theirs = processes.Pipe()
        self._process = processes.Process(target=_work, args=(theirs, self._folder), daemon=True)
        self._process.start()
        theirs.close()

    def _end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


@contextmanager
def reader(folder: Path) -> Iterator[Reader]:
    """A process that reads, ended at the end."""
    started = Reader(folder)
    try:
        yield started
    finally:
        started.close()


def _work(pipe: Connection, folder: Path) -> None:
    while True:
        try:
            kind, content = pipe.recv()
        except EOFError:
            return
        pipe.send(_outcome(READERS[kind], content, folder))


def _outcome(read: Callable[[bytes, Path], None], content: bytes, folder: Path) -> Outcome:
    said = broke = ""
    try:
        read(content, folder)
    except AudienceAssetsError as error:
        said = str(error)
    except Exception:  # noqa: BLE001 - whatever else it is must be told
        broke = traceback.format_exc()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    for each in folder.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    return Outcome(said, broke, peak)


def _settings(folder: Path, **given: Any) -> Settings:
    return Settings.model_validate({"engine": {"threads": 1, "memory_limit": "256MB"}, **given}).under(folder)


def _extract(kind: str) -> Callable[[bytes, Path], None]:
    """An extract through the two steps that look at every value."""

    def read(content: bytes, folder: Path) -> None:
        (folder / f"{DAY}.{kind}").write_bytes(content)
        pipeline = Pipeline(_settings(folder, source={"path": f"{{day}}.{kind}", "allow_empty": True}))
        pipeline.read_extract(DAY)
        pipeline.normalize(DAY)

    return read


def _suppressed(content: bytes, folder: Path) -> None:
    (folder / "suppressed.csv").write_bytes(content)
    settings = _settings(folder, suppression={"path": "suppressed.csv"})
    suppression.load(settings, DAY, b"secret")


def _toml(content: bytes, folder: Path) -> None:
    (folder / "settings.toml").write_bytes(content)
    loaded = settings_file.load(folder / "settings.toml")
    catalog.configured(loaded)


def _erasures(content: bytes, _folder: Path) -> None:
    lines = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors="surrogateescape")
    for _ in reading.from_lines(lines):
        pass


def _erasure_table(content: bytes, folder: Path) -> None:
    (folder / "requests.csv").write_bytes(content)
    reading.from_table(_settings(folder, erasure={"requests": {"path": "requests.csv"}}), DAY)


def _lines(content: bytes, _folder: Path) -> None:
    given = [line for line in _text(content) if line.strip()]
    answers = list(_normalizer().lines(given))
    assert len(answers) == len(given)
    for answer in answers:
        answer.encode()
        told = json.loads(answer)
        assert isinstance(told, dict)
        assert "reason" in told or "normalized" in told


def _text(content: bytes) -> io.TextIOWrapper:
    """Standard input as the command reads it."""
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", errors="surrogateescape")


@cache
def _normalizer() -> Normalizer:
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "256MB"})
    engine.install(connection)
    settings = Settings()
    return Normalizer(connection, settings, catalog.configured(settings))


READERS: Mapping[str, Callable[[bytes, Path], None]] = {
    "csv": _extract("csv"),
    "json": _extract("json"),
    "parquet": _extract("parquet"),
    "settings": _toml,
    "normalize": _lines,
    "suppression": _suppressed,
    "erasure lines": _erasures,
    "erasure table": _erasure_table,
}
