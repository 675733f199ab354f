"""Lets DuckDB and pyarrow read our own Parquet files, wherever the state lies and whether or not they are sealed."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError, SettingsError, StateError
from audience_assets.sql import literal
from audience_assets.storage import s3_reading, sealed
from audience_assets.storage.keys import NO_KEYS, Keys
from audience_assets.storage.object_path import ObjectPath, Place
from audience_assets.storage.s3_reading import CREDENTIALS, S3Reading
from audience_assets.storage.sealed_files import ON_DISK, ON_S3, SealedOnDisk, SealedOnS3
from audience_assets.storage.shared_file import Bytes, OnDisk, OnS3, SharedFile

PROTOCOL = "state-s3"
"""Not s3, which is the extract's: it may lie in another store, with other credentials."""

_OURS = re.compile("^(?P<kind>StateError|SettingsError): (?P<sentence>.*)", re.MULTILINE)
"""How an error of ours stands in DuckDB's, when it was raised where DuckDB called us."""

_UNREADABLE = re.compile(
    r"""(?:No magic bytes found at end of file|magic bytes|too small to be a Parquet file).*?["'](?P<file>.*?)["']"""
)


class StateReading(S3Reading):
    """The state's bucket under a protocol name of its own."""

    protocol = PROTOCOL


def register(connection: duckdb.DuckDBPyConnection, root: Place, keys: Keys = NO_KEYS) -> None:
    """Let a connection read the files of a state directory, and with keys seal what it writes.

    Raises:
        SettingsError: A key is not set, or is none.
    """
    if keys:
        connection.register_filesystem(SealedOnDisk(ring := keys.ring()))
        if isinstance(root, ObjectPath):
            connection.register_filesystem(SealedOnS3(_client(root), ring))
    elif isinstance(root, ObjectPath):
        connection.register_filesystem(StateReading(_client(root)))


def names(connection: duckdb.DuckDBPyConnection, files: Iterable[Place]) -> list[str]:
    """What DuckDB calls these files, on a connection that seals or on one that does not."""
    registered = connection.list_filesystems()
    seals = ON_DISK in registered
    on_disk = f"{ON_DISK}://" if seals else ""
    on_s3 = ON_S3 if ON_S3 in registered else PROTOCOL
    return [
        f"{on_disk}{file}" if isinstance(file, Path) else f"{on_s3}://{file.store.bucket}/{file.key}"
        for file in files
    ]


def rows(connection: duckdb.DuckDBPyConnection, files: Iterable[Place]) -> int:
    """How many rows Parquet files say that they have.

    Raises:
        duckdb.Error: One is not there, or no Parquet file; `database.connect` explains it.
    """
    listed = ", ".join(literal(name) for name in names(connection, files))
    if not listed:
        return 0
    counted = connection.execute(f"select sum(num_rows)::bigint from parquet_file_metadata([{listed}])")
    return int(counted.fetchall()[0][0])


def columns(connection: duckdb.DuckDBPyConnection, file: Place) -> list[str]:
    """The names of a Parquet file's columns.

    Raises:
        duckdb.Error: It is not there, or no Parquet file; `database.connect` explains it.
    """
    return list(connection.read_parquet(names(connection, [file]), hive_partitioning=False).columns)


def plain_columns(file: Place) -> list[str]:
    """The same for a file that is never sealed, because a partner gets it as it is.

    Raises:
        StateError: It is not there, or no Parquet file, on S3.
    """
    return list(_asked(pq.read_schema, file).names)


def explained(error: Exception, root: Place) -> AudienceAssetsError | None:
    """The error for a file of the state that could not be read; None where the complaint is about something else."""
    said = str(error)
    if (found := _of_a_sealed_file(said, root)) is not None:
        return found
    if isinstance(root, Path):
        return None
    if gone := re.search(rf'No files found that match the pattern "(?:{PROTOCOL}|{ON_S3})://(.*?)"', said):
        return StateError(
            f"s3://{gone[1]} is missing: materialize its asset for that day again, or restore it"
        )
    if (code := re.search(r"\bAWS Error ([A-Z_]+)", said)) is None:
        return None
    if code[1] in CREDENTIALS:
        return SettingsError(f"{root} cannot be read, {CREDENTIALS[code[1]]}: mend state_on_s3")
    return DeliveryInterruptedError(
        f"{root} cannot be read ({code[1]}): the store is not reachable or failing; it is safe to run again"
    )


def _asked(question: Any, file: Place) -> Any:
    if isinstance(file, Path):
        return question(file)
    try:
        return question(f"{file.store.bucket}/{file.key}", filesystem=_client(file))
    except FileNotFoundError:
        raise StateError(
            f"{file} is missing: materialize its asset for that day again, or restore it"
        ) from None
    except (OSError, pa.ArrowException) as error:
        raise explained(error, file) or StateError(
            f"{file} is not a readable Parquet file: restore it, or materialize its asset again"
        ) from None


def _of_a_sealed_file(said: str, root: Place) -> AudienceAssetsError | None:
    """The error of ours that DuckDB repeats, or that a file it does not know is one for which no key is set."""
    if ours := _OURS.search(said):
        return (SettingsError if ours["kind"] == SettingsError.__name__ else StateError)(ours["sentence"])
    if (unread := _UNREADABLE.search(said)) and _is_sealed(unread["file"], root):
        return SettingsError(
            f"{unread['file'].removeprefix('state-')} is sealed: set encryption_key to the key that it was sealed with, or "
            "add that key to encryption_keys_before"
        )
    return None


def _is_sealed(file: str, root: Place) -> bool:
    """Whether a file that DuckDB could not read begins as a sealed one."""
    try:
        if isinstance(root, ObjectPath) and file.startswith(f"{PROTOCOL}://"):
            content: Bytes = OnS3(_client(root), file.removeprefix(f"{PROTOCOL}://"))
        else:
            content = OnDisk(file)
    except OSError:
        return False
    with SharedFile(content) as start:
        return sealed.is_sealed(start.read(len(sealed.MAGIC)))


def _client(place: ObjectPath) -> Any:
    return s3_reading.client(place.store.access, "state_on_s3")
