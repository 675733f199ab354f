"""JSON files that only their owner may read and that are never seen half written."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from audience_assets.errors import SettingsError


def write_private_json(path: Path, content: Mapping[str, object]) -> None:
    """Put `content` at `path` in one step, readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read_private_json(path: Path) -> dict[str, Any] | None:
    """What `write_private_json` put at `path`; None where there is no file.

    Raises:
        SettingsError: The file is damaged.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise damaged(path) from error
    if not isinstance(kept, dict):
        raise damaged(path)
    return kept


def kept_credentials(path: Path, made_up: Mapping[str, str]) -> Mapping[str, str]:
    """The credentials in a file; `made_up` is kept there where there is none.

    Raises:
        SettingsError: The file is damaged.
    """
    kept = read_private_json(path)
    if kept is None:
        write_private_json(path, made_up)
        return made_up
    if kept.keys() != made_up.keys() or not all(isinstance(value, str) for value in kept.values()):
        raise damaged(path)
    return kept


def damaged(path: Path) -> SettingsError:
    """A file that cannot be used, and what to do."""
    return SettingsError(f"{path} is damaged: remove {path.parent} to start anew")
