"""Writes extracts, runs the first steps of the pipeline over them, and shows what came out or why nothing did."""

import csv
import io
import json
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audience_assets.customers.normalized import NormalizedManifest
from audience_assets.customers.raw import RawManifest
from audience_assets.errors import AudienceAssetsError
from audience_assets.pipeline import Pipeline
from audience_assets.settings import Settings, load

DAY = date(2026, 1, 5)
MARKER = "MARKED-7f3a"
"""Stands in the data of every extract that must be refused, and may stand in no error."""

Row = Mapping[str, Any]


@dataclass
class Extracts:
    """A deployment in a folder of its own, whose extracts a test writes."""

    folder: Path
    source: dict[str, Any] = field(default_factory=lambda: {"path": "extract/{day}.csv"})
    rules: dict[str, Any] = field(default_factory=dict)

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline over these settings."""
        return Pipeline(
            Settings.model_validate({"source": self.source, "rules": self.rules}).under(self.folder)
        )

    def write(self, name: str, content: bytes | str, **source: Any) -> "Extracts":
        """Put a file there and, unless told another source, read the extract from it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        self.source = source or {"path": name.replace(DAY.isoformat(), "{day}")}
        return self

    def write_csv(self, rows: Sequence[Row], name: str = "2026-01-05.csv", **source: Any) -> "Extracts":
        """Rows as CSV with a header."""
        return self.write(name, csv_of(rows), **source)

    def write_json(self, rows: Sequence[Any], name: str = "2026-01-05.json", **source: Any) -> "Extracts":
        """Rows as newline-delimited JSON."""
        return self.write(name, "".join(json.dumps(row) + "\n" for row in rows), **source)

    def write_parquet(
        self, columns: Mapping[str, Any] | pa.Table, name: str = "2026-01-05.parquet", **source: Any
    ) -> "Extracts":
        """Columns as Parquet."""
        return self.write(name, parquet_of(columns), **source)

    def read(self, day: date = DAY) -> RawManifest:
        """What reading the extract found."""
        return self.pipeline.read_extract(day)

    def normalize(self, day: date = DAY) -> NormalizedManifest:
        """Read the extract and normalize it."""
        self.read(day)
        return self.pipeline.normalize(day)

    def customers(self, day: date = DAY) -> dict[str, dict[str, Any]]:
        """The canonical customers by customer_id, after reading and normalizing."""
        name = f"customers-{self.normalize(day).segment}"
        folder = Path(str(self.pipeline.layout.normalized(day)))
        files = [*folder.glob(f"{name}.parquet"), *folder.glob(f"{name}/*.parquet")]
        return {row["customer_id"]: row for file in files for row in pq.read_table(file).to_pylist()}

    def one(self) -> dict[str, Any]:
        """The only canonical customer."""
        (only,) = self.customers().values()
        return only

    def fingerprints(self, day: date = DAY) -> dict[str, str]:
        """Fingerprints by customer_id."""
        file = self.pipeline.layout.raw(day) / self.read(day).customers_file
        rows = pq.read_table(file).to_pylist()
        return {row["customer_id"]: str(row["fingerprint"]) for row in rows if not row["conflicting"]}

    def refusal(self, kind: type[AudienceAssetsError], step: Callable[[], object] | None = None) -> str:
        """The sentence that reading the extract, or another step, is refused with."""
        return refusal(kind, step or self.read)


def refusal(kind: type[AudienceAssetsError], step: Callable[[], object]) -> str:
    """The message of the error that a step raises, which nowhere carries a customer's value."""
    with pytest.raises(kind) as raised:
        step()
    printed = "".join(traceback.format_exception(raised.value))
    for shown in (str(raised.value), repr(raised.value), printed):
        assert MARKER not in shown
    return str(raised.value)


def settings_from_toml(folder: Path, text: str) -> Settings:
    """Settings from a file, as a deployment has them."""
    file = folder / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return load(file)


def csv_of(rows: Sequence[Row]) -> str:
    """Rows as CSV text with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def parquet_of(columns: Mapping[str, Any] | pa.Table) -> bytes:
    """Columns as the bytes of a Parquet file."""
    table = columns if isinstance(columns, pa.Table) else pa.table(dict(columns))
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()
