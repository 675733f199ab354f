"""JSON files that only their owner may read and that are never seen half written."""

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path


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
