"""What a delta's manifest says: which files a delivery will send, and between which snapshots they move the partner."""

from datetime import date
from typing import Literal

from audience_assets.storage import files
from audience_assets.storage.manifest import Manifest
from audience_assets.storage.object_path import Place

Mode = Literal["update", "replace", "delete"]


class DeltaFile(Manifest):
    """One file of a delta: one batch, ready to be sent, and how large it is."""

    name: str
    rows: int
    file_bytes: int = 0
    sha256: str
    operation: str = "upsert"

    def intact(self, folder: Place) -> bool:
        """Whether the file is there with the bytes that were published."""
        return (folder / self.name).is_file() and files.sha256_of(folder / self.name) == self.sha256


class DeltaPart(Manifest):
    """What moves the partner, or one of its audiences, from one snapshot to the next.

    Attributes:
        audience: Which of the customers' audiences; empty where a destination has one list for all.
        mode: Whether the files say what changed, or everything anew, or the audience is deleted at the partner.
        why: Why everything is said anew; empty for an update.
        from_snapshot: What the partner holds; None before its first delivery.
        joined: Customers who joined.
        changed: Customers who changed.
        left: Customers who left.
        members: Customers who are in it afterwards and can be named to the partner.
        files: What is sent, in this order.
        request: What tells a delivery apart that a person asked for though nothing had changed.
        held: Why nothing is sent and the partner keeps what it holds; empty when that is not so.
        empties: Whether everybody is taken out of an audience that is not wanted any more.
        retires: Whether the settings end the audience, which no guard stops.
        held_before: Customers who are in it at the partner; 0 where nobody is, or it is not known.
        taken_out: How many of them the partner is told to take out.
        stopped: Why a guard lets nothing of it leave; empty when it does.
        allowed: What the guard saw, where a person let it through.
    """

    audience: str = ""
    mode: Mode = "update"
    why: str = ""
    from_snapshot: str | None
    joined: int
    changed: int
    left: int
    members: int
    files: list[DeltaFile]
    request: str | None = None
    held: str = ""
    empties: bool = False
    retires: bool = False
    held_before: int = 0
    taken_out: int = 0
    stopped: str = ""
    allowed: str = ""

    @property
    def rows(self) -> int:
        """Rows of all files together."""
        return sum(file.rows for file in self.files)

    def intact(self, folder: Place) -> bool:
        """Whether every file is there with the bytes that were published."""
        return all(file.intact(folder) for file in self.files)


class DeltaManifest(Manifest):
    """Exactly what a day's delivery will send; nothing, if a person asked for a plan only."""

    day: date
    destination: str
    to_snapshot: str
    parts: list[DeltaPart]
    plan_only: bool = False

    @property
    def files(self) -> list[DeltaFile]:
        """The files of all parts."""
        return [file for part in self.parts for file in part.files]

    @property
    def joined(self) -> int:
        """Customers who joined; one who joined several audiences counts for each."""
        return sum(part.joined for part in self.parts)

    @property
    def changed(self) -> int:
        """Customers who changed."""
        return sum(part.changed for part in self.parts)

    @property
    def left(self) -> int:
        """Customers who left."""
        return sum(part.left for part in self.parts)

    @property
    def rows(self) -> int:
        """Rows of all files together."""
        return sum(part.rows for part in self.parts)

    def part(self, audience: str) -> DeltaPart | None:
        """The part of one audience."""
        return next((part for part in self.parts if part.audience == audience), None)
