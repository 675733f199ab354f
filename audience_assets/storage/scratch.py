"""A folder of this machine that only this user can read: drafts and overflow lie there where the state itself is elsewhere."""

import os
import stat
import tempfile
from pathlib import Path

from audience_assets.errors import SettingsError


def temporary_folder() -> Path:
    """The one folder of this user below the machine's folder for temporary files.

    Raises:
        SettingsError: Somebody else made it, or others can read it.
    """
    folder = Path(tempfile.gettempdir()) / f"audience_assets-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SettingsError(
            f"{folder} is not a private folder of this user: remove it, or set scratch_dir to another one"
        )
    return folder
