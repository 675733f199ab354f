"""Lets DuckDB and pyarrow read our own Parquet files, wherever the state lies."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from audience_assets.errors import AudienceAssetsError, DeliveryInterruptedError, SettingsError, StateError
from audience_assets.storage import s3_reading
from audience_assets.storage.object_path import ObjectPath, Place
from audience_assets.storage.s3_reading import CREDENTIALS, S3Reading

PROTOCOL = "state-s3"
"""Not s3, which is the extract's: it may lie in another store, with other credentials."""


class StateReading(S3Reading):
    """The state's bucket under a protocol name of its own."""

    protocol = PROTOCOL


def register(connection: duckdb.DuckDBPyConnection, root: Place) -> None:
    """Let a connection read the files of a state directory."""
    if isinstance(root, ObjectPath):
        connection.register_filesystem(StateReading(_client(root)))


def names(files: Iterable[Place]) -> list[str]:
    """What DuckDB calls these files."""
    return [
        str(file) if isinstance(file, Path) else f"{PROTOCOL}://{file.store.bucket}/{file.key}"
        for file in files
    ]


def rows(file: Place) -> int:
    """How many rows a Parquet file says that it has.

    Raises:
        StateError: It is not there, or no Parquet file, on S3.
    """
    return int(_asked(pq.read_metadata, file).num_rows)


def columns(file: Place) -> list[str]:
    """The names of a Parquet file's columns.

    Raises:
        StateError: It is not there, or no Parquet file, on S3.
    """
    return list(_asked(pq.read_schema, file).names)


def explained(error: Exception, root: Place) -> AudienceAssetsError | None:
    """The error for a file of a state on S3 that could not be read; None where the complaint is about something else."""
    said = str(error)
    if isinstance(root, Path):
        return None
    if gone := re.search(rf'No files found that match the pattern "{PROTOCOL}://(.*?)"', said):
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


def _client(place: ObjectPath) -> Any:
    return s3_reading.client(place.store.access, "state_on_s3")
