"""Who must not be delivered whatever the extract says: the people of the suppression list, and those who were erased."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TypeAlias

import duckdb
import pyarrow as pa

from audience_assets import database
from audience_assets.customers import files, source
from audience_assets.errors import ExtractError, SettingsError
from audience_assets.ledger.erasures import Key
from audience_assets.rules import match_keys
from audience_assets.settings import Settings

Entries: TypeAlias = pa.Table
"""kind (`customer_id` or one of `match_keys.KINDS`) and key (16 bytes), each once."""

SCHEMA = pa.schema([("kind", pa.string()), ("key", pa.binary())])


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Whom to withhold: keys of people, how many rows the list has, and how many of them name nobody."""

    entries: Entries
    rows: int = 0
    unusable: int = 0

    @property
    def checksum(self) -> str:
        """The same for the same people; empty for none."""
        if not self.entries.num_rows:
            return ""
        rows = self.entries.to_pylist()
        return sha256(repr(rows).encode()).hexdigest()[:16]


def load(settings: Settings, day: date, secret: bytes, tombstones: Sequence[Key] = ()) -> Suppressed:
    """The keys of everybody on the suppression list, and those that erasures left.

    Raises:
        SettingsError: The list has none of the columns that name a person.
        ExtractError: The list is missing or cannot be read.
    """
    if settings.suppression is None:
        return Suppressed(_table(tombstones))
    with _named(), database.connect(settings) as connection:
        listed, rows, unusable = _listed(connection, _reading(settings, day), day, secret)
    return Suppressed(_table([*listed, *tombstones]), rows, unusable)


def _reading(settings: Settings, day: date) -> Settings:
    """Settings whose extract is the list."""
    given = settings.suppression
    if given is None:
        raise SettingsError("there is no suppression list in the settings")
    read = given.as_source()
    if not files.find(read, day):
        raise ExtractError(
            f"{given.path} is not there: nothing was changed anywhere; bring it back, or take the section away"
        )
    return settings.model_copy(update={"source": read})


def _listed(
    connection: duckdb.DuckDBPyConnection, settings: Settings, day: date, secret: bytes
) -> tuple[list[Key], int, int]:
    """The keys on the list, how many rows it has, and how many of them name nobody."""
    columns = source.view_extract(connection, settings, day, required=())
    if not columns.fields & {match_keys.CUSTOMER_ID, *match_keys.KINDS}:
        raise SettingsError(
            f"it has none of the columns customer_id, {', '.join(match_keys.KINDS)}: map them in suppression.columns"
        )
    match_keys.use_secret(connection, secret)
    try:
        connection.execute("""
            create temp table listing as
            select *
            from extract
        """)
    except (duckdb.Error, OSError) as error:
        raise source.unreadable(error, day, files.find(settings.source, day)) from None
    keys = match_keys.of_listing(connection)
    rows = connection.execute("select count(*) from listing").fetchall()[0][0]
    return keys, rows, match_keys.count_unusable(connection)


def _table(entries: Sequence[Key]) -> Entries:
    kinds, keys = zip(*sorted(set(entries)), strict=True) if entries else ((), ())
    return pa.table({"kind": kinds, "key": keys}, schema=SCHEMA)


@contextmanager
def _named() -> Iterator[None]:
    """Say of an error that it concerns the list and not the extract."""
    try:
        yield
    except (ExtractError, SettingsError) as error:
        words = str(error).replace("source.", "suppression.")
        raise type(error)(f"the suppression list: {words}") from None
