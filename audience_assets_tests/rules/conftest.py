"""One DuckDB connection with the rules installed."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from audience_assets.rules import engine

Ask = Callable[[str, Sequence[str]], list[Any]]


@pytest.fixture(scope="module")
def rules() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        engine.install(opened)
        yield opened


@pytest.fixture
def ask(rules: duckdb.DuckDBPyConnection) -> Ask:
    """The answer of a SQL expression over `value` for each of these texts."""

    def ask(expression: str, values: Sequence[str]) -> list[Any]:
        rules.register(
            "asked", pa.table({"number": range(len(values)), "value": pa.array(values, pa.string())})
        )
        rules.execute("create or replace temp table asking as select number, value from asked")
        rules.unregister("asked")
        return [
            answer
            for (answer,) in rules.execute(f"select {expression} from asking order by number").fetchall()
        ]

    return ask
