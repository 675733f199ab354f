"""Reads requests for erasure: JSON lines from whoever calls, or the table that the settings name."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import duckdb
from pydantic import ValidationError

from audience_assets import database
from audience_assets.customers import files
from audience_assets.customers.parts import of_csv, of_parquet
from audience_assets.customers.settings import PeopleSettings, SourceSettings
from audience_assets.erasure.requests import ErasureRequest
from audience_assets.errors import ExtractError
from audience_assets.settings import Settings
from audience_assets.sql import literal
from audience_assets.storage import s3_reading

COLUMNS = ("request", "asked_at", "customer_id", "email", "phone", "social_id", "country")


def from_lines(lines: Iterable[str]) -> Iterator[ErasureRequest]:
    """One JSON object a line, with the fields of `ErasureRequest`; blank lines are skipped.

    Raises:
        ExtractError: A line is no request; its number and the field are named, its values are not.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                given = json.loads(line)
            except json.JSONDecodeError:
                raise ExtractError(f"line {number} is not JSON: write one object a line") from None
            yield _request(given, f"line {number}")


def from_table(settings: Settings, day: date) -> list[ErasureRequest]:
    """The rows of the table that `[erasure.requests]` names; none where nothing is configured.

    Raises:
        ExtractError: The table is missing or unreadable, lacks `request`, or has a row that is no request.
    """
    given = settings.erasure.requests
    if given is None:
        return []
    with database.connect(settings) as connection:
        try:
            rows = _rows(connection, given, day)
        except (duckdb.Error, OSError) as error:
            raise ExtractError(
                f"the erasure requests at {given.path} cannot be read ({type(error).__name__}): mend the file"
            ) from None
    return [_request(row, f"row {number}") for number, row in enumerate(rows, start=1)]


def _rows(connection: duckdb.DuckDBPyConnection, given: PeopleSettings, day: date) -> list[dict[str, str]]:
    source = given.as_source()
    if given.s3 is not None or given.path.startswith("s3://"):
        connection.register_filesystem(s3_reading.filesystem(given.s3))
    found = files.find(source, day)
    if not found:
        raise ExtractError(
            f"there are no erasure requests at {given.path}: bring an empty table where there are none"
        )
    wanted = {given.columns.get(name, name): name for name in COLUMNS}
    rows = []
    for relation, columns in _relations(connection, source, found):
        named = [wanted.get(column) for column in columns]
        if "request" not in named:
            raise ExtractError(
                f"the erasure requests at {given.path} have no column request: map it in erasure.requests.columns"
            )
        rows += [
            {name: str(value) for name, value in zip(named, row, strict=True) if name and value is not None}
            for row in connection.sql(f"from {relation}").fetchall()
        ]
    return rows


def _relations(
    connection: duckdb.DuckDBPyConnection, source: SourceSettings, found: list[str]
) -> Iterator[tuple[str, list[str]]]:
    """What DuckDB reads, as an extract is read, and the names of its columns."""
    match files.format_of(source, found):
        case "parquet":
            tables = of_parquet(connection, found)
        case "csv":
            tables = of_csv(source, found)
        case "json":
            listed = ", ".join(literal(files.escaped(name)) for name in found)
            relation = f"read_json([{listed}])"
            yield relation, connection.sql(f"from {relation}").columns
            return
    for table in tables:
        yield table.relation, [name for name, _ in table.columns]


def _request(given: Mapping[str, Any], where: str) -> ErasureRequest:
    """A request; blank fields count as not given."""
    if not isinstance(given, Mapping):
        raise ExtractError(f"erasure requests, {where}: it is not an object with fields")
    try:
        return ErasureRequest(**{name: value for name, value in given.items() if value not in (None, "")})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, each['loc'])) or 'the request'}: {each['msg'].removeprefix('Value error, ')}"
            for each in error.errors(include_input=False, include_url=False)
        )
        raise ExtractError(f"erasure requests, {where}: {problems}") from None
