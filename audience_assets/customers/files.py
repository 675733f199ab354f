"""Finds the day's files and the columns in them, on the local disk or on S3, before DuckDB reads a row."""

import csv
import gzip
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import IO, Any, Literal

import fsspec

from audience_assets.errors import ExtractError
from audience_assets.settings import SourceSettings
from audience_assets.storage import s3_reading

Format = Literal["parquet", "csv", "json"]

DELIMITERS = ",;\t|"
_SUFFIXES: dict[str, Format] = {
    ".parquet": "parquet",
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}


def path_of(source: SourceSettings, day: date) -> str:
    """The source's path with the day in it."""
    return (source.path or "").format(day=day)


def format_of(source: SourceSettings, path: str) -> Format:
    """The file format: the configured one, or what the name says.

    Raises:
        ExtractError: Neither does.
    """
    if source.format is not None:
        return source.format
    for suffix in reversed(Path(path).suffixes):
        if suffix.lower() in _SUFFIXES:
            return _SUFFIXES[suffix.lower()]
    raise ExtractError(f"cannot tell the format of {path} by its name: set source.format to parquet, csv or json")


def find(source: SourceSettings, day: date) -> list[str]:
    """The day's files, sorted; empty when the extract has not landed."""
    path = path_of(source, day)
    filesystem = _filesystem(source, path)
    found = filesystem.glob(path) if any(mark in path for mark in "*?[") else [path] * filesystem.exists(path)
    return sorted(_with_protocol(path, str(file)) for file in found if not filesystem.isdir(file))


def stamps(source: SourceSettings, files: Sequence[str]) -> dict[str, str]:
    """Size and time of change of each file, to notice that an extract was replaced between two steps."""
    infos = {file: _filesystem(source, file).info(file) for file in files}
    return {file: f"{info['size']} bytes, {info.get('mtime')}" for file, info in infos.items()}


def csv_header(source: SourceSettings, files: Sequence[str]) -> tuple[list[str], str]:
    """Column names and delimiter, read from the first line of each file, never guessed from the rows.

    Raises:
        ExtractError: A file is empty or unreadable, a name stands twice, or the files do not agree.
    """
    headers = {file: _first_line(source, file) for file in files}
    first = headers[files[0]]
    for file, line in headers.items():
        if line != first:
            raise ExtractError(f"{file} has another header line than {files[0]}: files of one day must agree")
    delimiter = source.csv_delimiter or max(DELIMITERS, key=first.count)
    names = next(csv.reader(io.StringIO(first), delimiter=delimiter))
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise ExtractError(f"{files[0]} has more than one column called {', '.join(map(repr, repeated))}")
    return names, delimiter


def _first_line(source: SourceSettings, file: str) -> str:
    try:
        with _filesystem(source, file).open(file, "rb") as raw:
            stream: IO[Any] = gzip.open(raw) if file.endswith(".gz") else raw
            line = stream.readline(1 << 20).decode("utf-8-sig").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ExtractError(f"cannot read the header line of {file}: {type(error).__name__}") from None
    if not line:
        raise ExtractError(f"{file} has no header line")
    return line


def _filesystem(source: SourceSettings, path: str) -> Any:
    return s3_reading.filesystem(source.s3) if path.startswith("s3://") else fsspec.filesystem("file")


def _with_protocol(pattern: str, found: str) -> str:
    return f"s3://{found.removeprefix('s3://')}" if pattern.startswith("s3://") else found
