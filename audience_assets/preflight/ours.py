"""What of ours must be in place before a destination is delivered to: disk, state, ledger, contract, and what a day needs."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from secrets import token_hex

import duckdb
import pyarrow as pa

from audience_assets import database
from audience_assets.customers import source
from audience_assets.destinations.column import Destination, schema_of
from audience_assets.destinations.contract import Contract
from audience_assets.destinations.hashed_log import HashedLog
from audience_assets.destinations.preflight import Check, ConcernError
from audience_assets.errors import ContractError, ExtractError, StateError
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.records import Snapshot
from audience_assets.pipeline import Pipeline
from audience_assets.storage import files
from audience_assets.storage.dataset import Dataset
from audience_assets.storage.layout import HASHED, NORMALIZED
from audience_assets.storage.object_path import ObjectPath

GIGABYTE = 1_000_000_000
LEAST_FREE_BYTES = GIGABYTE
ROOM_FOR_DAYS = 2
"""For how many days like the newest one the disk must have room."""


@dataclass
class Ours:
    """What a deployment has for one destination while it is looked at; `day` is the one to be delivered, if it is known."""

    pipeline: Pipeline
    destination: Destination
    day: date | None
    stack: ExitStack = field(repr=False)

    @cached_property
    def ledger(self) -> Ledger:
        """The ledger, open until the preflight is over."""
        return self.stack.enter_context(self.pipeline.ledger())

    @cached_property
    def snapshot(self) -> Snapshot | None:
        """The newest day that was normalized."""
        return self.ledger.newest_snapshot()


def _disk(ours: Ours) -> str:
    settings = ours.pipeline.settings
    needed = max(LEAST_FREE_BYTES, ROOM_FOR_DAYS * _newest_bytes(ours))
    said = []
    for folder in dict.fromkeys([settings.state, settings.scratch]):
        if isinstance(folder, Path):
            free = shutil.disk_usage(_existing(folder)).free
            said.append(f"{folder} has {_in_gigabytes(free)} free, and {_in_gigabytes(needed)} may be needed")
            if free < needed:
                raise StateError(f"{said[-1]}: make room, or name another disk in the settings")
    return "; ".join(said)


def _state(ours: Ours) -> str:
    """Write a file, read it and remove it; a state that is not there yet begins here."""
    root = ours.pipeline.layout.root
    trial, word = root / f".preflight-{token_hex(8)}", token_hex(8)
    try:
        files.write_text(trial, word)
        back = trial.read_bytes().decode()
        if isinstance(trial, ObjectPath):
            trial.store.remove_below(trial.key)
        else:
            trial.unlink()
    except OSError as error:
        raise StateError(f"{root} cannot be used ({error.strerror}): mend the folder or its rights") from None
    if back != word:
        raise StateError(f"{root} does not give back what is written there: mend the disk or the store")
    return f"{root} can be written and read"


def _ledger(ours: Ours) -> str:
    ours.ledger.audiences(ours.destination.name)
    return "the ledger is open and of this version"


def _contract(ours: Ours) -> str:
    """An empty table of exactly the destination's columns must pass its contract; any other set of them would not."""
    columns = ours.destination.columns
    if len({column.name for column in columns}) != len(columns):
        raise ContractError(
            f"a column of {ours.destination.name} is declared twice: mend its table of columns"
        )
    Contract(ours.destination.name, columns).check(schema_of(columns).empty_table())
    return f"the contract has the partner's {len(columns)} columns"


def _snapshot(ours: Ours) -> str:
    if ours.snapshot is None:
        return "no day was normalized yet"
    Dataset.existing(ours.pipeline.layout.absolute(ours.snapshot.index_file), NORMALIZED)
    return f"the index of {ours.snapshot.day} is there, with {ours.snapshot.customers:,} customers"


def _hashed_log(ours: Ours) -> str:
    if ours.snapshot is None:
        return "no day was hashed yet"
    try:
        with database.connect(ours.pipeline.settings, rules=False) as connection:
            log = HashedLog(connection, ours.pipeline.layout, ours.ledger, ours.destination)
            log.view_log(ours.snapshot.key)
    except (duckdb.Error, pa.ArrowException) as error:
        raise StateError(
            f"the log of {ours.snapshot.day} cannot be read ({type(error).__name__}): materialize {HASHED} again, or restore"
            " the state directory"
        ) from None
    return f"the log of {ours.snapshot.day} is whole, and hashed for {ours.destination.name}"


def _extract(ours: Ours) -> str:
    settings = ours.pipeline.settings
    if ours.day is None:
        return "no day was asked for"
    if settings.source.path is None:
        raise ConcernError("the source is a query, which cannot be asked whether the day has landed")
    if not source.has_landed(settings, ours.day):
        raise ExtractError(f"the extract of {ours.day} has not landed: wait for it, or mend source.path")
    return f"the extract of {ours.day} has landed"


BEFORE_ANY_DELIVERY: tuple[Check[Ours], ...] = (
    Check("disk", "The disk has room for two days like the newest one, and a gigabyte.", _disk),
    Check("state", "The state can be written and read.", _state),
    Check("ledger", "The ledger opens and is of this version.", _ledger, ("state",)),
    Check("contract", "The contract is there, with the partner's columns.", _contract),
)
BEFORE_A_RUN: tuple[Check[Ours], ...] = (
    Check("snapshot", "The index of the newest normalized day is there.", _snapshot, ("ledger",)),
    Check("hashed_log", "Every customer's log is hashed for the destination.", _hashed_log, ("snapshot",)),
    Check("extract", "The day's extract has landed.", _extract),
)
"""What the steps before a delivery need, and find out by themselves when they run."""


def _newest_bytes(ours: Ours) -> int:
    """What the newest day's folders hold on this machine; a state elsewhere, or one that cannot be read, holds nothing."""
    root = ours.pipeline.settings.state
    if not isinstance(root, Path):
        return 0
    days = sorted({folder.name for folder in root.glob("*customers/*-*-*")})
    if not days:
        return 0
    folders = [*root.glob(f"*/{days[-1]}"), *root.glob(f"*/delta/{days[-1]}")]
    return sum(file.stat().st_size for folder in folders for file in folder.rglob("*") if file.is_file())


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())


def _in_gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.1f} GB"
