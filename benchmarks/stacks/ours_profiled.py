"""The same functions as the assets call, while DuckDB tells after each statement how long its operators took."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial
from json import loads
from typing import Any

import duckdb

from audience_assets import database
from audience_assets.pipeline import Pipeline
from benchmarks.job import Details, Job, Work
from benchmarks.stacks import deployment

STATEMENTS = ("execute", "executemany", "sql", "query")
WHILE_IT_RUNS = ("query_progress", "interrupt")
SCANS = "TABLE_SCAN"
"""The operator that reads whatever its function names: files, tables, Arrow batches."""


def prepare(job: Job) -> Work:
    """One step for each function of the pipeline; each returns `operators`: seconds of all threads by operator."""
    spent: Counter[str] = Counter()
    database.connect = _profiled(database.connect, spent)
    pipeline = Pipeline(deployment.settings_of(job))
    day = date.fromisoformat(job.options["day"])
    deployment.acknowledge_unsent(list(pipeline.destinations))
    functions: dict[str, Callable[[date], object]] = {
        "raw_customers": pipeline.read_extract,
        "normalized_customers": pipeline.normalize,
        "hashed_customers": pipeline.hash,
        **{f"{name}/delta": partial(pipeline.plan, name) for name in pipeline.destinations},
        **{f"{name}/delivery": partial(pipeline.deliver, name) for name in pipeline.destinations},
    }
    return {name: partial(_run, function, day, spent) for name, function in functions.items()}


def _run(function: Callable[[date], object], day: date, spent: Counter[str]) -> Details:
    spent.clear()
    function(day)
    return {"operators": dict(spent)}


def _profiled(connect: Callable[..., Any], spent: Counter[str]) -> Callable[..., Any]:
    """`database.connect`, whose connections add up what their statements took."""

    @contextmanager
    def profiled(*arguments: Any, **named: Any) -> Iterator[Any]:
        with connect(*arguments, **named) as connection:
            connection.execute("set enable_profiling = 'no_output'")
            watched = _Watched(connection, spent)
            try:
                yield watched
            finally:
                watched.note()
                connection.execute("reset enable_profiling")

    return profiled


class _Watched:
    """A connection that asks, before each statement and at its end, what the statement before took."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, spent: Counter[str]) -> None:
        self._connection, self._spent = connection, spent
        self._asked = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._connection, name)
        if not callable(found) or name in WHILE_IT_RUNS:
            return found

        def called(*arguments: Any, **named: Any) -> Any:
            self.note()
            self._asked = name in STATEMENTS
            return found(*arguments, **named)

        return called

    def note(self) -> None:
        """Add what the last statement took, if there was one that has not been added."""
        if not self._asked:
            return
        self._asked = False
        try:
            found = loads(self._connection.get_profiling_information(format="json"))
        except duckdb.Error:
            return  # a statement without a plan, such as a setting
        for operator in found.get("operator", []):
            self._add(operator)

    def _add(self, operator: Details) -> None:
        kind = operator["type"]
        about = operator.get("extra_info", {})
        name = kind.replace("_", " ").lower()
        if kind == SCANS:
            function = about.get("Function", "a table")
            name = "reading Parquet" if "PARQUET" in function else f"reading {function}".lower()
        self._spent[name] += operator["timing"]
        for child in operator.get("children", []):
            self._add(child)
