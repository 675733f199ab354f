"""Counts everything that changes something outside memory, and ends the run at one of these effects.

An effect is a file that gets its final name, a transaction of the ledger or of a lease, or a PUT. What comes after the end
of a run no longer takes place: drafts stay where they are, the lease stays with a process that is dead.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest

from audience_assets.ledger import lease
from audience_assets.ledger.ledger import Ledger
from audience_assets.ledger.process import Process, this_process
from audience_assets.storage import objects
from audience_assets.storage.objects import S3Objects, S3Target

Moment = Literal["before", "after"]
Kill = tuple[int, Moment]
T = TypeVar("T")

LEDGER_WRITES = (
    "record_segment",
    "publish_snapshot",
    "set_hashed_file",
    "forget_normalized_file",
    "plan",
    "mark_sent",
    "note_key",
    "note_key",
    "mark_acknowledged",
    "mark_refused",
    "record_remote_audience",
    "set_remote_id",
    "end_audience",
    "forget_audience",
    "pin_columns",
    "open_session",
    "reset_batches",
    "abandon",
    "finish",
)
LEASE_WRITES = ("take", "renew", "release")


class Killed(BaseException):
    """The process is gone; no `except Exception` may notice."""


@dataclass
class Faults:
    """One life of the pipeline.

    Attributes:
        kill: At which effect it ends, and whether the effect still took place.
        told: Is told of each effect that took place.
        tried: The effects in their order.
        dead: Whether it ended.
    """

    kill: Kill | None = None
    told: Callable[[str], None] = lambda _name: None
    tried: list[str] = field(default_factory=list)
    dead: bool = False

    def effect(self, name: str, act: Callable[[], T]) -> T:
        """Let an effect take place, unless the run ends before it."""
        if self.dead:
            raise Killed
        number = len(self.tried)
        self.tried.append(name)
        self._end_at((number, "before"))
        result = act()
        self.told(name)
        self._end_at((number, "after"))
        return result

    def _end_at(self, here: Kill) -> None:
        if here == self.kill:
            self.dead = True
            raise Killed(self.tried[-1])


@dataclass(frozen=True)
class WatchedClient:
    """A real S3 client that is shared by all lives, each PUT an effect."""

    client: Any
    faults: Faults

    def put_object(self, **request: Any) -> Any:
        return self.faults.effect("put", lambda: self.client.put_object(**request))

    def close(self) -> None:
        """It stays open for the next life."""


_clients: dict[S3Target, S3Objects] = {}
_real_connect = objects.connect
_lives = count()


def close_clients() -> None:
    """Close what the lives shared."""
    while _clients:
        _clients.popitem()[1].client.close()


@contextmanager
def life(kill: Kill | None = None, told: Callable[[str], None] = lambda _name: None) -> Iterator[Faults]:
    """A run of the pipeline as a process of its own; `Killed` ends the block, not the test."""
    faults = Faults(kill, told)
    with pytest.MonkeyPatch.context() as patch:
        _watch_files(patch, faults)
        for owner, names in ((Ledger, LEDGER_WRITES), (lease.Lease, LEASE_WRITES)):
            for name in names:
                _watch_method(patch, faults, owner, name)
        patch.setattr(lease, "this_process", _next_process())

        def connect(target: S3Target) -> S3Objects:
            if target not in _clients:
                _clients[target] = _real_connect(target)
            return S3Objects(target, WatchedClient(_clients[target].client, faults))

        patch.setattr(objects, "connect", connect)
        try:
            yield faults
        except Killed:
            assert faults.dead


def _watch_files(patch: pytest.MonkeyPatch, faults: Faults) -> None:
    rename, link, unlink = os.replace, os.link, Path.unlink

    def watched_rename(source: Any, target: Any) -> None:
        faults.effect(_file_effect(Path(target)), lambda: rename(source, target))

    def watched_link(source: Any, target: Any) -> None:
        faults.effect("create ledger", lambda: link(source, target))

    def watched_unlink(path: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002 - pathlib's signature
        if not faults.dead:
            unlink(path, missing_ok=missing_ok)

    patch.setattr(os, "replace", watched_rename)
    patch.setattr(os, "link", watched_link)
    patch.setattr(Path, "unlink", watched_unlink)


def _file_effect(target: Path) -> str:
    """The asset and the kind of its file: what precedes the first hyphen, but in a delta a hash precedes it."""
    asset, _day, name = target.parts[-3:]
    kind = name.partition(".")[0].partition("-")[0]
    return f"publish {asset} {'file' if asset == 'delta' and kind != 'manifest' else kind}"


def _watch_method(patch: pytest.MonkeyPatch, faults: Faults, owner: type, name: str) -> None:
    real = getattr(owner, name)

    def watched(*given: Any, **named: Any) -> Any:
        return faults.effect(f"{owner.__name__}.{name}", lambda: real(*given, **named))

    patch.setattr(owner, name, watched)


def _next_process() -> Callable[[], Process]:
    """The identity of a process that ends with this life: the same number, used again, started at another time."""
    here = this_process()
    process = replace(here, started=f"{here.started}-{next(_lives)}")
    return lambda: process
