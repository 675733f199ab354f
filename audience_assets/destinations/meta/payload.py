"""People as Meta's API wants them: a schema of keys and one array of cells for each person, as compact JSON.

Source: Meta, Custom audiences from a customer file, "payload" and "Multi-key matching".
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any

import pyarrow as pa

Cell = str | int | float | Sequence[str] | None
"""A digest or an identifier, LOOKALIKE_VALUE as a number, or the options of DATA_PROCESSING_OPTIONS."""

NUMERIC_KEYS = frozenset({"LOOKALIKE_VALUE"})

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Payload:
    """At most 10,000 people. `app_ids` goes with the key APPUID, `page_ids` (one page) with PAGEUID.

    `customer_consent` is sent beside the payload; the page asks for it where Limited Data Use names a place.
    """

    schema: tuple[str, ...]
    rows: Sequence[Sequence[Cell]] = field(repr=False)
    app_ids: tuple[str, ...] = ()
    page_ids: tuple[str, ...] = ()
    customer_consent: bool = False

    def encoded(self) -> bytes:
        """The JSON value of the parameter `payload`, an unknown cell as an empty text.

        Always an array schema with nested rows, also for one key: the page shows both, and an audience that was begun
        with one form refuses the other.
        """
        content: dict[str, object] = {"schema": self.schema, "is_raw": True, "data": self._filled_rows()}
        if self.app_ids:
            content["app_ids"] = self.app_ids
        if self.page_ids:
            content["page_ids"] = self.page_ids
        return _encode(content).encode()

    def _filled_rows(self) -> Sequence[Sequence[Cell]]:
        return [["" if cell is None else cell for cell in row] if None in row else row for row in self.rows]


def payload_of(
    table: pa.Table,
    *,
    constants: Mapping[str, Cell] | None = None,
    app_ids: tuple[str, ...] = (),
    page_ids: tuple[str, ...] = (),
    customer_consent: bool = False,
) -> Payload:
    """The rows of a table whose columns are the schema's keys, with the same `constants` appended to every row.

    LOOKALIKE_VALUE may be text or any numeric type and becomes a JSON number, 0 where it is null; any other null becomes
    an empty text.

    Raises:
        ValueError: a value of LOOKALIKE_VALUE is not a number; the message does not show it.
    """
    constants = constants or {}
    columns = [_cells(name, table.column(name)) for name in table.column_names]
    appended = [repeat(value, table.num_rows) for value in constants.values()]
    return Payload(
        schema=(*table.column_names, *constants),
        rows=list(zip(*columns, *appended, strict=True)),
        app_ids=app_ids,
        page_ids=page_ids,
        customer_consent=customer_consent,
    )


def _cells(key: str, column: Any) -> list[Cell]:
    if key in NUMERIC_KEYS:
        return [_number(key, value) for value in column.to_pylist()]
    return ["" if value is None else value for value in column.to_pylist()]


def _number(key: str, value: object) -> Cell:
    """A whole number without a decimal point, so that 5 stays 5 whatever type its column had."""
    if value is None or value == "":
        return 0
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{key} holds a value that is not a number")
    return int(number) if number.is_integer() else number
