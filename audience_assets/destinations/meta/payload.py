"""People as Meta's API wants them: a schema of keys and one array of cells for each person, as compact JSON.

Source: Meta, Custom audiences from a customer file, "payload" and "Multi-key matching".
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from audience_assets.destinations.meta.settings import VALUE

Cell = str | int | float | Sequence[str]
"""A digest or an identifier, a value as a number, or the options of DATA_PROCESSING_OPTIONS."""

ESCAPED = b'"\\' + bytes(range(0x20))
"""What JSON does not take in a text as it is."""

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Payload:
    """At most 10,000 people. `app_ids` goes with the key APPUID, `page_ids` (one page) with PAGEUID.

    `people` has the cells of each person as one text, a JSON array. `customer_consent` is sent beside the payload; the
    page asks for it where Limited Data Use names a place.
    """

    schema: tuple[str, ...]
    people: pa.StringArray = field(repr=False)
    app_ids: tuple[str, ...] = ()
    page_ids: tuple[str, ...] = ()
    customer_consent: bool = False

    def encoded(self) -> bytes:
        """The JSON value of the parameter `payload`.

        Always an array schema with nested rows, also for one key: the page shows both, and an audience that was begun
        with one form refuses the other.
        """
        ids = {"app_ids": self.app_ids, "page_ids": self.page_ids}
        beside = "".join(f',"{name}":{_encode(given)}' for name, given in ids.items() if given)
        head = f'{{"schema":{_encode(self.schema)},"is_raw":true,"data":['
        return b"".join((head.encode(), self._data(), f"]{beside}}}".encode()))

    @property
    def rows(self) -> list[list[Cell]]:
        """The cells of each person."""
        rows: list[list[Cell]] = json.loads(b"[%b]" % self._data())
        return rows

    def of(self, places: Sequence[int]) -> "Payload":
        """Some of the people."""
        return replaced(self, people=self.people.take(pa.array(places, pa.int64())))

    def _data(self) -> bytes:
        """The rows with commas between them."""
        everybody = pa.ListArray.from_arrays([0, len(self.people)], self.people)
        data: bytes = pc.binary_join(everybody, ",")[0].as_buffer().to_pybytes()
        return data


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
    return Payload(
        schema=(*table.column_names, *constants),
        people=_joined(table, [_encode(value) for value in constants.values()]),
        app_ids=app_ids,
        page_ids=page_ids,
        customer_consent=customer_consent,
    )


def _joined(table: pa.Table, constants: Sequence[str]) -> pa.StringArray:
    """Each row as a JSON array. Columns are joined as they are, which is some times faster than row by row."""
    pieces: list[str | pa.StringArray] = []
    before = "["
    for name, column in zip(table.column_names, table.columns, strict=True):
        quote = "" if name == VALUE else '"'
        pieces += [before + quote, _numbers(column) if name == VALUE else _texts(column)]
        before = f"{quote},"
    pieces.append(before.removesuffix(",") + "".join(f",{value}" for value in constants) + "]")
    return pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement="")


def _texts(column: pa.ChunkedArray) -> pa.StringArray:
    """Texts as they stand between the quotes in JSON."""
    texts = column.cast(pa.string()).combine_chunks()
    if _stand_as_they_are(texts):
        return texts
    return pa.array([text and _encode(text)[1:-1] for text in texts.to_pylist()], pa.string())


def _stand_as_they_are(texts: pa.StringArray) -> bool:
    """Whether JSON takes the texts without any escape: letters and digits, which digests are made of, and most others."""
    *_, buffer = texts.buffers()
    content = buffer.to_pybytes() if buffer else b""
    return content.isalnum() or len(content.translate(None, ESCAPED)) == len(content)


def _numbers(column: pa.ChunkedArray) -> pa.StringArray:
    return pa.array([_encode(_number(value)) for value in column.to_pylist()], pa.string())


def _number(value: Any) -> int | float:
    """A whole number without a decimal point, so that 5 stays 5 whatever type its column had."""
    if value is None or value == "":
        return 0
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{VALUE} holds a value that is not a number")
    return int(number) if number.is_integer() else number
