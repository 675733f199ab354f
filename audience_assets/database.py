"""DuckDB connections: in memory, bounded, with the rules installed. DuckDB computes; it owns no state."""

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from audience_assets.rules import engine
from audience_assets.settings import Settings
from audience_assets.storage import files
from audience_assets.storage.layout import Layout


@contextmanager
def connect(
    settings: Settings, *, rules: bool = True, spill: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh in-memory database that never loads an extension.

    Args:
        settings: Bounds for memory and threads.
        rules: Whether the rules' macros and look-ups are needed.
        spill: Whether it may spill into the state directory.
    """
    folder = str(files.private_folder(Layout(settings.state_dir).spill)) if spill else ""
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": settings.engine.memory_limit,
        "temp_directory": folder,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    if settings.engine.threads is not None:
        config["threads"] = settings.engine.threads
    connection = duckdb.connect(config=config)
    try:
        if rules:
            engine.install(connection)
        yield connection
    finally:
        connection.close()
