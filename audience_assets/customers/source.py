"""The day's extract as a DuckDB view of texts: every column mapped, checked by its exact name, and read as text.

A CPF or postal code that is a number in the file becomes the digits it has, so nothing is lost that was not lost before.
"""

import re
from collections.abc import Mapping
from datetime import date

import duckdb

from audience_assets.customers import files
from audience_assets.customers.fields import CUSTOMER_ID, input_fields, is_list
from audience_assets.errors import ExtractError, SettingsError
from audience_assets.settings import Settings, SourceSettings
from audience_assets.sql import identifier, listed, literal
from audience_assets.storage import s3_reading

EXTRACT = "extract"
"""The view that every later step reads: customer_id, the input fields as text, and what the rules need to know."""

_FLOATING = re.compile(r"DOUBLE|FLOAT|DECIMAL\(\d+,(?!0\))")
_TEXT_LIKE = re.compile(
    r'VARCHAR|JSON|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(\d+,0\)|DATE|TIME.*|UUID|ENUM.*|"NULL"|BIGNUM'
)


def view_extract(connection: duckdb.DuckDBPyConnection, settings: Settings, day: date) -> list[str]:
    """Create the view `extract` for a day; return the extract's columns that nothing uses.

    Raises:
        SettingsError: No source is configured, or the query is not valid.
        ExtractError: The day's files are missing or unreadable, or a column is missing or differs in case.
    """
    connection.execute("set variable day = $day", {"day": day.isoformat()})
    _view_source(connection, settings.source, day)
    described = connection.execute("select column_name, column_type from (describe extract_source)").fetchall()
    available = dict(described)
    used = _columns(settings, available)
    expressions = [f"{_text(CUSTOMER_ID, used[CUSTOMER_ID], available)} as customer_id"]
    for field in input_fields(settings):
        expressions.append(f"{_text(field, used.get(field), available)} as {identifier(field)}")
    expressions += [
        "cast(getvariable('day') as date) as as_of",
        f"{literal(settings.rules.default_country)} as default_country",
        f"{literal(settings.rules.date_order)} as date_order",
    ]
    connection.execute(f"create or replace temp view {EXTRACT} as select\n{listed(expressions)}\nfrom extract_source")
    return sorted(set(available) - set(used.values()))


def has_landed(settings: Settings, day: date) -> bool:
    """Whether the day's files are there; a query cannot be asked, so it never says yes by itself."""
    return settings.source.path is not None and bool(files.find(settings.source, day))


def stamps(settings: Settings, day: date) -> dict[str, str]:
    """What tells the day's files from other files of the same name; nothing for a query."""
    if settings.source.path is None:
        return {}
    return files.stamps(settings.source, files.find(settings.source, day))


def unreadable(error: duckdb.Error, day: date) -> ExtractError:
    """DuckDB's complaint about the data as an error of ours, without the values that DuckDB quotes."""
    line = re.search(r"[Ll]ine:? (\d+)", str(error))
    where = f" at line {line.group(1)}" if line else ""
    return ExtractError(f"the extract of {day} cannot be read{where} ({type(error).__name__}): check the file's format")


def _view_source(connection: duckdb.DuckDBPyConnection, source: SourceSettings, day: date) -> None:
    if source.s3 is not None or (source.path or "").startswith("s3://"):
        connection.register_filesystem(s3_reading.filesystem(source.s3))
    if source.query is not None:
        _view_query(connection, source.query)
        return
    if source.path is None:
        raise SettingsError(
            "no source is configured: set source.path or source.query in the file that AUDIENCE_ASSETS_SETTINGS names"
        )
    found = files.find(source, day)
    if not found:
        raise ExtractError(f"the extract of {day} has not landed: there is no file at {files.path_of(source, day)}")
    connection.execute("set variable extract_files = $files", {"files": found})
    try:
        connection.execute(f"create or replace temp view extract_source as from {_reader(connection, source, found)}")
    except duckdb.Error as error:
        raise unreadable(error, day) from None


def _view_query(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """The user's query with `$day` in it, the day as ISO text."""
    bound = re.sub(r"\$day\b", "getvariable('day')", query).strip().rstrip(";")
    try:
        connection.execute(f"create or replace temp view extract_source as {bound}")
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        raise SettingsError(f"source.query does not run: {first_line}") from None


def _reader(connection: duckdb.DuckDBPyConnection, source: SourceSettings, found: list[str]) -> str:
    match files.format_of(source, found[0]):
        case "parquet":
            return "read_parquet(getvariable('extract_files'), hive_partitioning = false, union_by_name = true)"
        case "csv":
            names, delimiter = files.csv_header(source, found)
            columns = ", ".join(f"{identifier(name)}: 'VARCHAR'" for name in names)
            return (
                f"read_csv(getvariable('extract_files'), auto_detect = false, header = true, delim = {literal(delimiter)}"
                f""", quote = '"', escape = '"', columns = {{{columns}}}, hive_partitioning = false)"""
            )
        case "json":
            detect = "read_json(getvariable('extract_files'), hive_partitioning = false, union_by_name = true)"
            described = connection.execute(
                f"select column_name, column_type from (describe from {detect})"  # noqa: S608 - our own text
            ).fetchall()
            columns = ", ".join(
                f"{identifier(name)}: '{'VARCHAR[]' if kind.endswith('[]') else 'VARCHAR'}'" for name, kind in described
            )
            return f"read_json(getvariable('extract_files'), hive_partitioning = false, columns = {{{columns}}})"


def _columns(settings: Settings, available: Mapping[str, str]) -> dict[str, str]:
    """Our field to the extract's column, for each field that the extract has.

    Raises:
        ExtractError: Every missing, wrong-case or unusable column, in one sentence each.
    """
    fields = [CUSTOMER_ID, *input_fields(settings)]
    mapping = settings.source.columns
    if unknown := sorted(set(mapping) - set(fields)):
        raise SettingsError(f"source.columns maps {unknown}, which are no fields of ours; fields are {sorted(fields)}")
    taken = set(mapping.values())
    by_case = {column.lower(): column for column in available if column not in taken}
    used: dict[str, str] = {}
    problems: list[str] = []
    for field in fields:
        wanted = mapping.get(field, field)
        other_case = by_case.get(wanted.lower())
        if wanted in available:
            used[field] = wanted
        elif other_case is not None:
            problems.append(
                f"the column {other_case!r} differs from {wanted!r} only in case: rename it, or map it in source.columns"
                f' with {field} = "{other_case}"'
            )
        elif field in mapping:
            problems.append(f"the column {wanted!r}, which source.columns maps to {field}, is missing")
        elif field == CUSTOMER_ID:
            problems.append("the required column 'customer_id' is missing: map it in source.columns")
    if problems:
        raise ExtractError("; ".join(problems))
    return used


def _text(field: str, column: str | None, available: Mapping[str, str]) -> str:
    """SQL for a column as text, or as a list of texts where the field is one.

    Raises:
        ExtractError: The column has a type that has no text.
    """
    if column is None:
        return "cast(null as varchar[])" if is_list(field) else "cast(null as varchar)"
    name, kind = identifier(column), available[column]
    if is_list(field):
        if kind.endswith("[]"):
            return f"cast({name} as varchar[])"
        return f"split_list(cast({name} as varchar))"
    if _FLOATING.match(kind):
        return (
            f"case when isnan(cast({name} as double)) then null"
            f" when {name} = trunc({name}) and abs({name}) < 1e15 then cast(cast({name} as bigint) as varchar)"
            f" else cast({name} as varchar) end"
        )
    if not _TEXT_LIKE.fullmatch(kind):
        raise ExtractError(f"the column {column!r} has the type {kind}, which cannot be read as text for {field}")
    return f"cast({name} as varchar)"
