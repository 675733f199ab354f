"""Where a deployment writes, and what of a customer may stand at each place: docs/privacy.md as code."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from audience_assets.storage.layout import HASHED, NORMALIZED

NOTHING: frozenset[str] = frozenset()
ID = "customer_id"
IN_CLEAR = {
    "CUSTOMER_ID": ID,
    "customer_id": ID,
    "CEP": "postal_code",
    "STATE": "state",
    "CITY": "city",
    "NEIGHBORHOOD": "neighborhood",
    "NBO_PRODUCTS": "nbo_products",
    "NBO_CATEGORIES": "nbo_categories",
    "EXTERN_ID": "external_id",
    "MADID": "mobile_ad_id",
    "AAID_IDFA": "mobile_ad_id",
}
"""Columns that a partner takes as they are, and their fields."""


@dataclass(frozen=True)
class Place:
    """Some bytes that were written, and which fields of a customer may stand in them; "digest" is for any digest."""

    name: str
    content: bytes
    allowed: frozenset[str] = NOTHING


def of_state(root: Path) -> Iterator[Place]:
    """Every file of ours: its name, its bytes, and the values of each column where it is a Parquet file in clear."""
    for file in sorted(each for each in root.rglob("*") if each.is_file()):
        name = file.relative_to(root).as_posix()
        yield Place(f"the name {file.suffix}", name.encode())
        columns = list(columns_of(file))
        allowed = {column: _allowed(name, column) for column, _ in columns}
        for column, content in columns:
            yield Place(f"{name} {column}", content, allowed[column])
        yield Place(name, file.read_bytes(), NOTHING.union(*allowed.values()))


def of_files(root: Path) -> Iterator[Place]:
    """Every file below a folder where nothing of a customer may stand."""
    for file in sorted(each for each in root.rglob("*") if each.is_file()):
        yield Place(file.name, file.name.encode() + b"\n" + file.read_bytes())


def columns_of(file: Path) -> Iterator[tuple[str, bytes]]:
    """Each column of a Parquet file with all its values; nothing where the file is sealed or no Parquet file."""
    with file.open("rb") as opened:
        if opened.read(4) != b"PAR1":
            return
    table = pq.ParquetFile(file).read()
    for name in table.column_names:
        yield name, b"\n".join(_bytes(table.column(name).to_pylist()))


def _bytes(values: Iterable[Any]) -> Iterator[bytes]:
    for value in values:
        if isinstance(value, list | tuple):
            yield from _bytes(value)
        elif isinstance(value, dict):
            yield from _bytes(value.values())
        else:
            yield value if isinstance(value, bytes) else str(value).encode()


def _allowed(name: str, column: str) -> frozenset[str]:
    asset, *_, file = name.split("/")
    plain = column.rpartition("/")[2]
    if asset == NORMALIZED and file.startswith("customers-"):
        return frozenset({column} & {ID, *IN_CLEAR.values(), *CANONICAL})
    if asset == HASHED or "/delta/" in name:
        return frozenset({IN_CLEAR[plain]}) if plain in IN_CLEAR else frozenset({"digest"})
    return frozenset({ID}) if plain == ID else NOTHING


CANONICAL = ("email", "phone", "social_id", "first_name", "last_name", "birth_date", "value")
"""Fields in clear in normalized_customers alone."""
