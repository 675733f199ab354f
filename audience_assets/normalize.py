"""Runs the pipeline's own expressions over single values, and says why a value is refused.

It is the way to find out why a digest does not match.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from audience_assets.customers.fields import CUSTOMER_ID, is_list, rules_of
from audience_assets.destinations.column import Column, Destination
from audience_assets.rules import engine
from audience_assets.rules.canonical import CONTEXT, refusal_column
from audience_assets.rules.rule import CanonicalRule
from audience_assets.settings import Settings
from audience_assets.sql import identifier

CHUNK = 50_000
BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Question:
    """One line that can be answered: what to normalize, for which column, in which context."""

    column: Column
    fields: tuple[str, ...]
    value: str | list[str] | None
    country: str | None
    as_of: date
    date_order: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a partner would get, and why it would get nothing."""

    normalized: Any = None
    sha256: str | None = None
    reason: str | None = None


class BadLineError(ValueError):
    """A line that cannot be answered; the message becomes its reason."""


class Normalizer:
    """Answers questions with the rules of a deployment's settings and destinations."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        settings: Settings,
        destinations: Mapping[str, Destination],
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._destinations = destinations
        self._rules = {rule.name: rule for rule in rules_of(settings)}
        self._today = datetime.now(ZoneInfo(settings.partitions.timezone)).date()

    def lines(self, lines: Iterable[str]) -> Iterator[str]:
        """Each JSON line with `normalized`, `sha256` and `reason` added, in the same order."""
        source = iter(lines)
        while chunk := list(islice(source, CHUNK)):
            yield from self._answered(chunk)

    def _answered(self, chunk: list[str]) -> Iterator[str]:
        echoes: list[dict[str, Any]] = []
        answers: dict[int, Answer] = {}
        groups: dict[tuple[Column, tuple[str, ...]], dict[int, Question]] = defaultdict(dict)
        for number, line in enumerate(chunk):
            echo: dict[str, Any] = {}
            try:
                echo = _parsed(line)
                question = self._question(json.loads(line, parse_int=str, parse_float=str))
                groups[question.column, question.fields][number] = question
            except BadLineError as error:
                answers[number] = Answer(reason=str(error))
            echoes.append(echo)
        for (column, fields), questions in groups.items():
            answers |= self._ask(column, fields, questions)
        for number, echo in enumerate(echoes):
            answer = answers[number]
            added = {"normalized": answer.normalized, "sha256": answer.sha256, "reason": answer.reason}
            yield json.dumps(echo | added, ensure_ascii=False)

    def _question(self, line: Mapping[str, Any]) -> Question:
        """What the line asks; numbers in it are the text they were, so that no digit is lost."""
        destination = self._destinations.get(str(line.get("destination")))
        if destination is None:
            raise BadLineError(f"unknown destination; there is {', '.join(self._destinations)}")
        column = destination.column(str(line.get("field")))
        if column is None:
            raise BadLineError(
                f"unknown field; {destination.name} has {', '.join(each.name for each in destination.columns)}"
            )
        fields = tuple(field for field in column.fields if field not in CONTEXT)
        if line.get("from") is not None:
            if line["from"] not in fields:
                raise BadLineError(f"from must be one of {', '.join(fields)} for {column.name}")
            fields = (line["from"],)
        country = line.get("country")
        return Question(
            column=column,
            fields=fields,
            value=_text_or_list(line.get("value"), lists=is_list(fields[0])),
            country=None if country is None else str(country),
            as_of=self._as_of(line.get("as_of")),
            date_order=_date_order(line.get("date_order"), self._settings.rules.date_order),
        )

    def _as_of(self, given: Any) -> date:
        try:
            return self._today if given is None else date.fromisoformat(str(given))
        except ValueError:
            raise BadLineError("as_of must be a date such as 2026-01-31") from None

    def _ask(
        self, column: Column, fields: tuple[str, ...], questions: Mapping[int, Question]
    ) -> dict[int, Answer]:
        """Answer all questions of one column in one query."""
        if column.fields == (CUSTOMER_ID,):
            return {number: _verbatim(question.value) for number, question in questions.items()}
        rules = [rule for rule in self._rules.values() if rule.name in (*column.fields, "country")]
        self._fill(rules, column, fields, questions)
        hashed = self._settings.source.hashed
        query = engine.view_canonical_customers(
            self._connection,
            "questions",
            rules,
            hashed=hashed,
            brazil_ninth_digit=self._settings.rules.brazil_ninth_digit,
        )
        refusals = [identifier(refusal_column(rule.field)) for rule in query.refusable if rule.name in fields]
        rows = self._connection.execute(f"""
            select
              cast(customer_id as integer),
              {column.text_sql(hashed)} as normalized,
              {f"lower(hex({column.stored_sql(hashed)}))" if column.hashed else "null"} as sha256,
              coalesce({", ".join([*refusals, "null"])}) as refusal,
              {column.refusal_sql} as form_refusal
            from canonical_customers
        """).fetchall()
        return {
            number: Answer(
                normalized,
                sha256,
                form_refusal or (refusal or BLANK if normalized is None and sha256 is None else None),
            )
            for number, normalized, sha256, refusal, form_refusal in rows
        }

    def _fill(
        self,
        rules: list[CanonicalRule],
        column: Column,
        fields: tuple[str, ...],
        questions: Mapping[int, Question],
    ) -> None:
        """The table `questions`: an extract that has the value in every field that feeds the column."""
        asked = list(questions.values())
        columns: dict[str, pa.Array] = {
            "customer_id": pa.array([str(number) for number in questions], pa.string()),
            "as_of": pa.array([question.as_of for question in asked], pa.date32()),
            "date_order": pa.array([question.date_order for question in asked], pa.string()),
            "country": pa.array([question.country for question in asked], pa.string()),
        }
        given = {self._rules[field].field for field in fields if field in self._rules}
        for rule in rules:
            if rule.name in column.fields:
                kind = pa.list_(pa.string()) if is_list(rule.field) else pa.string()
                values = [question.value if rule.field in given else None for question in asked]
                columns[rule.field] = pa.array(values, kind)
        self._connection.register("asked", pa.table(columns))
        self._connection.execute(
            "create or replace temp table questions as select *, $region as default_country from asked",
            {"region": self._settings.rules.default_country},
        )
        self._connection.unregister("asked")


def _parsed(line: str) -> dict[str, Any]:
    """A line as an object that can be written back as JSON in UTF-8: no NaN, no half of a surrogate pair."""
    try:
        parsed = json.loads(line)
        json.dumps(parsed, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise BadLineError("the line is not JSON in UTF-8") from None
    if not isinstance(parsed, dict):
        raise BadLineError("the line is not a JSON object")
    return parsed


def _text_or_list(value: Any, *, lists: bool) -> str | list[str] | None:
    match value:
        case None | str():
            text = value
        case bool():
            text = str(value).lower()
        case list() if lists and all(element is None or isinstance(element, str) for element in value):
            return value
        case _:
            raise BadLineError("value must be text, or a list of texts where the field is one")
    return text.split(";") if lists and text is not None else text


def _date_order(given: Any, default: str) -> str:
    """`mdy` for anything that starts with the month, such as "MM/DD/YYYY" or "month_first"."""
    return default if given is None else "mdy" if str(given).lower().startswith("m") else "dmy"


def _verbatim(value: Any) -> Answer:
    text = value if isinstance(value, str) and value.strip() else None
    return Answer(text, reason=None if text else "no customer_id")
