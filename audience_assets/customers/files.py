"""Finds the day's files and the columns in them, on the local disk or on S3, before DuckDB reads a row."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Literal

import fsspec

from audience_assets.customers.settings import SourceSettings
from audience_assets.errors import ExtractError
from audience_assets.storage import s3_reading

Format = Literal["parquet", "csv", "json"]

DELIMITERS = ",;\t|"
LONGEST_HEADER = 1 << 20
LONGEST_LINE = 2_000_000
"""Bytes of a CSV's line: DuckDB's own limit."""
_GZIP = b"\x1f\x8b"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_TAIL = 4096
_PIECE = 1 << 20
_LINE_END = re.compile(b"[\r\n]")
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


def format_of(source: SourceSettings, found: Sequence[str]) -> Format:
    """The format of all files: the configured one, or what their names say.

    Raises:
        ExtractError: A name does not tell, or two names tell two formats.
    """
    if source.format is not None:
        return source.format
    told = {file: _format_told_by(file) for file in found}
    for file, kind in told.items():
        if kind is None:
            raise ExtractError(
                f"cannot tell the format of {file} by its name: set source.format to parquet, csv or json,"
                " or narrow source.path if the file is no part of the extract"
            )
        if kind != told[found[0]]:
            raise ExtractError(
                f"{file} is not {told[found[0]]} as {found[0]} is: narrow source.path to one format"
            )
    return told[found[0]] or "parquet"


def find(source: SourceSettings, day: date) -> list[str]:
    """The day's files, sorted; empty when the extract has not landed."""
    return list(stamps(source, day))


def stamps(source: SourceSettings, day: date) -> dict[str, str]:
    """Size and time of change of each of the day's files, to notice that one was replaced between two steps.

    Raises:
        ExtractError: The place cannot be looked at.
        SettingsError: The credentials for it are wrong.
    """
    path = path_of(source, day)
    try:
        found = _listed(_filesystem(source, path), path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise s3_reading.explained(error, path) from None
    kept = {_with_protocol(path, name): info for name, info in found.items() if info["type"] == "file"}
    return {file: f"{kept[file]['size']} bytes, {kept[file].get('mtime')}" for file in sorted(kept)}


def escaped(file: str) -> str:
    """A file's name as a pattern that matches only itself, because DuckDB takes every name for a pattern."""
    return re.sub(r"[*?\[]", r"[\g<0>]", file)


def is_gzip(source: SourceSettings, file: str) -> bool:
    """Whether the file is compressed, told by its first bytes and not by its name."""
    return _read(source, file, len(_GZIP)) == _GZIP


def csv_header(source: SourceSettings, files: Sequence[str]) -> tuple[list[str], str]:
    """Column names and delimiter, read from the first line of each file, never guessed from the rows.

    Raises:
        ExtractError: A file is empty or unreadable, or the files do not agree.
    """
    first = _first_line(source, files[0])
    delimiter = source.csv_delimiter or max(DELIMITERS, key=lambda mark: len(_cells(first, mark)))
    names = _cells(first, delimiter)
    if not names or first.count('"') % 2:
        raise ExtractError(f"the header line of {files[0]} cannot be read: a quote in it is not closed")
    for file in files[1:]:
        if _cells(_first_line(source, file), delimiter) != names:
            raise ExtractError(f"{file} has another header line than {files[0]}: files of one day must agree")
    return names, delimiter


def check_csv_lines(source: SourceSettings, file: str) -> None:
    """Refuse a CSV whose last line is longer than `LONGEST_LINE`: above 30 MB DuckDB leaves it out without a word.

    The end of a file is enough, because DuckDB refuses longer lines elsewhere; of a compressed one it is found by
    unpacking all of it.

    Raises:
        ExtractError: A line is too long, or the compressed file is damaged.
    """
    if is_gzip(source, file):
        too_long = _has_long_line(source, file)
    else:
        end = _read(source, file, LONGEST_LINE + len(b"\r\n"), from_end=True).rstrip(b"\r\n")
        too_long = len(end) > LONGEST_LINE and not _LINE_END.search(end)
    if too_long:
        raise ExtractError(f"{file} cannot be read: it has a line that is longer than 2 MB")


def _has_long_line(source: SourceSettings, file: str) -> bool:
    open_line = 0
    with _reading(source, file) as raw, gzip.GzipFile(fileobj=raw) as stream:
        while piece := stream.read(_PIECE):
            first = _LINE_END.search(piece)
            if open_line + (first.start() if first else len(piece)) > LONGEST_LINE:
                return True
            last = max(piece.rfind(b"\n"), piece.rfind(b"\r"))
            open_line = len(piece) - 1 - last if first else open_line + len(piece)
    return False


def check_json_end(source: SourceSettings, file: str) -> None:
    """Refuse a JSON array that was cut off between two records, which DuckDB reads without a word.

    Raises:
        ExtractError: The file begins with `[` and does not end with `]`.
    """
    start = _read(source, file, _TAIL).removeprefix(_BYTE_ORDER_MARK).lstrip()
    if start.startswith(b"[") and not _read(source, file, _TAIL, from_end=True).rstrip().endswith(b"]"):
        raise ExtractError(f"{file} is cut off: its JSON array does not end with ]; export it again")


def _first_line(source: SourceSettings, file: str) -> str:
    try:
        with _reading(source, file) as raw:
            packed = raw.read(len(_GZIP)) == _GZIP
            raw.seek(0)
            stream: Any = gzip.GzipFile(fileobj=raw) if packed else raw
            # A file of the old Mac kind has no line feed: its header ends at the first carriage return.
            line = (
                stream.readline(LONGEST_HEADER).removeprefix(_BYTE_ORDER_MARK).split(b"\r")[0].rstrip(b"\n")
            )
            header = str(line, "utf-8")
    except UnicodeDecodeError:
        raise ExtractError(f"the header line of {file} is not UTF-8: export the file in UTF-8") from None
    if not header.strip():
        raise ExtractError(f"{file} has no header line: its first line must name the columns")
    return header


@contextmanager
def _reading(source: SourceSettings, file: str) -> Iterator[Any]:
    """The file's bytes; what goes wrong with the file or with its compression is an error of ours."""
    try:
        with _filesystem(source, file).open(file, "rb") as raw:
            yield raw
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise ExtractError(
            f"{file} is damaged or cut off: its gzip stream cannot be read; export it again"
        ) from None
    except OSError as error:
        raise s3_reading.explained(error, file) from None


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line, none where its quotes do not close."""
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error:
        return []


def _read(source: SourceSettings, file: str, size: int, *, from_end: bool = False) -> bytes:
    with _reading(source, file) as raw:
        if from_end:
            raw.seek(max(0, raw.seek(0, 2) - size))
        return bytes(raw.read(size))


def _listed(filesystem: Any, path: str) -> Mapping[str, Mapping[str, Any]]:
    """Name and info of what is there; a refusal is an error, where fsspec's defaults would take it for absence."""
    if any(mark in path for mark in "*?["):
        listed: Mapping[str, Mapping[str, Any]] = filesystem.glob(path, detail=True, on_error="raise")
        return listed
    return {path: filesystem.info(path)}


def _format_told_by(file: str) -> Format | None:
    for suffix in reversed(Path(file).suffixes):
        if suffix.lower() in _SUFFIXES:
            return _SUFFIXES[suffix.lower()]
    return None


def _filesystem(source: SourceSettings, path: str) -> Any:
    return s3_reading.filesystem(source.s3) if path.startswith("s3://") else fsspec.filesystem("file")


def _with_protocol(pattern: str, found: str) -> str:
    return f"s3://{found.removeprefix('s3://')}" if pattern.startswith("s3://") else str(found)
