"""The day's extract as a DuckDB view of texts: every column mapped, checked by its exact name, and read as text.

A CPF or postal code that is a number in the file becomes the digits it has, so nothing is lost that was not lost before.
Columns are numbered (`c0`, `c1`, …) where DuckDB sees them, so no name from a file is ever part of a statement's logic.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
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

NO_NULL = "no-cell-is-written-like-this-6c1f0b7e"
"""What stands for NULL in a CSV. With '' DuckDB forgives one empty field too many, and shifts a row in silence."""

_OURS = "audience_assets: "
_WRONG_QUERY = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.NotImplementedException,
)
_FLOATING = re.compile(r"DOUBLE|FLOAT|DECIMAL\(\d+,(?!0\))")
_TEXT_LIKE = re.compile(
    r'VARCHAR|BOOLEAN|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(\d+,0\)|DATE|TIME.*|UUID|ENUM.*|"NULL"|BIGNUM'
)
_PLAIN_JSON = {"VARCHAR", "UBIGINT", "BIGINT", "BOOLEAN", "NULL"}
_QUOTED_OR_DAY = re.compile(
    r"""\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|(?P<day>\$day\b)""", re.DOTALL
)
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
class Part:
    """Files that are read in one way: what DuckDB reads, and the name and type of each column in order."""

    where: str
    relation: str
    columns: list[tuple[str, str]]
    unread: list[str] = field(default_factory=list)


def view_extract(connection: duckdb.DuckDBPyConnection, settings: Settings, day: date) -> list[str]:
    """Create the view `extract` for a day; return the extract's columns that nothing uses.

    Raises:
        SettingsError: No source is configured, or the query is not valid.
        ExtractError: The day's files are missing or unreadable, or a column is missing or differs in case.
    """
    connection.execute("set variable day = $day", {"day": day.isoformat()})
    if settings.source.s3 is not None or (settings.source.path or "").startswith("s3://"):
        connection.register_filesystem(s3_reading.filesystem(settings.source.s3))
    found = [] if settings.source.path is None else files.find(settings.source, day)
    try:
        parts = _parts(connection, settings, day, found)
        used = [_used_columns(settings, part) for part in parts]
        for part, columns in zip(parts[1:], used[1:], strict=True):
            if differing := sorted(set(columns) ^ set(used[0])):
                raise ExtractError(
                    f"{part.where} and {parts[0].where} do not have the same columns, {', '.join(differing)}"
                    " is in only one of them: files of one day must agree"
                )
        selects = [_select(settings, part, columns) for part, columns in zip(parts, used, strict=True)]
        connection.execute(f"create or replace temp view {EXTRACT} as\n" + "\nunion all\n".join(selects))
    except (duckdb.Error, OSError) as error:
        raise unreadable(error, day, found) from None
    names = {name for part in parts for name in [*(name for name, _ in part.columns), *part.unread]}
    taken = {
        part.columns[at][0] for part, columns in zip(parts, used, strict=True) for at in columns.values()
    }
    return sorted(names - taken)


def has_landed(settings: Settings, day: date) -> bool:
    """Whether the day's files are there; a query cannot be asked, so it never says yes by itself."""
    return settings.source.path is not None and bool(files.find(settings.source, day))


def stamps(settings: Settings, day: date) -> dict[str, str]:
    """What tells the day's files from other files of the same name; nothing for a query."""
    return {} if settings.source.path is None else files.stamps(settings.source, day)


def unreadable(error: Exception, day: date, found: Sequence[str] = ()) -> ExtractError:
    """A complaint about the data as an error of ours, without the values that DuckDB quotes in it."""
    said = str(error)
    if said.startswith(f"Invalid Input Error: {_OURS}"):
        return ExtractError(said.removeprefix(f"Invalid Input Error: {_OURS}").splitlines()[0])
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
        return [_query(connection, source.query, day)]
    if source.path is None:
        raise SettingsError(
            "no source is configured: set source.path or source.query in the file that AUDIENCE_ASSETS_SETTINGS names"
        )
    if not found:
        path = files.path_of(source, day)
        raise ExtractError(f"the extract of {day} has not landed: there is no file at {path}")
    match files.format_of(source, found):
        case "parquet":
            return _parquet(connection, found)
        case "csv":
            return _csv(source, found)
        case "json":
            return _json(connection, settings, found)


def _query(connection: duckdb.DuckDBPyConnection, query: str, day: date) -> Part:
    """The user's query with `$day` in it, the day as ISO text."""
    advice = "write one SELECT with $day outside of quotes, such as '/data/' || $day || '/*.parquet'"
    try:
        statements = connection.extract_statements(query)
        parameters = {name for statement in statements for name in statement.named_parameters}
        if [statement.type for statement in statements] != [duckdb.StatementType.SELECT] or parameters != {
            "day"
        }:
            raise SettingsError(
                f"source.query is not one SELECT with the parameter $day and no other: {advice}"
            )
        text = _QUOTED_OR_DAY.sub(_with_day, query).strip().rstrip(";")
        described = connection.execute(f"describe ({text}\n)").fetchall()
    except _WRONG_QUERY as error:
        words = str(error).splitlines()[0]
        ours = re.sub(r'"([^"]*)"', lambda quoted: quoted[0] if quoted[1] in query else '"…"', words)
        raise SettingsError(f"source.query does not run: {ours}") from None
    except duckdb.IOException as error:
        path = next(
            iter(re.findall(r'match the pattern "(.*?)"', str(error))), "the place that source.query names"
        )
        raise ExtractError(
            f"the extract of {day} has not landed: there is no readable file at {path}"
        ) from None
    return Part("source.query", f"({text}\n)", [(name, kind) for name, kind, *_ in described])


def _with_day(match: re.Match[str]) -> str:
    """The day for `$day`, nothing for a comment, and quoted text as it is."""
    if match["day"]:
        return "getvariable('day')"
    return " " if match[0].startswith(("--", "/*")) else match[0]


def _parquet(connection: duckdb.DuckDBPyConnection, found: list[str]) -> list[Part]:
    """One part for each schema, because DuckDB would unite columns that differ in case, and round united numbers."""
    schemas: dict[str, list[tuple[str, int]]] = {file: [] for file in found}
    alike: dict[str, list[str]] = {}
    for file in found:
        rows = connection.execute(
            f"select * exclude (file_name) from parquet_schema({_listed_files([file])})"
        )
        names = [column[0] for column in rows.description or []]
        records = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
        schemas[file] = [(record["name"], record["num_children"] or 0) for record in records]
        alike.setdefault(repr(records), []).append(file)
    parts = []
    for group in alike.values():
        relation = f"read_parquet({_listed_files(group)}, hive_partitioning = false)"
        kinds = [kind for _, kind, *_ in connection.execute(f"describe from {relation}").fetchall()]
        parts.append(Part(group[0], relation, list(zip(_top_level(schemas[group[0]]), kinds, strict=True))))
    return parts


def _top_level(elements: list[tuple[str, int]]) -> list[str]:
    """Names of the columns in a Parquet schema, which lists parents before children."""
    names: list[str] = []
    below = 0
    for name, children in elements[1:]:
        if below == 0:
            names.append(name)
        below = max(below - 1, 0) + children
    return names


def _csv(source: SourceSettings, found: list[str]) -> list[Part]:
    names, delimiter = files.csv_header(source, found)
    columns = ", ".join(f"c{position}: 'VARCHAR'" for position in range(len(names)))
    groups: dict[str, list[str]] = {}
    for file in found:
        groups.setdefault("gzip" if files.is_gzip(source, file) else "none", []).append(file)
    return [
        Part(
            group[0],
            f"read_csv({_listed_files(group)}, auto_detect = false, header = true, delim = {literal(delimiter)},"
            f""" quote = '"', escape = '"', nullstr = {literal(NO_NULL)}, compression = {literal(compression)},"""
            f" columns = {{{columns}}}, hive_partitioning = false)",
            [(name, "VARCHAR") for name in names],
        )
        for compression, group in groups.items()
    ]


def _json(connection: duckdb.DuckDBPyConnection, settings: Settings, found: list[str]) -> list[Part]:
    """JSON has no header, so a first pass over all records finds the keys and what they hold."""
    groups: dict[str, list[str]] = {}
    for file in found:
        compressed = files.is_gzip(settings.source, file)
        if not compressed:
            files.check_json_end(settings.source, file)
        groups.setdefault("gzip" if compressed else "uncompressed", []).append(file)
    return [_json_part(connection, settings, group, compression) for compression, group in groups.items()]


def _json_part(
    connection: duckdb.DuckDBPyConnection, settings: Settings, group: list[str], compression: str
) -> Part:
    mapping = settings.source.columns
    wanted = {mapping.get(name, name) for name in [CUSTOMER_ID, *input_fields(settings)]}
    arguments = f"{_listed_files(group)}, compression = {literal(compression)}, hive_partitioning = false"
    merged = connection.execute(
        f"select json_group_structure(json) from read_json_objects({arguments})"
    ).fetchall()[0][0]
    keys = json.loads(merged or "null") or {mapping.get(CUSTOMER_ID, CUSTOMER_ID): "NULL"}
    if not isinstance(keys, dict):
        raise ExtractError(f"the records of {group[0]} are not JSON objects: write one object a customer")
    columns = [(key, _json_kind(held)) for key, held in keys.items() if key in wanted]
    if len({key.lower() for key, _ in columns}) < len(columns):
        raise ExtractError(
            f"{group[0]} has used keys that differ only in case: rename them, or write CSV or Parquet"
        )
    types = ", ".join(f"{identifier(key)}: {literal(kind)}" for key, kind in columns)
    return Part(
        group[0],
        f"read_json({arguments}, columns = {{{types}}})",
        columns,
        [key for key in keys if key not in wanted],
    )


def _json_kind(held: object) -> str:
    """How a key is read: as JSON where its values must be looked at one by one."""
    return "VARCHAR" if isinstance(held, str) and held in _PLAIN_JSON else "JSON"


def _listed_files(group: Sequence[str]) -> str:
    return f"[{', '.join(literal(files.escaped(file)) for file in group)}]"


def _used_columns(settings: Settings, part: Part) -> dict[str, int]:
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
        elif ours == CUSTOMER_ID:
            problems.append("the required column 'customer_id' is missing: map it in source.columns")
    if problems:
        raise ExtractError(f"{part.where}: {'; '.join(problems)}")
    return used


def _folded(name: str) -> str:
    return name.strip().lower()


def _select(settings: Settings, part: Part, used: dict[str, int]) -> str:
    """One part's rows as texts, NULL where it has no column for a field."""
    expressions = []
    for ours in [CUSTOMER_ID, *input_fields(settings)]:
        text = f"cast(null as {'varchar[]' if is_list(ours) else 'varchar'})"
        if ours in used:
            name, kind = part.columns[used[ours]]
            text = (_texts if is_list(ours) else _text)(f"c{used[ours]}", kind, f"{name!r}, read as {ours},")
        expressions.append(f"{text} as {identifier(ours)}")
    expressions += [
        "cast(getvariable('day') as date) as as_of",
        f"{literal(settings.rules.default_country)} as default_country",
        f"{literal(settings.rules.date_order)} as date_order",
    ]
    numbered = ", ".join(f"c{position}" for position in range(len(part.columns)))
    return f"select\n{listed(expressions)}\nfrom {part.relation} as source({numbered})"


def _texts(value: str, kind: str, column: str) -> str:
    """SQL for a real list, or for text joined with `;`, as a list of texts; an empty one is NULL."""
    if kind == "JSON":
        each = _text("each", kind, column)
        items = f"list_transform(from_json({value}, '[\"JSON\"]'), lambda each: {each})"
        texts = f"case when json_type({value}) = 'ARRAY' then {items} else split_list({_text(value, kind, column)}) end"
    elif real := re.fullmatch(r"(.*)\[\d*\]", kind):
        texts = f"list_transform({value}, lambda each: {_text('each', real.group(1), column)})"
    else:
        texts = f"split_list({_text(value, kind, column)})"
    return f"nullif({texts}, [])"


def _text(value: str, kind: str, column: str) -> str:
    """SQL for a value as text; an empty one is NULL.

    Raises:
        ExtractError: The column has a type that has no text.
    """
    if kind == "JSON":
        refused = literal(f"{_OURS}the column {column} holds an object or a list where a text is expected")
        text = (
            f"case json_type({value}) when 'OBJECT' then error({refused}) when 'ARRAY' then error({refused})"
            f" when 'DOUBLE' then regexp_replace({value} ->> '$', '[.]0+$', '') else {value} ->> '$' end"
        )
    elif _FLOATING.match(kind):
        text = (
            f"case when isnan(cast({value} as double)) then null"
            f" when {value} = trunc({value}) and abs({value}) < 9007199254740992 then cast(try_cast({value} as bigint) as varchar)"
            f" else cast({value} as varchar) end"
        )
    elif kind == "TIMESTAMP WITH TIME ZONE":  # in UTC, not in the time zone of the machine
        text = f"cast(timezone('UTC', {value}) as varchar)"
    elif _TEXT_LIKE.fullmatch(kind):
        text = value if kind == "VARCHAR" else f"cast({value} as varchar)"
    else:
        raise ExtractError(f"the column {column} has the type {kind[:60]}, which cannot be read as text")
    return f"nullif({text}, '')"
