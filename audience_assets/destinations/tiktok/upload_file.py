"""A planned batch as TikTok gets it: a file of digests, whose bytes are the same whenever it is made from the same batch.

Sources: TikTok Customer File - Audience Activation, Single ID Type Format and Multiple ID Types Format; the encodings and
the signature are those of TikTok's own client.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from audience_assets.destinations import audience_files
from audience_assets.destinations.audience_files import columns_of
from audience_assets.destinations.tiktok.columns import (
    HEADERS,
    MAID_PLAIN,
    calculate_type_of,
    destination,
    header_of,
)
from audience_assets.destinations.tiktok.settings import CalculateType, TikTokSettings
from audience_assets.errors import ContractError

DIGEST_LENGTH, UUID_LENGTH = 64, 36
NAME_LENGTH = 16


@dataclass(frozen=True, slots=True)
class UploadFile:
    """What is uploaded: `rows` counts the people in it, without the header; `md5` is its signature in lower-case hex."""

    content: bytes = field(repr=False)
    md5: str = field(repr=False)
    rows: int
    calculate_type: CalculateType

    @property
    def name(self) -> str:
        """A name that says nothing of the people in it."""
        return f"{self.md5[:NAME_LENGTH]}.csv"


def read(path: Path, file_bytes: int) -> UploadFile:
    """The people of a batch as a CSV file; who has no identifier stands in no line.

    One kind of identifier is one digest a line. Several kinds are columns under TikTok's header, with an empty cell where
    a customer has none.

    Raises:
        ContractError: It is larger than TikTok takes, or holds something that is no identifier.
    """
    names = columns_of(path)
    people = pq.read_table(path, columns=names)
    kept = _with_an_identifier(people)
    content = _header(names) + _lines(kept)
    if len(content) > file_bytes:
        raise ContractError(
            f"{path.name} makes an upload of {len(content)} bytes and file_bytes allows {file_bytes}: materialize the delta"
            " again"
        )
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return UploadFile(content, md5, kept.num_rows, calculate_type_of(names))


def check(path: Path, settings: TikTokSettings, rows: int) -> None:
    """Re-open a planned file and compare names, types and the number of rows with what TikTok can be told.

    Raises:
        ContractError: It is something else.
    """
    audience_files.check(path, destination("", settings, also=columns_of(path)).columns, rows)


def bytes_of_row(column_names: Sequence[str]) -> int:
    """How long a full line of these columns is, with its separators and its end."""
    return sum((UUID_LENGTH if name == MAID_PLAIN else DIGEST_LENGTH) + 1 for name in column_names)


def bytes_of_header(column_names: Sequence[str]) -> int:
    """How long the header of these columns is."""
    return len(_header(column_names))


def _header(column_names: Sequence[str]) -> bytes:
    if len(column_names) == 1:
        return b""
    return f"{','.join(header_of(name) for name in column_names)}\n".encode()


def _with_an_identifier(people: pa.Table) -> pa.Table:
    """The rows that say who somebody is; a cell that is no identifier is refused before it breaks the file's lines."""
    anybody = None
    for name in people.column_names:
        given = pc.is_valid(people[name])
        length = UUID_LENGTH if name == MAID_PLAIN else DIGEST_LENGTH
        shaped = pc.match_substring_regex(people[name], f"^[0-9a-f-]{{{length}}}$")
        if name not in HEADERS or not pc.all(shaped, min_count=0).as_py():
            raise ContractError(f"{name} holds something that is no identifier, so nothing of it is sent")
        anybody = given if anybody is None else pc.or_(anybody, given)
    return people.filter(anybody)


def _lines(people: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    pa.csv.write_csv(people, sink, options)
    lines: bytes = sink.getvalue().to_pybytes()
    return lines
