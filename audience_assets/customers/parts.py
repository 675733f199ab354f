"""How each kind of source is read: its files grouped into parts that DuckDB reads in one way.

Columns are numbered (`c0`, `c1`, …) where DuckDB sees them, so no name from a file is ever part of a statement's logic.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import duckdb

from audience_assets.customers import files
from audience_assets.customers.fields import CUSTOMER_ID, input_fields
from audience_assets.customers.settings import SourceSettings
from audience_assets.errors import ExtractError, SettingsError
from audience_assets.settings import Settings
from audience_assets.sql import identifier, literal

NO_NULL = "no-cell-is-written-like-this-6c1f0b7e"
"""What stands for NULL in a CSV. With '' DuckDB forgives one empty field too many, and shifts a row in silence."""

_WRONG_QUERY = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.NotImplementedException,
)
_PLAIN_JSON = {"VARCHAR", "UBIGINT", "BIGINT", "BOOLEAN", "NULL"}
_QUOTED_OR_DAY = re.compile(
    r"""\$(\w*)\$.*?\$\1\$|'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|(?P<day>\$day\b)""", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Part:
    """Files that are read in one way: what DuckDB reads, and the name and type of each column in order."""

    where: str
    relation: str
    columns: list[tuple[str, str]]
    unread: list[str] = field(default_factory=list)


def of_query(connection: duckdb.DuckDBPyConnection, query: str, day: date) -> Part:
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
        raise SettingsError(f"source.query does not run: {ours.rstrip('!.')}; mend the query") from None
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


def of_parquet(connection: duckdb.DuckDBPyConnection, found: list[str]) -> list[Part]:
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


def of_csv(source: SourceSettings, found: list[str]) -> list[Part]:
    """One part for each compression, every field as text, no dialect guessed."""
    names, delimiter = files.csv_header(source, found)
    columns = ", ".join(f"c{position}: 'VARCHAR'" for position in range(len(names)))
    groups: dict[str, list[str]] = {}
    for file in found:
        files.check_csv_lines(source, file)
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


def of_json(connection: duckdb.DuckDBPyConnection, settings: Settings, found: list[str]) -> list[Part]:
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
