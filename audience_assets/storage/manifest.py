"""A manifest names the files that an asset made for a day; it is replaced atomically, the files never change."""

from collections.abc import Iterator
from datetime import date
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from audience_assets.errors import StateError
from audience_assets.storage import files
from audience_assets.storage.object_path import Place, folders

NAME = "manifest.json"


class Manifest(BaseModel):
    """Base of all manifests: strict, immutable, stored as JSON beside its files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def write(self, folder: Place) -> None:
        """Publish this manifest as the folder's current one."""
        files.write_text(folder / NAME, self.model_dump_json(indent=2) + "\n")


M = TypeVar("M", bound=Manifest)


def read(kind: type[M], folder: Place, asset: str, name: str = NAME) -> M:
    """The folder's current manifest, or another file of the kind.

    Raises:
        StateError: There is none, or it is not one of ours: the asset must be materialized.
    """
    path = folder / name
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise StateError(
            f"{asset} has nothing for this day yet ({path} is missing): materialize it first"
        ) from None
    except ValidationError:
        raise StateError(f"{path} is not a manifest of {asset}: materialize the asset again") from None


def before(kind: type[M], day_folder: Place, day: date) -> Iterator[M]:
    """The manifests of an asset's earlier days, newest first; a day that has none of the kind is passed over.

    Args:
        kind: What the asset's manifests are.
        day_folder: The asset's folder of the day, beside which the others lie.
        day: The day.
    """
    for name in sorted((each for each in folders(day_folder.parent) if each < day.isoformat()), reverse=True):
        try:
            yield read(kind, day_folder.parent / name, name)
        except StateError:
            continue


def existing(path: Place, asset: str) -> Place:
    """The path itself if the file is there.

    Raises:
        StateError: It is not.
    """
    if not path.is_file():
        raise StateError(
            f"{path} is missing: materialize {asset} for that day again, or restore the state directory"
        )
    return path
