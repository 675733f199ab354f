"""The Parquet files of one day: the extract, what must be delivered, and what changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.synthetic import rendering, truth
from audience_assets.synthetic.history import CHANGED, COSMETIC, LEFT, NEW, DayRecord

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from pathlib import Path
    from types import TracebackType

    from audience_assets.synthetic.rendering import Row

WITHOUT_ID: Final = "no customer_id"
CONTRADICTORY: Final = "customer_id stands twice with different content"

_LISTS: Final = ("nbo_products", "nbo_categories")
EXTRACT_SCHEMA: Final = pa.schema(
    [(column, pa.list_(pa.string()) if column in _LISTS else pa.string()) for column in rendering.COLUMNS]
)
DELIVERED_SCHEMA: Final = pa.schema(
    [(column, pa.int32() if column == "AGE" else pa.string()) for column in truth.COLUMNS]
)
CHANGES_SCHEMA: Final = pa.schema([("customer_id", pa.string()), ("change", pa.string())])


class DayFiles:
    """Open files of one day, written group by group and closed with their stray rows."""

    def __init__(self, out: Path, day: date) -> None:
        extract = out / "extract" / day.isoformat()
        extract.mkdir(parents=True, exist_ok=True)
        (out / "truth").mkdir(parents=True, exist_ok=True)
        self._extract = _Table(extract / "customers.parquet", EXTRACT_SCHEMA)
        self._delivered = _Table(out / "truth" / f"delivered-{day}.parquet", DELIVERED_SCHEMA)
        self._changes = _Table(out / "truth" / f"changes-{day}.parquet", CHANGES_SCHEMA)
        self._strays: list[Row] = []
        self._kinds: Counter[str] = Counter()
        self._set_aside = {WITHOUT_ID: 0, CONTRADICTORY: 0}
        self._repeated_rows = 0
        self._blanked: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> Self:
        """Files are open from the start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Writes the strays and closes the files."""
        self._extract.write(self._strays)
        for table in (self._extract, self._delivered, self._changes):
            table.close()

    def write(self, record: DayRecord, *, backwards: bool) -> None:
        """Adds a group's day; the extract promises no order of rows, so it may run backwards."""
        self._extract.write(record.rows[::-1] if backwards else record.rows)
        self._delivered.write(record.delivered)
        self._changes.write(record.changes)
        self._strays += record.strays
        self._kinds.update(kind for _, kind in record.changes)
        self._set_aside[CONTRADICTORY] += record.conflicting_rows
        self._repeated_rows += record.repeated_rows
        self._blanked += record.blanked

    def write_without_id(self, rows: list[Row]) -> None:
        """Adds rows that belong to nobody."""
        self._strays += rows
        self._set_aside[WITHOUT_ID] += len(rows)

    def summary(self) -> dict[str, Any]:
        """The day in figures."""
        blanked: dict[str, dict[str, int]] = {}
        for (column, reason), count in sorted(self._blanked.items()):
            blanked.setdefault(column, {})[reason] = count
        return {
            "rows_read": self._extract.rows + len(self._strays),
            "rows_set_aside": self._set_aside,
            "repeated_rows": self._repeated_rows,
            **{kind: self._kinds[kind] for kind in (NEW, CHANGED, LEFT, COSMETIC)},
            "rows_delivered": self._delivered.rows,
            "blanked": blanked,
        }


class _Table:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._schema = schema
        self._writer = pq.ParquetWriter(path, schema, compression="snappy")
        self.rows = 0

    def write(self, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        columns = zip(*rows, strict=True)
        arrays = [pa.array(column, kind) for column, kind in zip(columns, self._schema.types, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        self.rows += len(rows)

    def close(self) -> None:
        self._writer.close()
