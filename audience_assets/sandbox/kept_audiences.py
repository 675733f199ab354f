"""Keeps a partner's audiences in a file, so that a sandbox can be stopped and started again."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from audience_assets.sandbox.private_file import damaged, read_private_json, write_private_json

A = TypeVar("A")


def keep_audiences(path: Path, audiences: Iterable[A], as_json: Callable[[A], Mapping[str, object]]) -> None:
    """Write audiences, readable by their owner alone."""
    # One text for each audience: a million rows would take very long to indent.
    write_private_json(path, {"audiences": [json.dumps(as_json(audience)) for audience in audiences]})


def kept_audiences(path: Path, from_json: Callable[[Mapping[str, Any]], A]) -> list[A]:
    """The audiences in a file; none where there is no file.

    Raises:
        SettingsError: The file is damaged.
    """
    kept = read_private_json(path)
    if kept is None:
        return []
    try:
        return [from_json(json.loads(one)) for one in kept["audiences"]]
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(path) from error
