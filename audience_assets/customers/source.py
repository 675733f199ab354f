"""The day's extract as a DuckDB view of texts: every column mapped and checked by its exact name."""

import json
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date

import duckdb

from audience_assets import database
from audience_assets.customers import files, texts
from audience_assets.customers.fields import CUSTOMER_ID, input_fields
from audience_assets.customers.parts import Part, of_csv, of_json, of_parquet, of_query
from audience_assets.errors import ExtractError, SettingsError
from audience_assets.settings import Settings
from audience_assets.storage import s3_reading

EXTRACT = "extract"
"""The view that every later step reads: customer_id, the input fields as text, and what the rules need to know.

What only tells a change reads them as `texts.compared_sql` has them.
"""

_REASONS = {
    "Expected Number of Columns": "a row has more or fewer fields than the header",
    "unicode": "a text is not UTF-8: export the file in UTF-8",
    "UTF-8": "a text is not UTF-8: export the file in UTF-8",
    "UTF8": "a text is not UTF-8: export the file in UTF-8",
    "unterminated quote": "a quote is not closed, or text follows a closing quote",
    "Maximum line size": "a line is longer than 2 MB",
    "state machine": "its line breaks or quotes are not the same throughout",
    "duplicate key": "a record has a key twice",
    "JSON transform error": "a record is not a JSON object",
    "Malformed JSON": "it is not valid JSON",
    "GZIP": "the compressed file is damaged or cut off",
    "magic bytes": "it is not a complete Parquet file",
    "too small to be a Parquet": "it is not a complete Parquet file",
}
"""Words of DuckDB's complaints, and ours for them; DuckDB quotes values beside them."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an extract: the fields of ours that it has, and the names of its own that nothing uses."""

    fields: frozenset[str]
    unused: frozenset[str]


def shares(settings: Settings, day: date, found: Sequence[str]) -> list[Sequence[str] | None]:
    """The day's files dealt to the workers; [None] where the extract is read in one piece.

    JSON files are not dealt out, because which columns they have is known only when all were read.

    Raises:
        ExtractError: The files do not agree with each other.
    """
    if settings.engine.workers == 1 or len(found) <= 1 or files.format_of(settings.source, found) == "json":
        return [None]
    with database.connect(settings) as connection:
        view_extract(connection, settings, day)
    dealt = [list(found[first :: settings.engine.workers]) for first in range(settings.engine.workers)]
    return [share for share in dealt if share]


def view_extract(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    day: date,
    share: Sequence[str] | None = None,
    required: Collection[str] = (CUSTOMER_ID,),
    select: Callable[[Settings, Part, dict[str, int]], str] = texts.select_sql,
) -> Columns:
    """Create the view `extract` for a day; return the extract's columns.

    Args:
        connection: Where the view is made.
        settings: Say where the extract lies.
        day: The day.
        share: Some of the day's files; all of them where it is None.
        required: The fields that it must have.
        select: What the view has of a part's rows.

    Raises:
        SettingsError: No source is configured, or the query is not valid.
        ExtractError: The day's files are missing or unreadable, or a column is missing or differs in case.
    """
    connection.execute("set variable day = $day", {"day": day.isoformat()})
    if settings.source.s3 is not None or (settings.source.path or "").startswith("s3://"):
        connection.register_filesystem(s3_reading.filesystem(settings.source.s3))
    found = list(share or ([] if settings.source.path is None else files.find(settings.source, day)))
    try:
        parts = _parts(connection, settings, day, found)
        used = [_used_columns(settings, part, required) for part in parts]
        for part, columns in zip(parts[1:], used[1:], strict=True):
            if differing := sorted(set(columns) ^ set(used[0])):
                raise ExtractError(
                    f"{part.where} and {parts[0].where} do not have the same columns, {', '.join(differing)}"
                    " is in only one of them: files of one day must agree"
                )
        selects = [select(settings, part, columns) for part, columns in zip(parts, used, strict=True)]
        connection.execute(f"create or replace temp view {EXTRACT} as\n" + "\nunion all\n".join(selects))
    except (duckdb.Error, OSError) as error:
        raise unreadable(error, day, found) from None
    names = {name for part in parts for name in [*(name for name, _ in part.columns), *part.unread]}
    taken = {
        part.columns[at][0] for part, columns in zip(parts, used, strict=True) for at in columns.values()
    }
    return Columns(frozenset(used[0]), frozenset(names - taken))


def has_landed(settings: Settings, day: date) -> bool:
    """Whether the day's files are there; a query cannot be asked, so it never says yes by itself."""
    return settings.source.path is not None and bool(files.find(settings.source, day))


def stamps(settings: Settings, day: date) -> dict[str, str]:
    """What tells the day's files from other files of the same name; nothing for a query."""
    return {} if settings.source.path is None else files.stamps(settings.source, day)


def unreadable(error: Exception, day: date, found: Sequence[str] = ()) -> Exception:
    """A complaint about the data as an error of ours, without the values that DuckDB quotes in it.

    Too little memory is no complaint about the data, and stays what it is.
    """
    if isinstance(error, duckdb.OutOfMemoryException):
        return error
    said = str(error)
    if said.startswith(f"Invalid Input Error: {texts.OURS}"):
        return ExtractError(said.removeprefix(f"Invalid Input Error: {texts.OURS}").splitlines()[0])
    at = re.match(
        r'Invalid Input Error: (?:CSV Error on Line:|(?:Malformed JSON|JSON transform error) in file ".*?",'
        r"(?: at byte \d+)? in (?:line|record/value)) (\d+)",
        said,
    )
    line = f" at line {at.group(1)}" if at else ""
    file = next((f", file {name}" for name in sorted(found, key=len, reverse=True) if name in said), "")
    reason = next((ours for theirs, ours in _REASONS.items() if theirs in said), "check the file's format")
    return ExtractError(f"the extract of {day}{file} cannot be read{line} ({type(error).__name__}): {reason}")


def _parts(
    connection: duckdb.DuckDBPyConnection, settings: Settings, day: date, found: list[str]
) -> list[Part]:
    source = settings.source
    if source.query is not None:
        return [of_query(connection, source.query, day)]
    if source.path is None:
        raise SettingsError(
            "no source is configured: set source.path or source.query in the file that AUDIENCE_ASSETS_SETTINGS names"
        )
    if not found:
        path = files.path_of(source, day)
        raise ExtractError(
            f"the extract of {day} has not landed: there is no file at {path}; wait for it, or mend source.path"
        )
    match files.format_of(source, found):
        case "parquet":
            return of_parquet(connection, found)
        case "csv":
            return of_csv(source, found)
        case "json":
            return of_json(connection, settings, found)


def _used_columns(settings: Settings, part: Part, required: Collection[str]) -> dict[str, int]:
    """Our field to the position of the part's column, for each field that the part has.

    Raises:
        ExtractError: Every missing, repeated or wrong-case column, in one sentence each.
    """
    fields = [CUSTOMER_ID, *input_fields(settings)]
    mapping = settings.source.columns
    if unknown := sorted(set(mapping) - set(fields)):
        raise SettingsError(
            f"source.columns maps {unknown}, which are no fields of ours; fields are {sorted(fields)}"
        )
    names = [name for name, _ in part.columns]
    taken = set(mapping.values())
    similar = {_folded(name): name for name in [*names, *part.unread] if name not in taken}
    used: dict[str, int] = {}
    problems: list[str] = []
    for ours in fields:
        wanted = mapping.get(ours, ours)
        if wanted in names:
            used[ours] = names.index(wanted)
            if names.count(wanted) > 1:
                problems.append(f"the column {wanted!r} stands there {names.count(wanted)} times: keep one")
        elif other := similar.get(_folded(wanted)):
            problems.append(
                f"the column {other!r} differs from {wanted!r} only in case or white space: rename it,"
                f" or map it in source.columns with {ours} = {json.dumps(other, ensure_ascii=False)}"
            )
        elif ours in mapping:
            problems.append(f"the column {wanted!r}, which source.columns maps to {ours}, is missing")
        elif ours in required:
            problems.append(f"the required column {ours!r} is missing: map it in source.columns")
    if problems:
        raise ExtractError(f"{part.where}: {'; '.join(problems)}")
    return used


def _folded(name: str) -> str:
    return name.strip().lower()
